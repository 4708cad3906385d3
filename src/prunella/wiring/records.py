"""The book of runs and the journal alone: for looking at runs without the weight of what works on them."""

import asyncio
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prunella.clock import SystemClock
from prunella.fleet.keys import KEY, KEY_FILE, sealer_of
from prunella.sealing import Sealer
from prunella.storage.database import connect
from prunella.storage.folder import open_folder
from prunella.storage.journal import SqliteJournal
from prunella.storage.runs import SqliteRuns
from prunella.storage.seals import require_keys
from prunella.wiring.settings import Settings


@dataclass(frozen=True)
class Records:
    """Opened by `open_records`; `home` is the state folder."""

    home: Path
    runs: SqliteRuns
    journal: SqliteJournal
    sealer: Sealer | None = None


@contextmanager
def open_records(settings: Settings) -> Generator[Records]:
    """Open, or make, what is known of all runs. Raises Misuse when the state folder, or its key, cannot be used."""
    home = open_folder(settings.home)
    sealer = _sealer_of(settings.environ)
    connection = connect(home / "state.db")
    try:
        require_keys(connection, sealer)
        yield Records(home, SqliteRuns(connection), SqliteJournal(connection, SystemClock(), sealer), sealer)
    finally:
        connection.close()


def _sealer_of(environ: Mapping[str, str]) -> Sealer | None:
    """Fetched in a thread of its own: whoever opens records may run in a loop already."""
    if not environ.keys() & {KEY, KEY_FILE}:
        return None
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, sealer_of(environ)).result()
