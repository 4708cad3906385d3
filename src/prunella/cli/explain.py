"""`prunella explain`: why a run did what it did, from its timeline and its journal."""

import asyncio
import json as json_format
from collections.abc import Iterator

from rich.markup import escape

from prunella.cli.exits import Exit
from prunella.cli.handoff import Handoff, considered, reasons
from prunella.cli.look import VERDICTS, said_once, shorten, step_text, who
from prunella.cli.screen import Screen
from prunella.cli.status import state_of
from prunella.domain.frozen import JsonValue
from prunella.domain.journal import Entry
from prunella.domain.report import Reach
from prunella.domain.run import Event, EventKind, RunRecord, Verdict
from prunella.errors import Misuse
from prunella.storage.events import read_events
from prunella.wiring.records import open_records
from prunella.wiring.settings import Settings

_WORDS = {
    EventKind.READING: "probe", EventKind.EVIDENCE: "seen", EventKind.SUSPICION: "suspect", EventKind.PLAN: "plan",
    EventKind.LOOKUP: "look up", EventKind.REJECTED: "rejected", EventKind.APPROVAL: "approval",
    EventKind.INTENT: "do", EventKind.ACTION: "came of", EventKind.JUDGED: "judge", EventKind.PROGRESS: "progress",
    EventKind.UNDO: "undo", EventKind.REFLECTION: "reflect", EventKind.NOTE: "note", EventKind.VERDICT: "verdict",
    EventKind.MODEL: "model", EventKind.CLIMB: "climb", EventKind.LESSON: "lesson", EventKind.SPENT: "spent",
    EventKind.PAUSE: "pause", EventKind.REHEARSAL: "rehearse", EventKind.CAUSE: "cause", EventKind.STARTED: "goal",
}  # fmt: skip
_ALL = 1000  # lines: as good as no limit
_UNFINISHED = {
    "at work": "This run is at work.",
    "asking": "This run asks a question in its own terminal.",
    "waiting for approval": "This run waits for an answer: `prunella approve {0} --show` shows the question.",
    "answered": "This run has its answer: `prunella heal` goes on with it, `prunella undo {0}` puts it back.",
    "cut short": "This run was cut short: its process is gone. `prunella heal` goes on with it, "
    "`prunella undo {0}` puts it back.",
}


def explain_run(run: str, step: int | None, *, json: bool) -> Exit:
    """A run's whole timeline, or all that is known about one step."""
    record, events, entries = _story(run)
    if json:
        _print_json(events, step)
    elif step is not None:
        _Story(record).tell_step(_entry(entries, step, record), events)
    else:
        _Story(record).tell(events)
    return Exit.DONE


def _story(run: str) -> tuple[RunRecord, tuple[Event, ...], tuple[Entry, ...]]:
    with open_records(Settings.from_environment()) as book:
        record = asyncio.run(book.runs.get(run))
        return record, read_events(book.home, record.id), asyncio.run(book.journal.entries(record.id))


def _print_json(events: tuple[Event, ...], step: int | None) -> None:
    for event in events:
        if step is None or event.data.get("entry") == step:
            print(json_format.dumps(event.model_dump(mode="json")))


def _entry(entries: tuple[Entry, ...], step: int, record: RunRecord) -> Entry:
    for entry in entries:
        if entry.number == step:
            return entry
    has = f"its steps are 1 to {len(entries)}" if len(entries) > 1 else "it has one" if entries else "it made none"
    raise Misuse(f"Run {record.id} has no step {step}; {has}.")


