"""What came of a goal."""

from dataclasses import dataclass
from typing import Any

from prunella.domain.goal import Goal
from prunella.domain.journal import Entry
from prunella.domain.run import Event, EventKind, RunRecord, Verdict
from prunella.healing.answers import parse

_TOLD = {
    EventKind.READING, EventKind.SUSPICION, EventKind.PLAN, EventKind.REJECTED, EventKind.APPROVAL,
    EventKind.ACTION, EventKind.PROGRESS, EventKind.UNDO, EventKind.REFLECTION, EventKind.VERDICT,
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """A run that ended. `events` is its timeline, `entries` its effects on the world, oldest first."""

    record: RunRecord
    events: tuple[Event, ...]
    entries: tuple[Entry, ...]
    goal: Goal

    @property
    def output(self) -> Any:
        """The answer as the goal's `output`, in words where it has none; None when no answer was good enough."""
        if self.verdict not in {Verdict.ACHIEVED, Verdict.UNVERIFIED} or not self.goal.wants_answer:
            return None
        return parse(self.goal, self.summary)

    @property
    def verdict(self) -> Verdict:
        if self.record.verdict is None:
            raise AssertionError(f"Run {self.record.id} has no verdict.")
        return self.record.verdict

    @property
    def summary(self) -> str:
        return self.record.summary

    def explain(self) -> str:
        """The timeline in words, a line an event: what was seen, thought, done and put back, and why."""
        return "\n".join(f"{each.kind.value}: {each.text}" for each in self.events if each.kind in _TOLD)
