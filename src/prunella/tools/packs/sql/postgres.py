"""PostgreSQL by psycopg: each session a connection of its own, with the server's own time limits."""

import hashlib
import re
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain
from typing import TYPE_CHECKING, Any

from prunella.errors import Misuse
from prunella.tools.packs.sql.address import PostgresAddress
from prunella.tools.packs.sql.catalog import Catalog, Column, Link, Table
from prunella.tools.packs.sql.engine import Answer, EngineFailure, Fault, Row, quoted
from prunella.tools.packs.sql.statement import Statement

if TYPE_CHECKING:
    import psycopg

_CONNECT_TIMEOUT_S = 10
_LONGEST_LOCK_S = 5.0
_MISSING = {"42703": Fault.COLUMN, "42P01": Fault.TABLE}
_SLOW = "57014"
_BUSY = ("08", "40001", "40P01", "53", "55P03", "57P0")
_AS_TEXT = (
    "date", "time", "timetz", "timestamp", "timestamptz", "interval", "uuid", "bytea", "numeric", "inet", "cidr",
    "int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange",
)  # fmt: skip
_NAME_AT = re.compile(r'(?:"[^"]+"|\w+)(?:\s*\.\s*(?:"[^"]+"|\w+))*')
_HARMLESS = re.compile(r"clock_timestamp|timeofday|random(_normal)?|gen_random_uuid|uuid_generate_v\w+|pg_\w*size")


@dataclass(frozen=True)
class PostgresEngine:
    """An Engine. `password` gives the password at the last moment, "" for none; no statement outlasts `timeout_s`."""

    address: PostgresAddress
    timeout_s: float
    password: Callable[[], str]
    dialect: str = "postgres"
    foresees_keys: bool = False

    @property
    def shown(self) -> str:
        return self.address.shown

    @contextmanager
    def reading(self) -> Generator["PostgresSession"]:
        with self._connected("on") as connection:
            yield PostgresSession(connection)

    @contextmanager
    def writing(self) -> Generator["PostgresSession"]:
        with self._connected("off") as connection:
            yield PostgresSession(connection)

    @contextmanager
    def _connected(self, read_only: str) -> Generator["psycopg.Connection[tuple[Any, ...]]"]:
        psycopg = _driver()
        password = self.password()
        with _translated(psycopg, self.timeout_s, password), closing(self._open(psycopg, password)) as connection:
            names, values = zip(*self._settings(read_only).items(), strict=True)
            settings = (
                "SELECT set_config(s.name, s.value, false) FROM unnest($1::text[], $2::text[]) AS s (name, value)"
            )
            connection.execute(settings, (list(names), list(values)))
            connection.commit()
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = read_only == "on"
            _load_as_text(connection)
            yield connection

    def _open(self, psycopg: Any, password: str) -> "psycopg.Connection[tuple[Any, ...]]":
        """Raises OperationalError, whose message may show the password."""
        secret = {"password": password} if password else {}
        return psycopg.connect(
            self.address.uri, cursor_factory=psycopg.RawCursor, connect_timeout=_CONNECT_TIMEOUT_S,
            application_name="prunella", client_encoding="utf8", **secret,
        )  # fmt: skip

    def _settings(self, read_only: str) -> dict[str, str]:
        """Values as text must come out the same in every session, or an undo would see changes where none are."""
        limit_ms = int(self.timeout_s * 1000)
        return {
            "statement_timeout": str(limit_ms),
            "lock_timeout": str(min(limit_ms, int(_LONGEST_LOCK_S * 1000))),
            "idle_in_transaction_session_timeout": str(2 * limit_ms),
            "default_transaction_read_only": read_only,
            "TimeZone": "UTC",
            "DateStyle": "ISO, YMD",
            "IntervalStyle": "postgres",
            "bytea_output": "hex",
            "extra_float_digits": "1",
        }


