"""A database's complaint in words that a brain can act on: what is nearest, and where it went wrong."""

import re
from collections.abc import Callable

from prunella.errors import PrunellaError, Rejected, Transient
from prunella.tools.packs.sql.catalog import Catalog, Table, near_in
from prunella.tools.packs.sql.engine import EngineFailure, Fault
from prunella.tools.packs.sql.statement import Statement

_NAME = re.compile(r'(?:"[^"]+"|\w+)(?:\s*\.\s*(?:"[^"]+"|\w+))*')


def complaint(
    failure: EngineFailure, sql: str, statement: Statement | None, catalog: Callable[[], Catalog]
) -> PrunellaError:
    """Transient where the same may work later, else Rejected. `catalog` is asked only for a name that is not there."""
    if failure.fault is Fault.BUSY:
        return Transient(f"{failure.message}. Try again in a moment.")
    if failure.fault is Fault.SLOW:
        return Rejected(f"{failure.message}. Ask for less: fewer tables, a narrower WHERE.")
    name, place = _named(failure, sql)
    parts = [f"{failure.message}.", _nearest(failure.fault, name, statement, catalog), _position(sql, place)]
    return Rejected(" ".join(part for part in parts if part))


def unknown_table(name: str, catalog: Catalog) -> Rejected:
    """There is none of that name; the nearest are."""
    near = catalog.near_tables(name)
    listed = f" Nearest: {', '.join(near)}." if near else f" There are {len(catalog.tables)} tables."
    return Rejected(f"no such table: {name}.{listed}")


def _named(failure: EngineFailure, sql: str) -> tuple[str, int | None]:
    """The name that is at fault, and its place."""
    if failure.place is not None:
        found = _NAME.match(sql, failure.place)
        is_name = found and failure.fault is not Fault.OTHER
        return (found[0] if found and is_name else failure.name), failure.place
    found = re.search(rf"(?<!\w){re.escape(failure.name)}(?!\w)", sql) if failure.name else None
    return failure.name, found.start() if found else None


def _nearest(fault: Fault, name: str, statement: Statement | None, catalog: Callable[[], Catalog]) -> str:
    if fault is Fault.OTHER or not name:
        return ""
    qualifier, _, bare = re.sub(r'["\s]', "", name).rpartition(".")
    known = catalog()
    if fault is Fault.TABLE:
        near = known.near_tables(bare)
    else:
        meant = _tables(statement, known, qualifier) if qualifier else ()
        near = near_in(meant, bare) or known.near_columns(bare, meant or _tables(statement, known))
    return f"Nearest: {', '.join(near)}." if near else ""


def _tables(statement: Statement | None, catalog: Catalog, alias: str = "") -> tuple[Table, ...]:
    """Those that the statement names, or names by this alias."""
    named = statement.aliases if statement else ()
    wanted = (path for known_as, path in named if not alias or known_as.casefold() == alias.casefold())
    found = (catalog.find(name, schema) for schema, name in wanted)
    return tuple(dict.fromkeys(table for table in found if table))


def _position(sql: str, place: int | None) -> str:
    if place is None or place > len(sql):
        return ""
    line = sql.count("\n", 0, place) + 1
    return f"(Line {line}, column {place - sql.rfind(chr(10), 0, place)}.)"
