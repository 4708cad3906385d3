"""One repair in a process of its own, which dies where it is told to. Nothing here knows what is being repaired."""

import asyncio
import os
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from prunella.agents.approvers import Nobody
from prunella.domain.brief import Brief
from prunella.domain.evidence import Observation
from prunella.domain.plan import Plan, Proposal, Step, Unsure
from prunella.domain.ruling import Autonomy
from prunella.domain.run import RunRecord
from prunella.domain.service import BrainsSpec
from prunella.domain.usage import Usage
from prunella.fleet.file import load_fleet
from prunella.healing.context import Context, Patience
from prunella.testing.crashing import CrashingJournal, CrashingTools, Fuse, kill_9
from prunella.testing.wrapping import WrappedTools
from prunella.wiring.heal import Heal, heal_context
from prunella.wiring.settings import Settings
from prunella.wiring.workshop import Workshop, open_workshop
from prunella.workers.worker import Worker

PATIENCE = Patience(window_s=0.06, same_s=0.06, deadline_s=4.0, pause_s=0.02)


@dataclass(frozen=True)
class Order:
    """Heal `service` of the fleet in `folder` with the first of `plans` that was not tried; die at `burns_at`.

    `resumes`: go on with the newest run instead of opening one.
    """

    folder: Path
    plans: tuple[Plan, ...]
    burns_at: int = 0
    resumes: bool = False
    service: str = "app"
    environ: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def effects(self) -> Path:
        """Every effect that was carried out, one step key a line, in the order of their beginnings."""
        return self.folder / "effects.log"


@dataclass(frozen=True)
class Repertoire:
    """Proposes the first plan that was not tried: the same in every process, as it only knows its brief."""

    plans: tuple[Plan, ...]
    name: str = "repertoire"
    usage: Usage = Usage()

    async def propose(self, brief: Brief) -> Proposal:
        untried = [plan for plan in self.plans if plan.key not in brief.tried]
        return untried[0] if untried else Unsure(why="all that is known was tried")


@dataclass(frozen=True)
class Counted(WrappedTools):
    """Tools whose calls are written to a file, one line each, ahead of the effect and whatever becomes of us."""

    log: Path

    async def call(self, step: Step) -> Observation:
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, f"{step.key}\n".encode())
        os.close(descriptor)
        return await self.inner.call(step)


def repair(order: Order) -> None:
    """The body of the child process; what ends it otherwise than it should is left in `error.log`."""
    try:
        asyncio.run(_repair(order))
    except BaseException:
        (order.folder / "error.log").write_text(traceback.format_exc(), encoding="utf-8")
        raise


async def _repair(order: Order) -> None:
    async with open_workshop(Settings(home=order.home, environ=order.environ)) as workshop:
        heal = _heal(order)
        record = await _claim(order, heal, workshop)
        context = _context(order, heal, record, workshop)
        await Worker(workshop.loop, workshop.runs, Nobody()).work(record, context)


async def _claim(order: Order, heal: Heal, workshop: Workshop) -> RunRecord:
    if not order.resumes:
        return await workshop.runs.open(heal.record(workshop))
    return await workshop.runs.seize((await workshop.runs.get("last")).id)


def _heal(order: Order) -> Heal:
    return Heal(
        fleet=load_fleet(order.folder / "prunella.toml"), goal=_goal(order.plans), services=(order.service,),
        brains=BrainsSpec(), autonomy=Autonomy.AUTO, approver=Nobody(),
    )  # fmt: skip


def _goal(plans: tuple[Plan, ...]) -> str:
    """The operator vouches for every value, so that nobody is asked."""
    given = [step.arguments for plan in plans for step in plan.steps if "key" in step.arguments]
    return " ".join(["Heal it.", *(f"Set {each['key']} to {each['value']}." for each in given if "value" in each)])


def _context(order: Order, heal: Heal, record: RunRecord, workshop: Workshop) -> Context:
    context = heal_context(heal, record, workshop, [])
    fuse = Fuse(order.burns_at, kill_9, order.folder / "places.log")
    return replace(
        context,
        brain=Repertoire(order.plans),
        journal=CrashingJournal(context.journal, fuse),
        tools=CrashingTools(Counted(context.tools, order.effects), fuse),
        patience=PATIENCE,
        rehearsal=None,  # these two would take most of the time, and touch nothing
        security=None,
    )
