"""A repair that asks, and those who answer: each in a process of its own, which dies where it is told to."""

import asyncio
import os
import traceback
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from prunella.agents.approvers import Nobody
from prunella.domain.plan import Plan
from prunella.domain.ruling import ApprovalRequest, Autonomy, Decision, Question
from prunella.domain.run import RunRecord
from prunella.domain.service import BrainsSpec
from prunella.errors import Busy, Misuse, Parked
from prunella.fleet.file import load_fleet
from prunella.protocols import Approvals
from prunella.storage.approvals import SqliteApprovals
from prunella.storage.runs import Orphaned
from prunella.testing.crashing import CrashingJournal, CrashingTools, Fuse, kill_9
from prunella.wiring.heal import Heal, heal_context
from prunella.wiring.settings import Settings
from prunella.wiring.workshop import Workshop, open_workshop
from prunella.workers.approval import DurableApprover
from prunella.workers.worker import Worker
from tests.chaos.repair import PATIENCE, Counted, Repertoire

T = TypeVar("T")


@dataclass(frozen=True)
class Errand:
    """Heal the service of the fleet in `folder`, or (`by` is somebody) answer what is asked and go on; die at
    `burns_at`.
    """

    folder: Path
    plans: tuple[Plan, ...]
    by: str = ""
    burns_at: int = 0

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def fuse(self) -> Fuse:
        return Fuse(self.burns_at, kill_9, self.folder / "places.log")


@dataclass(frozen=True)
class CrashingApprovals(Approvals):
    """A book of questions before and after each write of which the process may die."""

    inner: Approvals
    fuse: Fuse

    async def ask(self, request: ApprovalRequest, token: int) -> Question:
        return await self._around("ask", self.inner.ask(request, token))

    async def park(self, run: str, token: int) -> None:
        await self._around("park", self.inner.park(run, token))

    async def answer(self, run: str, question: str, decision: Decision) -> Question:
        return await self._around("answer", self.inner.answer(run, question, decision))

    async def waiting(self) -> tuple[Question, ...]:
        return await self.inner.waiting()

    async def _around(self, name: str, work: Awaitable[T]) -> T:
        self.fuse.at(f"before {name}")
        done = await work
        self.fuse.at(f"after {name}")
        return done


def run_errand(errand: Errand) -> None:
    """The body of the child process; what ends it otherwise than it should is left in `error.log`."""
    try:
        asyncio.run(_run(errand))
    except BaseException:
        (errand.folder / "error.log").write_text(traceback.format_exc(), encoding="utf-8")
        raise


async def _run(errand: Errand) -> None:
    fuse = errand.fuse
    async with open_workshop(Settings(home=errand.home, environ={})) as workshop:
        approvals = CrashingApprovals(SqliteApprovals(workshop.runs.connection, workshop.clock), fuse)
        try:
            record = await (_answer(errand, workshop, approvals) if errand.by else _claim(errand, workshop))
            await _work(errand, record, workshop, approvals, fuse)
        except (Parked, Busy):
            return


async def _answer(errand: Errand, workshop: Workshop, approvals: Approvals) -> RunRecord:
    """As `prunella approve` does it: the answer first, and what was heard of it is told to the world."""
    (question,) = await SqliteApprovals(workshop.runs.connection, workshop.clock).of(
        (await workshop.runs.get("last")).id
    )
    try:
        await approvals.answer(
            question.run,
            question.id,
            Decision(approved=True, plan=question.plan, by=errand.by),
        )
    except Misuse as refused:
        tell(errand.folder / "refused.log", f"{errand.by}: {refused}")
    else:
        tell(errand.folder / "accepted.log", errand.by)
    return await workshop.runs.seize(question.run)


async def _claim(errand: Errand, workshop: Workshop) -> RunRecord:
    try:
        return await workshop.runs.open(_heal(errand).record(workshop))
    except Orphaned as orphaned:
        return await workshop.runs.seize(orphaned.run)


async def _work(
    errand: Errand,
    record: RunRecord,
    workshop: Workshop,
    approvals: Approvals,
    fuse: Fuse,
) -> None:
    context = heal_context(_heal(errand), record, workshop, [])
    context = replace(
        context,
        brain=Repertoire(errand.plans),
        journal=CrashingJournal(context.journal, fuse),
        tools=CrashingTools(Counted(context.tools, errand.folder / "effects.log"), fuse),
        patience=PATIENCE,
        rehearsal=None,
        security=None,
    )
    approver = DurableApprover(approvals, record.token, workshop.clock)
    await Worker(workshop.loop, workshop.runs, approver).work(record, context)


def _heal(errand: Errand) -> Heal:
    return Heal(
        fleet=load_fleet(errand.folder / "prunella.toml"), goal="Heal it.", services=("app",), brains=BrainsSpec(),
        autonomy=Autonomy.ASK, approver=Nobody(),
    )  # fmt: skip


def tell(path: Path, line: str) -> None:
    """Appended in one write, so that those who write at once do not mix."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)
