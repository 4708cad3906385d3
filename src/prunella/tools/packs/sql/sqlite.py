"""SQLite: each session a connection of its own, stopped when it takes too long."""

import base64
import hashlib
import re
import sqlite3
import time
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from prunella.domain.frozen import JsonValue
from prunella.tools.packs.sql.address import SqliteAddress
from prunella.tools.packs.sql.catalog import Catalog, Column, Link, Table
from prunella.tools.packs.sql.engine import Answer, EngineFailure, Fault, Row, quoted
from prunella.tools.packs.sql.statement import Statement

_MISSING = (
    (Fault.COLUMN, re.compile(r"no such column: (.+)")),
    (Fault.COLUMN, re.compile(r"has no column named (.+)")),
    (Fault.TABLE, re.compile(r"no such table: (.+)")),
)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_STEPS_BETWEEN_LOOKS = 10_000
_LONGEST_LOCK_S = 5.0


@dataclass(frozen=True)
class Undecodable:
    """A TEXT that is no UTF-8."""

    data: bytes


@dataclass(frozen=True)
class SqliteEngine:
    """An Engine. No session lasts longer than `timeout_s`."""

    address: SqliteAddress
    timeout_s: float
    dialect: str = "sqlite"
    foresees_keys: bool = True

    @property
    def shown(self) -> str:
        return self.address.shown

    @contextmanager
    def reading(self) -> Generator["SqliteSession"]:
        with self._connected("ro") as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            yield SqliteSession(connection)

    @contextmanager
    def writing(self) -> Generator["SqliteSession"]:
        with self._connected("rw") as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("BEGIN IMMEDIATE")
            yield SqliteSession(connection)

    @contextmanager
    def _connected(self, mode: str) -> Generator[sqlite3.Connection]:
        path = self.address.path
        if not path.is_file():
            raise EngineFailure(f"there is no database file {path}")
        with _translated(self.timeout_s), closing(self._open(mode)) as connection:
            deadline = time.monotonic() + self.timeout_s
            connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
            connection.text_factory = _text
            yield connection

    def _open(self, mode: str) -> sqlite3.Connection:
        uri = f"file:{quote(str(self.address.path))}?mode={mode}"
        return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=min(_LONGEST_LOCK_S, self.timeout_s))


