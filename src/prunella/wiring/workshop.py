"""Everything that is open while this process works: the book of runs, the journal, the checkpoints."""

import secrets
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from prunella.clock import SystemClock
from prunella.configs.known_good import FileKnownGood
from prunella.evidence.store import FileEvidence
from prunella.fleet.keys import sealer_of
from prunella.healing.graph import Loop, build_loop
from prunella.memory.book import LessonBook
from prunella.protocols import Clock, Sink
from prunella.redaction.redactor import Redactor
from prunella.sealing import Sealer
from prunella.storage.approvals import SqliteApprovals
from prunella.storage.checkpoints import open_checkpointer
from prunella.storage.database import connect
from prunella.storage.events import EventFile
from prunella.storage.folder import open_folder
from prunella.storage.journal import SqliteJournal
from prunella.storage.lessons import SqliteLessons
from prunella.storage.pause import PauseFile
from prunella.storage.retention import EVIDENCE, sweep
from prunella.storage.runs import SqliteRuns
from prunella.storage.seals import require_keys
from prunella.storage.spending import SqliteSpending
from prunella.telemetry.emitter import Emitter
from prunella.telemetry.tracing import tracing_from
from prunella.wiring.room import refuse_full_disk
from prunella.wiring.settings import Settings


@dataclass(frozen=True)
class Workshop:
    """Opened by `open_workshop`; `home` is the state folder, `sealer` None where what it holds is not encrypted."""

    settings: Settings
    home: Path
    runs: SqliteRuns
    journal: SqliteJournal
    saver: AsyncSqliteSaver
    loop: Loop
    clock: Clock
    spending: SqliteSpending
    rows: SqliteLessons
    sealer: Sealer | None = None

    def lessons(self, redactor: Redactor) -> LessonBook:
        """What healed before, in all fleets of this state folder."""
        return LessonBook(self.rows, self.clock, redacts=redactor)

    def evidence(self, run: str, redactor: Redactor) -> FileEvidence:
        """The large texts of one run; swept with it."""
        return FileEvidence(self.home / EVIDENCE, run, redact=redactor.text, sealer=self.sealer)

    @property
    def approvals(self) -> SqliteApprovals:
        """The questions that wait for a human."""
        return SqliteApprovals(self.runs.connection, self.clock)

    @property
    def pause(self) -> PauseFile:
        """Whether all agents stand still."""
        return PauseFile(self.home)

    def known_good(self) -> FileKnownGood:
        """What configuration looked like on better days."""
        return FileKnownGood(self.home / "known-good", self.sealer)

    def emitter(self, run: str, redactor: Redactor, sinks: Sequence[Sink]) -> Emitter:
        """Tells the run's event log, `sinks`, and the trace back end that the environment names."""
        tracing = tracing_from(self.settings.environ)
        outlets = [EventFile(self.home, run), *sinks, *([tracing] if tracing else [])]
        return Emitter(run, self.clock, outlets, redactor)


@asynccontextmanager
async def open_workshop(settings: Settings) -> AsyncGenerator[Workshop]:
    """Open, or make, all that is kept in the state folder; finished runs past their time are swept first.

    Raises Misuse for a state folder, a key or a trace back end that cannot be used.
    """
    home, clock = open_folder(settings.home), SystemClock()
    refuse_full_disk(home)
    tracing_from(settings.environ)
    sealer = await sealer_of(settings.environ)
    connection = connect(home / "state.db")
    try:
        require_keys(connection, sealer)
        async with open_checkpointer(home / "checkpoints.db", sealer=sealer) as saver:
            runs = SqliteRuns(connection)
            await sweep(home, runs, saver, clock.now())
            yield Workshop(
                settings, home, runs, SqliteJournal(connection, clock, sealer), saver, build_loop(saver), clock,
                SqliteSpending(connection, clock), SqliteLessons(connection, sealer), sealer,
            )  # fmt: skip
    finally:
        connection.close()


def new_run_id() -> str:
    """Short, unique, and sorted by time: `0807-142530-a1b2`."""
    return f"{time.strftime('%m%d-%H%M%S')}-{secrets.token_hex(2)}"
