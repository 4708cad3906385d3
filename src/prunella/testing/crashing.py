"""Death at a chosen moment: wrappers that count the places at which a process may die, and end it at one of them."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from prunella.domain.evidence import Observation
from prunella.domain.frozen import JsonValue
from prunella.domain.journal import Entry, Outcome
from prunella.domain.plan import Plan, Step
from prunella.domain.tool import Prepared
from prunella.protocols import Journal, Tool
from prunella.testing.wrapping import WrappedTool, WrappedTools


class Died(BaseException):
    """The process is dead, as far as a test in one process can play that. Nothing on the way may catch it."""


def die() -> NoReturn:
    """Stands for `kill -9` within one process."""
    raise Died


def kill_9() -> NoReturn:
    """The real thing: no handler, no `finally`, no flush."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("A process outlived its SIGKILL.")


@dataclass
class Fuse:
    """Burns at place number `burns_at`, counted from 1 (0: never). `places` names those that were passed.

    `record`, if given, gets a line per place, appended ahead of the death.
    """

    burns_at: int = 0
    death: Callable[[], NoReturn] = die
    record: Path | None = None
    places: list[str] = field(default_factory=list[str])

    def at(self, place: str) -> None:
        self.places.append(place)
        if self.record is not None:
            with self.record.open("a", encoding="utf-8") as file:
                file.write(f"{place}\n")
        if len(self.places) == self.burns_at:
            self.death()


@dataclass(frozen=True)
class CrashingJournal(Journal):
    """A journal before and after each write of which the process may die."""

    inner: Journal
    fuse: Fuse

    async def intend(self, run: str, token: int, plan: Plan, step: Step, prepared: Prepared) -> Entry:
        self.fuse.at(f"before intent: {step.tool}")
        entry = await self.inner.intend(run, token, plan, step, prepared)
        self.fuse.at(f"after intent: {step.tool}")
        return entry

    async def settle(self, entry: Entry, token: int, outcome: Outcome, observation: Observation | None) -> Entry:
        self.fuse.at(f"before {outcome}: {entry.step.tool}")
        settled = await self.inner.settle(entry, token, outcome, observation)
        self.fuse.at(f"after {outcome}: {entry.step.tool}")
        return settled

    async def entries(self, run: str) -> tuple[Entry, ...]:
        return await self.inner.entries(run)

    async def changes_since(self, fleet: str, since: float) -> int:
        return await self.inner.changes_since(fleet, since)


@dataclass(frozen=True)
class CrashingTools(WrappedTools):
    """Tools before and after each effect and each undo of which the process may die."""

    fuse: Fuse

    def find(self, step: Step) -> Tool | Observation:
        found = self.inner.find(step)
        return found if isinstance(found, Observation) else CrashingTool(found, self.fuse)

    async def call(self, step: Step) -> Observation:
        self.fuse.at(f"before effect: {step.tool}")
        observation = await self.inner.call(step)
        self.fuse.at(f"after effect: {step.tool}")
        return observation


@dataclass(frozen=True)
class CrashingTool(WrappedTool):
    """One of those tools."""

    fuse: Fuse

    async def undo(self, before: JsonValue) -> None:
        self.fuse.at(f"before undo: {self.spec.name}")
        await super().undo(before)
        self.fuse.at(f"after undo: {self.spec.name}")
