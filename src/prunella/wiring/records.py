"""The book of runs and the journal alone: for looking at runs without the weight of what works on them."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prunella.clock import SystemClock
from prunella.storage.database import connect
from prunella.storage.folder import open_folder
from prunella.storage.journal import SqliteJournal
from prunella.storage.runs import SqliteRuns
from prunella.wiring.settings import Settings


@dataclass(frozen=True)
class Records:
    """Opened by `open_records`; `home` is the state folder."""

    home: Path
    runs: SqliteRuns
    journal: SqliteJournal


@contextmanager
def open_records(settings: Settings) -> Generator[Records]:
    """Open, or make, what is known of all runs. Raises Misuse when the state folder cannot be used."""
    home = open_folder(settings.home)
    connection = connect(home / "state.db")
    try:
        yield Records(home, SqliteRuns(connection), SqliteJournal(connection, SystemClock()))
    finally:
        connection.close()
