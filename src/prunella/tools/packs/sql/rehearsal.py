"""A change tried out in a transaction that is rolled back: which rows it touches, and whether they can be put back."""

from collections.abc import Iterable

from prunella.errors import Conflict, Rejected
from prunella.tools.packs.sql.catalog import Catalog, Column, Table
from prunella.tools.packs.sql.engine import EngineFailure, Fault, Row, Session
from prunella.tools.packs.sql.image import Image, Touch, identity, put_back, rows_by_key
from prunella.tools.packs.sql.statement import Statement

_MOST_BYTES = 8_000_000


class Irreversible(Exception):
    """Why a statement cannot be put back. `rows` is how many it touches, as far as is known."""

    def __init__(self, why: str, rows: str = "") -> None:
        super().__init__(why)
        self.rows = rows


def rehearse(session: Session, statement: Statement, catalog: Catalog, most: int, *, foresees_keys: bool) -> Image:
    """What it would do, row by row, with an undo that was tried as well. Leaves all of it to be rolled back.

    Raises Irreversible, EngineFailure for what the database would refuse, and Rejected.
    """
    table = _target(statement, catalog)
    _refuse_unforeseeable(session, statement, table, foresees_keys=foresees_keys)
    _refuse_many(session, statement, most)
    try:
        return _tried(session, statement, table, most)
    except EngineFailure as failure:
        if failure.fault is Fault.SLOW:
            raise Irreversible("trying it out took too long") from failure
        raise


def carry_out(session: Session, statement: Statement, table: Table, expected: Image) -> Image:
    """Do it, if it still does what was expected of it. Raises Rejected otherwise, with nothing to be committed."""
    was = rows_by_key(session, table, expected.keys)
    done = _image(session, statement, table, was, expected.loose)
    if not expected.same_start(done) or not expected.same_end(done) or session.elsewhere(table, len(done.touches)):
        raise Rejected(
            f"{table.name} was changed by somebody else since this was vetted: it would no longer do the same. "
            "Nothing was written; look again."
        )
    return done


def _target(statement: Statement, catalog: Catalog) -> Table:
    schema, name = statement.target
    table = catalog.find(name, schema)
    if table is None:
        raise EngineFailure(f"no such table: {name}", Fault.TABLE, name)
    return table


def _refuse_unforeseeable(session: Session, statement: Statement, table: Table, *, foresees_keys: bool) -> None:
    """Raises Irreversible for what must not even be tried out, or could not be told row by row."""
    if statement.has_returning:
        raise Rejected("Leave RETURNING out: which rows were changed is told anyway.")
    if effects := session.effects(statement.functions):
        raise Irreversible(f"{', '.join(effects)} may have effects that no database takes back")
    why = {
        f"{table.name} is a {table.kind}": table.kind != "table",
        f"{table.name} has no primary key": not table.key,
        f"{table.name} has triggers ({', '.join(table.triggers)})": bool(table.triggers),
        "it replaces rows that are in its way": statement.replaces,
        f"it changes the primary key of {table.name}": bool(_folded(statement.assigned) & _folded(table.key)),
        f"the database makes the keys of the new rows of {table.name}": not foresees_keys
        and statement.verb == "INSERT"
        and not _folded(table.key) <= _folded(table.column_names if statement.listed is None else statement.listed),
    }
    for reason, holds in why.items():
        if holds:
            raise Irreversible(reason)


def _refuse_many(session: Session, statement: Statement, most: int) -> None:
    if statement.simple_source and session.count(statement.simple_source, most + 1) > most:
        raise Irreversible(f"it touches more than {most:,} rows", f"over {most:,} rows")


def _tried(session: Session, statement: Statement, table: Table, most: int) -> Image:
    session.mark()
    keys = session.returning(statement, table)
    if len(keys) > most:
        raise Irreversible(f"it touches more than {most:,} rows", f"{len(keys):,} rows")
    first_end = rows_by_key(session, table, keys)
    session.back_to_mark()
    was = rows_by_key(session, table, keys)
    image = _image(session, statement, table, was, _loose(statement, table))
    if {identity(key) for key in image.keys} != {identity(key) for key in keys}:
        raise Irreversible("it touches other rows each time")
    image = image.model_copy(update={"loose": tuple(dict.fromkeys((*image.loose, *_moving(image, first_end))))})
    rows = f"{len(keys):,} rows"
    if session.elsewhere(table, len(keys)):
        raise Irreversible(f"it changes more than {table.name}", rows)
    if len(image.model_dump_json()) > _MOST_BYTES:
        raise Irreversible("its rows are too large to be kept", rows)
    session.check_deferred()
    _try_undo(session, table, image, was, rows)
    return image


def _try_undo(session: Session, table: Table, image: Image, was: dict[str, Row], rows: str) -> None:
    try:
        put_back(image, session, table)
        session.check_deferred()
    except (EngineFailure, Conflict) as error:
        raise Irreversible(f"its undo was tried and failed ({error})", rows) from error
    if rows_by_key(session, table, image.keys) != was:
        raise Irreversible("its undo was tried and did not restore the rows", rows)


def _image(
    session: Session, statement: Statement, table: Table, was: dict[str, Row], loose: tuple[str, ...]
) -> Image:  # fmt: skip
    """Executes the statement."""
    keys = session.returning(statement, table)
    ends = rows_by_key(session, table, keys)
    touches = tuple(Touch(was=was.get(identity(key)), becomes=ends.get(identity(key))) for key in keys)
    known = tuple(touch for touch in touches if touch.was or touch.becomes)
    return Image(table=table.path, columns=table.column_names, key=table.key, loose=loose, touches=known)


def _moving(image: Image, first_end: dict[str, Row]) -> Iterable[str]:
    """The columns that came out otherwise the second time."""
    for touch in image.touches:
        before = first_end.get(identity(image.key_of(touch)))
        if before and touch.becomes:
            yield from (
                name
                for name, one, two in zip(image.columns, before, touch.becomes, strict=True)
                if one != two and name not in image.key
            )


def _loose(statement: Statement, table: Table) -> tuple[str, ...]:
    uncertain, given = _folded(statement.uncertain), _folded(statement.listed or ())
    return tuple(
        column.name
        for column in table.columns
        if column.name not in table.key
        and (
            column.name.casefold() in uncertain
            or not column.writable
            or (statement.verb == "INSERT" and column.name.casefold() not in given and _is_computed(column))
        )
    )


def _is_computed(column: Column) -> bool:
    """Is its default more than a constant?"""
    default = (column.default or "").upper()
    return "(" in default or "CURRENT" in default


def _folded(names: Iterable[str]) -> set[str]:
    return {name.casefold() for name in names}