@dataclass
class PostgresSession:
    """A Session."""

    connection: "psycopg.Connection[tuple[Any, ...]]"

    def catalog(self) -> Catalog:
        columns, links = self._grouped("columns"), self._grouped("links")
        return Catalog(tuple(_table(row, columns, links) for row in self._rows(_sql("tables"))))

    def ask(self, sql: str) -> Answer:
        """The extended protocol takes one statement only."""
        cursor = self.connection.cursor()
        rows = cursor.stream(sql.encode())
        first = next(rows, None)
        if first is None:
            return Answer(self._columns(sql), iter(()))
        return Answer(tuple(column.name for column in cursor.description or ()), chain([first], rows))

    def execute(self, sql: str) -> int:
        return self.connection.execute(sql.encode(), prepare=True).rowcount

    def returning(self, statement: Statement, table: Table) -> list[Row]:
        qualifier = "" if statement.verb == "INSERT" else f"{quoted(self._folded(statement))}."
        keys = ", ".join(f"{qualifier}{quoted(name)}::text" for name in table.key)
        return self.connection.execute(f"{statement.text}\nRETURNING {keys}".encode(), prepare=True).fetchall()

    def image(self, table: Table, keys: Sequence[Row]) -> list[Row]:
        columns = ", ".join(f"t.{quoted(name)}::text" for name in table.column_names)
        lock = "" if self.connection.read_only else " FOR UPDATE OF t"
        source = f"{_path(table)} AS t JOIN {_given(table.key)} ON {_same_key(table)}{lock}"
        return self._rows(f"SELECT {columns} FROM {source}", _lists(keys))  # noqa: S608 -- names are quoted

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        names = [column.name for column in table.columns if column.writable]
        listed = ", ".join(quoted(name) for name in names)
        values = ", ".join(_cast(table, name) for name in names)
        self._rows(
            f"INSERT INTO {_path(table)} ({listed}) OVERRIDING SYSTEM VALUE "  # noqa: S608 -- names are quoted
            f"SELECT {values} FROM {_given(names)}",
            _lists(_parts(table, names, rows)),
        )

    def update(self, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
        changes = ", ".join(f"{quoted(name)} = {_cast(table, name)}" for name in columns)
        given = [*table.key, *(name for name in columns if name not in table.key)]
        self._rows(
            f"UPDATE {_path(table)} AS t SET {changes} FROM {_given(given)} WHERE {_same_key(table)}",  # noqa: S608 -- names are quoted
            _lists(_parts(table, given, rows)),
        )

    def delete(self, table: Table, keys: Sequence[Row]) -> None:
        source = f"{_path(table)} AS t USING {_given(table.key)}"
        self._rows(f"DELETE FROM {source} WHERE {_same_key(table)}", _lists(keys))  # noqa: S608 -- names are quoted

    def count(self, source: str, most: int) -> int:
        few = f"SELECT 1 FROM {source} LIMIT {most}"  # noqa: S608 -- the caller quotes
        return int(self._rows(f"SELECT count(*) FROM ({few}) AS few")[0][0])  # noqa: S608 -- see above

    def elsewhere(self, table: Table, rows: int) -> bool:
        """The server counts what this transaction did to each table, triggers and foreign keys included."""
        del rows
        return bool(self._rows(_sql("elsewhere"), [*table.path])[0][0])

    def effects(self, functions: Sequence[str]) -> tuple[str, ...]:
        """Those that the server calls volatile, but for the clock, chance and sizes."""
        names = [name for name in functions if not _HARMLESS.fullmatch(name.lower())]
        found = {name for (name,) in self._rows(_sql("volatile"), [[*names, *(name.lower() for name in names)]])}
        return tuple(name for name in names if {name, name.lower()} & found)

    def shape(self) -> str:
        rows = [self._rows(_sql("columns")), self._rows(_sql("definitions"))]
        return hashlib.sha256(repr(rows).encode()).hexdigest()

    def check_deferred(self) -> None:
        self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def mark(self) -> None:
        self.connection.execute("SAVEPOINT prunella")

    def back_to_mark(self) -> None:
        self.connection.execute("ROLLBACK TO SAVEPOINT prunella")

    def commit(self) -> None:
        self.connection.commit()

    def _rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(sql.encode(), parameters)
        return cursor.fetchall() if cursor.description else []

    def _columns(self, sql: str) -> tuple[str, ...]:
        """What a statement would answer with; it is not carried out."""
        server = self.connection.pgconn
        server.prepare(b"", sql.encode())
        described = server.describe_prepared(b"")
        return tuple((described.fname(place) or b"").decode() for place in range(described.nfields))

    def _grouped(self, name: str) -> dict[int, list[tuple[Any, ...]]]:
        """The rows of a query by their first column, the table's oid."""
        groups: dict[int, list[tuple[Any, ...]]] = {}
        for oid, *rest in self._rows(_sql(name)):
            groups.setdefault(oid, []).append(tuple(rest))
        return groups

    def _folded(self, statement: Statement) -> str:
        return statement.alias if f'"{statement.alias}"' in statement.text else statement.alias.lower()


def _table(row: tuple[Any, ...], columns: dict[int, list[Any]], links: dict[int, list[Any]]) -> Table:
    oid, schema, name, is_visible, kind, estimate, key, triggers = row
    return Table(
        name if is_visible else f"{schema}.{name}",
        (schema, name),
        kind,
        tuple(Column(each, type_, not strict, default, writable)
              for each, type_, strict, default, writable in columns.get(oid, [])),
        tuple(key),
        tuple(Link(tuple(inner), to, tuple(outer)) for inner, to, outer in links.get(oid, [])),
        tuple(triggers),
        int(estimate) if estimate >= 0 else None,
    )  # fmt: skip


def _driver() -> Any:
    try:
        import psycopg
    except ImportError as error:
        raise Misuse(
            "PostgreSQL needs a driver that is not installed: pip install 'prunella[postgres]'."
        ) from error  # fmt: skip
    return psycopg


def _load_as_text(connection: "psycopg.Connection[tuple[Any, ...]]") -> None:
    """Dates before year 1 and after 9999, infinity: what Python has no value for."""
    from psycopg.types.string import TextLoader

    for name in _AS_TEXT:
        connection.adapters.register_loader(name, TextLoader)


def _sql(name: str) -> str:
    return files("prunella.tools.packs.sql").joinpath("queries", f"{name}.sql").read_text(encoding="utf-8")


@contextmanager
def _translated(psycopg: Any, timeout_s: float, password: str) -> Generator[None]:
    try:
        yield
    except psycopg.Error as error:
        failure = _failure(error, timeout_s)
        if password:
            failure = EngineFailure(
                failure.message.replace(password, "[redacted]"), failure.fault, failure.name, failure.place
            )  # fmt: skip
        raise failure from None  # the driver's own error may hold the password


def _failure(error: Any, timeout_s: float) -> EngineFailure:
    state, diagnosis = error.sqlstate or "", error.diag
    message = diagnosis.message_primary or str(error).strip()
    if diagnosis.message_detail:
        message += f" ({diagnosis.message_detail.rstrip('.')})"
    if state == _SLOW:
        return EngineFailure(f"it took over {timeout_s:g} s and was stopped", Fault.SLOW)
    if state.startswith(_BUSY) or (not state and "connect" in message):
        return EngineFailure(message, Fault.BUSY)
    place = int(diagnosis.statement_position) - 1 if diagnosis.statement_position else None
    fault = _MISSING.get(state, Fault.OTHER)
    quoted_name = re.search(r'"([^"]+)"', message)
    return EngineFailure(message, fault, quoted_name[1] if quoted_name else _bare(message), place)


def _bare(message: str) -> str:
    """`o.name_x` of `column o.name_x does not exist`."""
    found = re.search(r"\s(\w+(?:\.\w+)+)\s", message)
    return found[1] if found else ""


def _path(table: Table) -> str:
    return ".".join(quoted(part) for part in table.path)


def _given(names: Sequence[str]) -> str:
    """The parameters, a list of texts for each column, as a table `u`."""
    lists = ", ".join(f"${number}::text[]" for number in range(1, len(names) + 1))
    return f"unnest({lists}) AS u ({', '.join(quoted(name) for name in names)})"


def _cast(table: Table, name: str) -> str:
    return f"u.{quoted(name)}::{next(column.type for column in table.columns if column.name == name)}"


def _same_key(table: Table) -> str:
    return " AND ".join(f"t.{quoted(name)} = {_cast(table, name)}" for name in table.key)


def _parts(table: Table, names: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    places = table.positions(names)
    return [tuple(row[place] for place in places) for row in rows]


def _lists(rows: Sequence[Row]) -> list[list[object]]:
    """Rows turned into columns."""
    return [list(column) for column in zip(*rows, strict=True)]
