"""What the pack needs of a database, whichever it is."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from prunella.domain.frozen import JsonValue
from prunella.tools.packs.sql.catalog import Catalog, Table
from prunella.tools.packs.sql.statement import Statement

Row = tuple[JsonValue, ...]
"""One row in a JSON form from which every value can be had back to the bit; only its own engine can read it."""


class Fault(StrEnum):
    """What a database complains about, by what can be done."""

    COLUMN = "column"
    TABLE = "table"
    SLOW = "slow"
    BUSY = "busy"  # the same may work a moment later
    OTHER = "other"


class EngineFailure(Exception):
    """`message` is the database's own, without a password; `place` counts characters from 0, None: it does not say."""

    def __init__(self, message: str, fault: Fault = Fault.OTHER, name: str = "", place: int | None = None) -> None:
        super().__init__(message)
        self.message, self.fault, self.name, self.place = message, fault, name, place


@dataclass(frozen=True)
class Answer:
    """What a query gives; `rows` are read as they are asked for, in Python values."""

    columns: tuple[str, ...]
    rows: Iterator[Sequence[object]]


class Session(Protocol):
    """One connection in one transaction. Everything raises EngineFailure; nothing lasts before `commit`."""

    def catalog(self) -> Catalog: ...

    def ask(self, sql: str) -> Answer:
        """One statement of somebody else's."""
        ...

    def execute(self, sql: str) -> int:
        """One statement of somebody else's; how many rows it changed, -1 when that says nothing."""
        ...

    def returning(self, statement: Statement, table: Table) -> list[Row]:
        """Execute it and tell the keys of the rows that it changed."""
        ...

    def image(self, table: Table, keys: Sequence[Row]) -> list[Row]:
        """The rows with these keys, whole, in no order; they are locked until the end where one can."""
        ...

    def insert(self, table: Table, rows: Sequence[Row]) -> None: ...

    def update(self, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Give the rows with the keys of `rows` these columns of them."""
        ...

    def delete(self, table: Table, keys: Sequence[Row]) -> None: ...

    def count(self, source: str, most: int) -> int:
        """Rows of a table or `(query) AS x`, not counted further than `most`."""
        ...

    def elsewhere(self, table: Table, rows: int) -> bool:
        """Did the last `returning` change anything but these `rows` of the table?"""
        ...

    def effects(self, functions: Sequence[str]) -> tuple[str, ...]:
        """Those of the functions that may do something, rather than only compute."""
        ...

    def shape(self) -> str:
        """A digest of all definitions: tables, columns, indexes, views, triggers."""
        ...

    def check_deferred(self) -> None:
        """Check now what would be checked at the commit."""
        ...

    def mark(self) -> None: ...

    def back_to_mark(self) -> None: ...

    def commit(self) -> None: ...


class Engine(Protocol):
    """A database. `shown` is its address without a password."""

    @property
    def shown(self) -> str: ...

    @property
    def dialect(self) -> str:
        """As sqlglot calls it."""
        ...

    @property
    def foresees_keys(self) -> bool:
        """Does a key that the database makes come out the same when an insert is tried twice?"""
        ...

    def reading(self) -> AbstractContextManager[Session]:
        """Nothing can be written through it, whatever the statement."""
        ...

    def writing(self) -> AbstractContextManager[Session]:
        """Rolled back at its end unless committed."""
        ...


def quoted(identifier: str) -> str:
    """A standard SQL identifier."""
    escaped = identifier.replace('"', '""')
    return f'"{escaped}"'
