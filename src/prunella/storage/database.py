"""The state database: opened with care, migrated in steps, written all or nothing."""

import os
import sqlite3
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from prunella.errors import Lost, Misuse, PrunellaError, Transient
from prunella.storage.chain import COLUMNS, sql_link
from prunella.storage.folder import make_private_file

BUSY_TIMEOUT_S = 5.0
_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_GONE = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)


def connect(path: Path, migrations: Traversable | None = None) -> sqlite3.Connection:
    """A connection to the database at `path` (mode 0600), created or migrated to the newest version.

    A commit is on the disk when it returns (WAL, `synchronous=FULL`). `migrations` is a folder of `0001.sql`,
    `0002.sql`, …; None stands for the package's own. Raises Misuse, and changes nothing, for a file that is
    unreadable, damaged or of a newer version.
    """
    try:
        make_private_file(path)
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise _unusable(path, error) from error
    try:
        _prepare(connection, path, _numbered(migrations or files("prunella.storage") / "migrations"))
    except sqlite3.Error as error:
        connection.close()
        raise _unusable(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """What the block writes is on the disk when it ends, or nothing of it is. No other process writes meanwhile.

    Raises Transient when another process keeps the database locked, Lost when it cannot be written at all.
    """
    with reading():
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise


@contextmanager
def reading() -> Generator[None]:
    """SQLite's failures in the block come out as Transient or Lost; a mistake in our own SQL stays what it is."""
    try:
        yield
    except sqlite3.Error as error:
        sorted_error = _sorted(error)
        if sorted_error is None:
            raise
        raise sorted_error from error


def find_damage(connection: sqlite3.Connection) -> str:
    """What SQLite's quick check finds wrong, one finding a line; "" for a sound database. Reads all of it."""
    try:
        findings = [str(row[0]) for row in connection.execute("PRAGMA quick_check")]
    except sqlite3.DatabaseError as error:
        findings = [str(error)]
    return "" if findings == ["ok"] else "\n".join(findings)


def _prepare(connection: sqlite3.Connection, path: Path, steps: dict[int, str]) -> None:
    if not os.access(path, os.W_OK):
        raise Misuse(f"The state database {path} cannot be written: it is read-only. Give its owner write access.")
    _check_version(path, _version(connection), known=max(steps, default=0))
    _switch_to_wal(connection)
    connection.row_factory = sqlite3.Row
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("journal_link", 1 + len(COLUMNS), sql_link, deterministic=True)
    for number in sorted(steps):
        _migrate(connection, number, steps[number])


def _check_version(path: Path, version: int, known: int) -> None:
    if version > known:
        raise Misuse(
            f"The state database {path} has version {version}, this Prunella knows versions up to {known}. "
            "Install the newer Prunella again, or set PRUNELLA_HOME to another folder."
        )


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """SQLite does not wait for the lock here, whatever the busy timeout; two first starts may meet."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if _primary(error) not in _LOCKED or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _migrate(connection: sqlite3.Connection, number: int, script: str) -> None:
    """One migration, in one transaction; nothing happens when another process was faster."""
    if _version(connection) >= number:
        return
    with transaction(connection):
        if _version(connection) < number:
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={number:d}")


def _numbered(folder: Traversable) -> dict[int, str]:
    scripts = (file for file in folder.iterdir() if file.name.endswith(".sql"))
    return {int(file.name.removesuffix(".sql")): file.read_text(encoding="utf-8") for file in scripts}


def _statements(script: str) -> Iterator[str]:
    """One by one, because `executescript` would commit the transaction that we are in."""
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _primary(error: sqlite3.Error) -> int:
    """The primary result code; 0 for errors that the module itself raises."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _sorted(error: sqlite3.Error) -> PrunellaError | None:
    code = _primary(error)
    if code in _LOCKED:
        return Transient(f"Another process keeps the state database locked ({error}). Try again.")
    if code in _GONE:
        return Lost(f"The state database cannot be used any more: {error}. Free space or repair it, then run again.")
    return None


def _unusable(path: Path, error: Exception) -> Misuse:
    return Misuse(
        f"The state database {path} cannot be used: {error}. Nothing was changed in it. "
        "Move it away to start afresh, or set PRUNELLA_HOME to another folder."
    )
