"""Everything that is open while this process works: the book of runs, the journal, the checkpoints."""

import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from prunella.clock import SystemClock
from prunella.healing.graph import Loop, build_loop
from prunella.protocols import Clock
from prunella.storage.checkpoints import open_checkpointer
from prunella.storage.database import connect
from prunella.storage.folder import open_folder
from prunella.storage.journal import SqliteJournal
from prunella.storage.retention import sweep
from prunella.storage.runs import SqliteRuns
from prunella.wiring.room import refuse_full_disk
from prunella.wiring.settings import Settings


@dataclass(frozen=True)
class Workshop:
    """Opened by `open_workshop`; `home` is the state folder."""

    settings: Settings
    home: Path
    runs: SqliteRuns
    journal: SqliteJournal
    saver: AsyncSqliteSaver
    loop: Loop
    clock: Clock


@asynccontextmanager
async def open_workshop(settings: Settings) -> AsyncGenerator[Workshop]:
    """Open, or make, all that is kept in the state folder; finished runs past their time are swept first."""
    home, clock = open_folder(settings.home), SystemClock()
    refuse_full_disk(home)
    connection = connect(home / "state.db")
    try:
        async with open_checkpointer(home / "checkpoints.db") as saver:
            runs = SqliteRuns(connection)
            await sweep(home, runs, saver, clock.now())
            loop = build_loop(saver)
            yield Workshop(settings, home, runs, SqliteJournal(connection, clock), saver, loop, clock)
    finally:
        connection.close()


def new_run_id() -> str:
    """Short, unique, and sorted by time: `0807-142530-a1b2`."""
    return f"{time.strftime('%m%d-%H%M%S')}-{secrets.token_hex(2)}"