class _Story:
    """One run, told in full: nothing is cut, but that what was said before is not said again."""

    def __init__(self, record: RunRecord) -> None:
        self._record, self._screen = record, Screen()
        self._told: set[str] = set()
        self._tools: list[str] = []

    def tell(self, events: tuple[Event, ...]) -> None:
        record, handoff = self._record, Handoff()
        self._screen.say(f"[bold]{escape(record.goal)}[/]  [dim]run {record.id} · {escape(who(record))}[/]")
        for event in events:
            handoff.note(event)
            if event.kind in _WORDS:
                self._tell_event(event)
        if not events:
            self._screen.say("[dim]Its timeline is not kept any more.[/]")
        if record.verdict is Verdict.ESCALATED:
            self._hand_over(handoff)
        if record.verdict is None:
            self._screen.say(f"\n{_UNFINISHED[state_of(record)].format(record.id)}")

    def _tell_event(self, event: Event) -> None:
        text = self._text_of(event)
        if event.kind in {EventKind.READING, EventKind.EVIDENCE} and text in self._told:
            return
        self._told.add(text)
        first, *rest = text.splitlines() or [""]
        time = f"{event.at - self._record.started:6.1f} s"
        self._paragraph(f"[dim]{time}[/]  {_WORDS[event.kind]:<9} ", first, 20)
        for line in (*rest, *self._more(event)):
            self._paragraph(" " * 20, line, 20, "dim")

    def _paragraph(self, head: str, text: str, indent: int, style: str = "default") -> None:
        """All of `text`, beside its head; `head` is markup."""
        for number, line in enumerate(self._screen.fit(text, indent, _ALL)):
            self._screen.say(f"{' ' * indent if number else head}[{style}]{escape(line)}[/]")

    def _text_of(self, event: Event) -> str:
        """In full: evidence with all of its lines."""
        data = event.data
        match event.kind:
            case EventKind.READING:
                sign = "✔" if data.get("reach") == Reach.RIGHT else "✘"
                text = "\n".join([f"{sign} {event.text}", *str(data.get("body") or "").strip().splitlines()])
            case EventKind.EVIDENCE:
                text = f"{data.get('source')}: {str(data.get('text', '')).strip()}"
            case EventKind.PLAN:
                text = "\n".join(self._steps(event))
            case EventKind.APPROVAL:
                text = said_once(event.text, self._tools)
            case EventKind.SPENT:
                text = _against_limits(event)
            case EventKind.VERDICT:
                text = f"{VERDICTS[Verdict(str(data['verdict']))][2]}: {data.get('summary', '')}"
            case _:
                text = event.text
        return shorten(text, self._record.fleet)

    def _steps(self, event: Event) -> Iterator[str]:
        steps = event.data.get("steps")
        found = [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
        self._tools = [str(step.get("tool", "")) for step in found]
        for number, step in enumerate(found, 1):
            yield f"{number}. {step_text(step)}" + (f"  ({step['why']})" if step.get("why") else "")

    def _more(self, event: Event) -> Iterator[str]:
        if event.kind is EventKind.SUSPICION:
            yield from (f"because {shorten(reason, self._record.fleet)}" for reason in reasons(event))
        if event.kind is EventKind.PLAN:
            yield f"thought of by {event.data.get('brain', '')}"
            yield from (shorten(f"or {plan}: {why}", self._record.fleet) for plan, why in considered(event))

    def _hand_over(self, handoff: Handoff) -> None:
        self._screen.say()
        for heading, lines in (
            *handoff.sections(),
            ("next", [handoff.next_step(self._record.summary, self._record.id)]),
        ):
            for number, line in enumerate(lines):
                label = heading if number == 0 else ""
                self._paragraph(f"  [dim]{label:<10}[/] ", self._short(line), 13)

    def tell_step(self, entry: Entry, events: tuple[Event, ...]) -> None:
        """Why this action: what was suspected and seen, what else was thought of, who allowed it, what came of it."""
        self._screen.say(f"[bold]step {entry.number}[/]  {escape(self._short(step_text(entry.step.model_dump())))}")
        if entry.step.why:
            self._fact("why", entry.step.why)
        plan = next((e for e in events if e.kind is EventKind.PLAN and e.data.get("key") == entry.plan), None)
        if plan is not None:
            self._tell_plan(plan)
        for event in events:
            if event.kind is EventKind.APPROVAL and event.data.get("plan") == entry.plan:
                self._fact("allowed", said_once(event.text, [entry.step.tool, *self._tools]))
        self._screen.difference(entry.prepared.difference)
        self._fact("came of it", f"{entry.outcome.value}: {entry.observation or 'nothing is known'}")

    def _tell_plan(self, plan: Event) -> None:
        list(self._steps(plan))
        self._fact("suspected", str(plan.data.get("cause", "")))
        for reason in reasons(plan):
            self._fact("because", reason)
        for other, why_not in considered(plan):
            self._fact("or", f"{other}: {why_not}")
        self._fact("thought by", str(plan.data.get("brain", "")))

    def _fact(self, label: str, text: str) -> None:
        self._paragraph(f"  [dim]{label:<10}[/] ", self._short(text), 13)

    def _short(self, text: str) -> str:
        return shorten(text, self._record.fleet)


def _against_limits(event: Event) -> str:
    """What was spent of each limit."""
    units = [(unit, used) for unit, used in event.data.items() if isinstance(used, dict)]
    return ", ".join(f"{_figure(used['spent'])} of {_figure(used['of'])} {unit}" for unit, used in units)


def _figure(value: JsonValue) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