@dataclass
class SqliteSession:
    """A Session."""

    connection: sqlite3.Connection
    changes: int = 0

    def catalog(self) -> Catalog:
        listed = self.connection.execute(
            "SELECT name, type FROM pragma_table_list "
            "WHERE schema = 'main' AND type <> 'shadow' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        ).fetchall()
        estimates = self._estimates()
        return Catalog(tuple(self._table(name, kind, estimates.get(name)) for name, kind in listed))

    def ask(self, sql: str) -> Answer:
        cursor = self.connection.execute(sql)
        names = tuple(str(column[0]) for column in cursor.description or ())
        return Answer(names, (tuple(_shown(value) for value in row) for row in cursor))

    def execute(self, sql: str) -> int:
        return self.connection.execute(sql).rowcount

    def returning(self, statement: Statement, table: Table) -> list[Row]:
        before = self.connection.total_changes
        keys = ", ".join(quoted(name) for name in table.key)
        rows = self.connection.execute(f"{statement.text}\nRETURNING {keys}").fetchall()
        self.changes = self.connection.total_changes - before
        return [_packed(row) for row in rows]

    def image(self, table: Table, keys: Sequence[Row]) -> list[Row]:
        columns = ", ".join(quoted(name) for name in table.column_names)
        select = f"SELECT {columns} FROM {quoted(table.path[1])} WHERE {_is_key(table)}"  # noqa: S608 -- quoted
        return [_packed(row) for key in keys for row in self.connection.execute(select, _values(key))]

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        self.connection.execute("PRAGMA defer_foreign_keys = ON")
        names = [column.name for column in table.columns if column.writable]
        places = table.positions(names)
        for row in rows:
            cells = [row[place] for place in places]
            marks = ", ".join(_mark(cell) for cell in cells)
            listed = ", ".join(quoted(name) for name in names)
            insert = f"INSERT INTO {quoted(table.path[1])} ({listed}) VALUES ({marks})"  # noqa: S608 -- quoted
            self.connection.execute(insert, _values(cells))

    def update(self, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
        places, key = table.positions(columns), table.positions(table.key)
        for row in rows:
            cells = [row[place] for place in places]
            changes = ", ".join(f"{quoted(name)} = {_mark(cell)}" for name, cell in zip(columns, cells, strict=True))
            update = f"UPDATE {quoted(table.path[1])} SET {changes} WHERE {_is_key(table)}"  # noqa: S608 -- quoted
            self.connection.execute(update, _values([*cells, *(row[place] for place in key)]))

    def delete(self, table: Table, keys: Sequence[Row]) -> None:
        delete = f"DELETE FROM {quoted(table.path[1])} WHERE {_is_key(table)}"  # noqa: S608 -- quoted
        for key in keys:
            self.connection.execute(delete, _values(key))

    def count(self, source: str, most: int) -> int:
        few = f"SELECT 1 FROM {source} LIMIT {most}"  # noqa: S608 -- the caller quotes
        return int(self.connection.execute(f"SELECT count(*) FROM ({few})").fetchone()[0])  # noqa: S608 -- see above

    def elsewhere(self, table: Table, rows: int) -> bool:
        del table
        return self.changes != rows

    def effects(self, functions: Sequence[str]) -> tuple[str, ...]:
        del functions  # those of SQLite only compute, and extensions cannot be loaded here
        return ()

    def shape(self) -> str:
        rows = self.connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2").fetchall()
        return hashlib.sha256(repr(rows).encode()).hexdigest()

    def check_deferred(self) -> None:
        """SQLite checks at the commit only, which then fails whole."""

    def mark(self) -> None:
        self.connection.execute("SAVEPOINT prunella")

    def back_to_mark(self) -> None:
        self.connection.execute("ROLLBACK TO prunella")

    def commit(self) -> None:
        self.connection.execute("COMMIT")

    def _table(self, name: str, kind: str, estimate: int | None) -> Table:
        found = self.connection.execute(
            'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?)', (name,)
        ).fetchall()
        found = [row for row in found if row[5] != 1]
        key = [str(row[0]) for row in sorted((row for row in found if row[4]), key=lambda row: row[4])]
        columns = [Column(str(row[0]), str(row[1]), not row[2] and not row[4], row[3], row[5] == 0) for row in found]
        triggers = self.connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE", (name,)
        ).fetchall()
        return Table(
            name, ("main", name), kind, tuple(columns), tuple(key), self._links(name),
            tuple(str(row[0]) for row in triggers), estimate,
        )  # fmt: skip

    def _links(self, name: str) -> tuple[Link, ...]:
        rows = self.connection.execute(
            'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq', (name,)
        ).fetchall()
        groups = {row[0]: [each for each in rows if each[0] == row[0]] for row in rows}
        return tuple(
            Link(tuple(str(row[2]) for row in group), str(group[0][1]), tuple(str(row[3]) for row in group if row[3]))
            for group in groups.values()
        )

    def _estimates(self) -> dict[str, int]:
        """What ANALYZE left, where it was ever run."""
        try:
            rows = self.connection.execute("SELECT tbl, stat FROM sqlite_stat1 WHERE stat IS NOT NULL").fetchall()
        except sqlite3.OperationalError:
            return {}
        return {str(table): int(str(stat).split()[0]) for table, stat in rows}


@contextmanager
def _translated(timeout_s: float) -> Generator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _failure(error, timeout_s) from error
    except sqlite3.Warning as error:  # several statements at once, for Python 3.11
        raise EngineFailure(str(error)) from error


def _failure(error: sqlite3.Error, timeout_s: float) -> EngineFailure:
    code = getattr(error, "sqlite_errorcode", None)
    message = str(error)
    if code == sqlite3.SQLITE_INTERRUPT:
        return EngineFailure(f"it took over {timeout_s:g} s and was stopped", Fault.SLOW)
    if code is not None and code & 0xFF in _BUSY:
        return EngineFailure(message, Fault.BUSY)
    for fault, pattern in _MISSING:
        if found := pattern.search(message):
            return EngineFailure(message, fault, found[1])
    near = re.search(r'near "(.+)": syntax error', message)
    return EngineFailure(message, Fault.OTHER, near[1] if near else "")


def _text(data: bytes) -> object:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return Undecodable(data)


def _shown(value: object) -> object:
    return value.data if isinstance(value, Undecodable) else value


def _packed(row: Sequence[object]) -> Row:
    return tuple(_cell(value) for value in row)


def _cell(value: object) -> JsonValue:
    match value:
        case float():
            return {"real": value.hex()}
        case bytes():
            return {"blob": base64.b64encode(value).decode()}
        case Undecodable():
            return {"text": base64.b64encode(value.data).decode()}
        case None | int() | str():
            return value
        case _:
            raise TypeError(f"SQLite gave a {type(value).__name__}")


def _values(cells: Sequence[JsonValue]) -> list[object]:
    return [_value(cell) for cell in cells]


def _value(cell: JsonValue) -> object:
    match cell:
        case {"real": str(text)}:
            return float.fromhex(text)
        case {"blob": str(text)} | {"text": str(text)}:
            return base64.b64decode(text)
        case _:
            return cell


def _mark(cell: JsonValue) -> str:
    return "CAST(? AS TEXT)" if isinstance(cell, dict) and "text" in cell else "?"


def _is_key(table: Table) -> str:
    return " AND ".join(f"{quoted(name)} IS ?" for name in table.key)
