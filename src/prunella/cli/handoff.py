"""What a human gets who has to take over: what was tried, what came of it, what was ruled out, what is next."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from prunella.cli.look import step_text, telling_line
from prunella.domain.frozen import JsonValue
from prunella.domain.run import Event, EventKind

_MOST = 5


@dataclass
class Handoff:
    """Gathers what the events of a run tell; `tried`, `refused` and `others` map a plan in words to what came of it."""

    plans: dict[str, str] = field(default_factory=dict[str, str])
    tried: dict[str, str] = field(default_factory=dict[str, str])
    refused: dict[str, str] = field(default_factory=dict[str, str])
    others: dict[str, str] = field(default_factory=dict[str, str])
    red: dict[str, str] = field(default_factory=dict[str, str])

    def note(self, event: Event) -> None:
        """Take in one event; most tell nothing new."""
        plan = str(event.data.get("plan", ""))
        match event.kind:
            case EventKind.PLAN:
                self._note_plan(event)
            case EventKind.REFLECTION if plan in self.plans:
                self.tried[self.plans[plan]] = event.text
            case EventKind.REJECTED if plan in self.plans:
                self.refused[self.plans[plan]] = event.text
            case EventKind.READING:
                self._note_reading(event)
            case _:
                pass

    def _note_plan(self, event: Event) -> None:
        self.plans[str(event.data.get("key", ""))] = in_words(event)
        for plan, why_not in considered(event):
            self.others[plan] = why_not

    def _note_reading(self, event: Event) -> None:
        probe = str(event.data.get("probe", ""))
        if event.data.get("reach") == 3:
            self.red.pop(probe, None)
        else:
            said = telling_line(str(event.data.get("body") or ""))
            self.red[probe] = f"{event.text}: {said}" if said and said not in event.text else event.text

    def sections(self) -> Iterator[tuple[str, list[str]]]:
        """A heading and its lines, for those that have any."""
        untried = {plan: why for plan, why in self.others.items() if plan not in self.plans.values()}
        yield from (
            (heading, lines)
            for heading, lines in (
                ("tried", [f"{plan}: {came}" for plan, came in self.tried.items()]),
                ("refused", [f"{plan}: {why}" for plan, why in self.refused.items()]),
                ("set aside", _newest([f"{plan}: {why}" for plan, why in untried.items()])),
                ("still red", _newest(list(self.red.values()))),
            )
            if lines
        )

    def next_step(self, why: str, run: str) -> str:
        """The one thing to do now."""
        if "freezes = " in why:
            return "Wait for the end of the freeze, or take it out of the fleet file, then heal again."
        if why.startswith("Not approved by ") and not why.startswith("Not approved by nobody"):
            return "Somebody said no. Look for another way, or do by hand what was suggested."
        if "Suggested: " in why:
            return "If the plan is right, `prunella heal --yes` carries it out, or do it by hand."
        if "cannot be reached" in why or "could not be asked" in why:
            return "Make the model answer, or give another with --brain, then heal again."
        return f"Look into what is still red, then heal again; `prunella explain {run}` has all that was seen."


def in_words(plan: Event) -> str:
    """The steps of a plan's event."""
    steps = cast("list[dict[str, JsonValue]]", plan.data.get("steps") or [])
    return "; ".join(step_text(step) for step in steps)


def considered(plan: Event) -> Iterator[tuple[str, str]]:
    """What else was thought of, and why it was not chosen first."""
    for other in cast("list[dict[str, JsonValue]]", plan.data.get("considered") or []):
        yield str(other["plan"]), str(other["why_not"])


def reasons(event: Event) -> list[str]:
    return [str(reason) for reason in cast("list[JsonValue]", event.data.get("because") or [])]


def _newest(lines: list[str]) -> list[str]:
    return [*lines[:_MOST], f"… and {len(lines) - _MOST} more"] if len(lines) > _MOST else lines
