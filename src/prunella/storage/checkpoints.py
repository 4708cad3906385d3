"""The graph's checkpoints in SQLite, holding domain types and nothing that could run code."""

import importlib
import pkgutil
import sqlite3
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import asynccontextmanager
from enum import Enum
from pathlib import Path

import aiosqlite
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

import prunella.domain
from prunella.domain.frozen import Frozen
from prunella.errors import Misuse
from prunella.sealing import Sealer
from prunella.storage.database import BUSY_TIMEOUT_S
from prunella.storage.folder import make_private_file
from prunella.storage.saver import OneTripSaver
from prunella.storage.serializer import DomainSerializer


@asynccontextmanager
async def open_checkpointer(
    path: Path, extra: Iterable[tuple[str, str]] = (), sealer: Sealer | None = None
) -> AsyncGenerator[AsyncSqliteSaver]:
    """A saver over the file at `path` (mode 0600, WAL), which gives back all domain types as themselves.

    `extra` names further types as (module, name). Tuples that are a state field of their own come back as lists;
    tuples within a domain type stay tuples. A save is on the disk when it returns, sealed where there is a `sealer`.
    Raises Misuse for a file that is damaged or cannot be written.
    """
    values = [kind for kind in _domain_classes() if issubclass(kind, Frozen)]
    serializer = DomainSerializer(values, [*domain_types(), *extra], sealer)
    async with _connection(path) as connection:
        saver = OneTripSaver(connection, serde=serializer)
        try:
            await saver.setup()
        except sqlite3.Error as error:
            raise _unusable(path, error) from error
        yield saver


async def forget(saver: AsyncSqliteSaver, run: str) -> None:
    """Deletes all checkpoints of a run; idempotent. Only for runs that have ended: nothing can be resumed then."""
    await saver.adelete_thread(run)


async def remembered(saver: AsyncSqliteSaver) -> frozenset[str]:
    """The runs that have checkpoints."""
    async with saver.lock, saver.conn.execute("SELECT DISTINCT thread_id FROM checkpoints") as rows:
        return frozenset([str(row[0]) async for row in rows])


def domain_types() -> tuple[tuple[str, str], ...]:
    """(module, name) of every value and closed set in `prunella.domain`, sorted."""
    return tuple(sorted((kind.__module__, kind.__name__) for kind in _domain_classes()))


def _domain_classes() -> Iterator[type]:
    for module_info in pkgutil.iter_modules(prunella.domain.__path__, "prunella.domain."):
        members = vars(importlib.import_module(module_info.name)).values()
        classes = [member for member in members if isinstance(member, type) and issubclass(member, Frozen | Enum)]
        yield from (kind for kind in classes if kind.__module__ == module_info.name)


@asynccontextmanager
async def _connection(path: Path) -> AsyncGenerator[aiosqlite.Connection]:
    try:
        make_private_file(path)
        connection = await aiosqlite.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise _unusable(path, error) from error
    try:
        yield connection
    finally:
        await connection.close()


def _unusable(path: Path, error: Exception) -> Misuse:
    return Misuse(
        f"The checkpoints in {path} cannot be used: {error}. Nothing was changed in them. Move the file away: "
        "what runs have done is in the journal, and can still be undone."
    )
