"""One run on a shelf of prices, with real databases, and everything that is open for it."""

import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from prunella.agents.approvers import Nobody
from prunella.agents.blank import BlankWorld
from prunella.clock import SystemClock
from prunella.domain.brief import Brief
from prunella.domain.goal import Goal
from prunella.domain.journal import Outcome
from prunella.domain.plan import Proposal
from prunella.domain.ruling import Autonomy
from prunella.domain.run import EventKind, RunRecord
from prunella.domain.service import PolicySpec
from prunella.healing.context import Context, Patience
from prunella.healing.graph import Loop, build_loop
from prunella.policy.rules import Rules
from prunella.protocols import Approver, PauseSwitch, Tool
from prunella.storage.approvals import SqliteApprovals
from prunella.storage.checkpoints import open_checkpointer
from prunella.storage.database import connect
from prunella.storage.journal import SqliteJournal
from prunella.storage.runs import SqliteRuns
from prunella.testing.models import ScriptedBrain
from prunella.tools.toolbox import Tools
from prunella.workers.worker import Worker
from tests.healing.shelf import Shelf

HASTE = Patience(window_s=0.05, same_s=0.05, deadline_s=1.0, pause_s=0.01)


@dataclass
class Desk:
    """One run on a shelf, with everything that is open for it. `told` are the events as one line each."""

    shelf: Shelf
    loop: Loop
    saver: AsyncSqliteSaver
    connection: sqlite3.Connection
    goal: Goal
    told: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.runs = SqliteRuns(self.connection)
        self.journal = SqliteJournal(self.connection, SystemClock())
        self.approvals = SqliteApprovals(self.connection, SystemClock())

    async def open(self, run: str = "run") -> RunRecord:
        return await self.runs.open(RunRecord(id=run, goal="Tea costs 5.", services=("shelf",), started=1.0))

    def context(
        self, record: RunRecord, *answers: Proposal | Callable[[Brief], Proposal], ask: bool = False
    ) -> Context:
        autonomy = Autonomy.ASK if ask else Autonomy.AUTO
        return Context(
            goal=self.goal, world=BlankWorld(), brain=ScriptedBrain(*answers),
            tools=Tools(cast("list[Tool]", self.shelf.tools())), policy=Rules(PolicySpec(), autonomy, Path("/f.toml")),
            journal=self.journal, runs=self.runs, clock=SystemClock(), emit=self.emit, token=record.token,
            since=record.started, patience=HASTE,
        )  # fmt: skip

    def emit(self, kind: EventKind, node: str, text: str, /, **data: object) -> None:
        self.told.append(f"{kind.value} {node}: {text}")

    def worker(self, approver: Approver | None = None, switch: PauseSwitch | None = None) -> Worker:
        return Worker(self.loop, self.runs, approver or Nobody(), switch)

    async def outcomes(self) -> list[Outcome]:
        return [entry.outcome for entry in await self.journal.entries("run")]


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Desk]:
    connection, shelf = connect(folder / "state.db"), Shelf()
    try:
        async with open_checkpointer(folder / "checkpoints.db") as saver:
            yield Desk(shelf, build_loop(saver), saver, connection, Goal("Tea costs 5.", check=shelf.costs("tea", 5)))
    finally:
        connection.close()
