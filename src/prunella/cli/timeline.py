"""The live timeline of a run, and its ending, for people."""

from collections.abc import Callable
from typing import cast

from rich.markup import escape

from prunella.cli.handoff import Handoff, reasons
from prunella.cli.look import VERDICTS, said_once, seconds, shorten, step_text, telling_line, who
from prunella.cli.screen import Screen
from prunella.domain.frozen import JsonValue
from prunella.domain.report import Reach
from prunella.domain.run import Event, EventKind, RunRecord, Verdict

_BUSY_WITH = {
    EventKind.STARTED: "looking at the probes",
    EventKind.READING: "looking around",
    EventKind.EVIDENCE: "thinking",
    EventKind.PLAN: "vetting the plan",
    EventKind.INTENT: "acting",
    EventKind.ACTION: "watching the probes",
    EventKind.PROGRESS: "looking again",
    EventKind.PAUSE: "standing still",
    EventKind.UNDO: "putting back",
    EventKind.REFLECTION: "thinking again",
    EventKind.CLIMB: "asking the next rung",
    EventKind.MODEL: "reading the answer",
}
_SAID = 60
_TRIED: dict[bool | None, tuple[str, str]] = {True: ("green", "✔"), False: ("red", "✘"), None: ("dim", "·")}
_CHANGES_STAND = {Verdict.ACHIEVED, Verdict.UNVERIFIED, Verdict.FROZEN}


class Timeline:
    """Prints a run's events as they happen, and its ending. A Sink.

    `began` (epoch seconds) is what the times count from; None: from the run's start. A dry run ends as one.
    """

    def __init__(
        self, record: RunRecord, screen: Screen, *, title: str = "", began: float | None = None, is_dry: bool = False
    ) -> None:
        self._screen, self._record, self._is_dry = screen, record, is_dry
        self._began = record.started if began is None else began
        self._seen: dict[str, str] = {}
        self._tools: list[str] = []
        self._differences: dict[int, str] = {}
        self._cost = self._saying = ""
        self._handoff = Handoff()
        (heading,) = screen.fit(f"prunella · {title or who(record)} · run {record.id}")
        screen.say(f"[bold]{escape(heading)}[/]")
        (goal,) = screen.fit(record.goal)
        screen.say(f"[dim]{escape(goal)}[/]")
        screen.busy("looking at the probes")

    def emit(self, event: Event) -> None:
        event = event.model_copy(update={"text": self._short(event.text)})
        self._handoff.note(event)
        show = self._shows().get(event.kind)
        if show is not None:
            show(event)
        if event.kind in _BUSY_WITH:
            self._screen.busy(_BUSY_WITH[event.kind])

    def close(self) -> None:
        """Stop the spinner; idempotent."""
        self._screen.idle()

    def _shows(self) -> dict[EventKind, Callable[[Event], None]]:
        return {
            EventKind.READING: self._reading,
            EventKind.EVIDENCE: self._evidence,
            EventKind.SUSPICION: self._suspicion,
            EventKind.LOOKUP: lambda e: self._line(e, "cyan", "look up", e.text),
            EventKind.PLAN: self._plan,
            EventKind.TOKENS: self._tokens,
            EventKind.MODEL: lambda e: self._line(e, "dim", "model", e.text),
            EventKind.CLIMB: lambda e: self._line(e, "magenta", "climb", e.text, most=2),
            EventKind.LESSON: lambda e: self._line(e, "cyan", "lesson", e.text),
            EventKind.SPENT: self._spent,
            EventKind.REJECTED: lambda e: self._line(e, "yellow", "rejected", e.text, most=2),
            EventKind.REHEARSAL: self._rehearsal,
            EventKind.CAUSE: lambda e: self._line(e, "bold cyan", "cause", e.text, most=2),
            EventKind.APPROVAL: lambda e: self._line(e, "magenta", "approval", said_once(e.text, self._tools)),
            EventKind.INTENT: self._intent,
            EventKind.ACTION: self._action,
            EventKind.JUDGED: lambda e: self._line(e, "bold", "judge", e.text),
            EventKind.PAUSE: lambda e: self._line(e, "bold yellow", "pause", e.text),
            EventKind.PROGRESS: lambda e: self._line(e, "cyan", "progress", e.text),
            EventKind.UNDO: self._undo,
            EventKind.REFLECTION: lambda e: self._line(e, "yellow", "reflect", e.text, most=2),
            EventKind.VERDICT: self._verdict,
        }

    def _short(self, text: str) -> str:
        return shorten(text, self._record.fleet)

    def _line(self, event: Event, style: str, word: str, text: str, *, most: int = 1) -> None:
        self._screen.row(event.at - self._began, style, word, text, most=most)

    def _reading(self, event: Event) -> None:
        """A probe is told when it is red or was, and says something else than the last time."""
        probe, is_right = str(event.data.get("probe", "")), event.data.get("reach") == Reach.RIGHT
        before = self._seen.get(probe)
        self._seen[probe] = event.text
        if before == event.text or (is_right and before is None):
            return
        self._line(event, "green" if is_right else "red", "probe", f"{'✔' if is_right else '✘'} {event.text}")
        said = "" if is_right else self._short(telling_line(str(event.data.get("body") or "")))
        if said and said not in event.text:
            self._screen.detail(f"  {said}")

    def _evidence(self, event: Event) -> None:
        """Errors are told once; the rest is for `explain`."""
        source = str(event.data.get("source", ""))
        if not event.data.get("is_error") or self._seen.get(source + event.text):
            return
        self._seen[source + event.text] = event.text
        self._line(event, "yellow", "seen", event.text)

    def _suspicion(self, event: Event) -> None:
        self._line(event, "bold cyan", "suspect", event.text, most=3)
        for reason in reasons(event):
            self._screen.detail(f"because {self._short(reason)}")

    def _plan(self, event: Event) -> None:
        steps = cast("list[dict[str, JsonValue]]", event.data.get("steps") or [])
        self._tools = [str(step.get("tool", "")) for step in steps]
        for number, step in enumerate(steps, 1):
            text = f"{number}. {self._short(step_text(step))}"
            if number == 1:
                self._line(event, "blue", "plan", text, most=2)
            else:
                self._screen.detail(text, style="default", most=2)

    def _rehearsal(self, event: Event) -> None:
        style, sign = _TRIED[cast("bool | None", event.data.get("ok"))]
        self._line(event, style, "rehearse", f"{sign} {event.text}", most=2 if sign == "✘" else 1)

    def _intent(self, event: Event) -> None:
        self._differences[cast("int", event.data.get("entry", 0))] = str(event.data.get("difference", ""))
        self._line(event, "blue", "do", event.text)

    def _action(self, event: Event) -> None:
        if event.data.get("ok"):
            self._line(event, "green", "done", event.text)
        else:
            self._line(event, "red", "failed", event.text, most=2)

    def _undo(self, event: Event) -> None:
        self._differences.pop(cast("int", event.data.get("entry", 0)), None)
        self._line(event, "yellow", "undo", event.text)

    def _tokens(self, event: Event) -> None:
        """What a model is just saying runs by beside the spinner."""
        self._saying = f"{self._saying}{event.data.get('text', '')}"[-_SAID:]
        (line,) = self._screen.fit(f"{event.data.get('brain')}: {self._saying}", 2)
        self._screen.busy(escape(line))

    def _spent(self, event: Event) -> None:
        """Told with the verdict, when a model cost something."""
        tokens = event.data.get("tokens")
        if isinstance(tokens, dict) and tokens.get("spent"):
            self._cost = event.text

    def _verdict(self, event: Event) -> None:
        self.close()
        verdict, why = Verdict(str(event.data["verdict"])), self._short(str(event.data.get("summary", "")))
        style, sign, word = (
            ("cyan", "·", "dry run, nothing was touched") if self._is_rehearsed(verdict, why) else VERDICTS[verdict]
        )
        self._screen.say(f"\n[bold {style}]{sign} {word}[/] in {seconds(event.at - self._began)}")
        self._fact("cause" if verdict is Verdict.ACHIEVED else "why", why)
        if verdict in _CHANGES_STAND:
            self._show_changes()
        if verdict is Verdict.ESCALATED and not self._is_rehearsed(verdict, why):
            self._hand_over(why)
        if self._differences and verdict in {Verdict.ACHIEVED, Verdict.UNVERIFIED}:
            self._fact("undo", f"prunella undo {self._record.id}")
        if self._cost:
            self._fact("spent", self._cost)
        if verdict is not Verdict.NOTHING_TO_DO:
            self._fact("why so", f"prunella explain {self._record.id}")

    def _is_rehearsed(self, verdict: Verdict, why: str) -> bool:
        """A dry run that came as far as a plan."""
        return self._is_dry and verdict is Verdict.ESCALATED and "dry run" in why

    def _fact(self, label: str, *texts: str) -> None:
        """A label and what belongs to it, below each other."""
        for number, text in enumerate(texts):
            first, *rest = self._screen.fit(text, 13, 4)
            self._screen.say(f"  [dim]{label if number == 0 else '':<10}[/] {escape(first)}")
            for line in rest:
                self._screen.say(f"{'':13}{escape(line)}")

    def _show_changes(self) -> None:
        changed = [difference for difference in self._differences.values() if difference]
        for number, difference in enumerate(changed):
            self._fact("" if number else "change", self._short(_file_of(difference)))
            self._screen.difference(difference, " " * 13)

    def _hand_over(self, why: str) -> None:
        for heading, lines in self._handoff.sections():
            self._fact(heading, *map(self._short, lines))
        self._fact("next", self._handoff.next_step(why, self._record.id))


def _file_of(difference: str) -> str:
    first = difference.splitlines()[0] if difference else ""
    return first.removeprefix("--- ").split("\t")[0].removesuffix(" (before)")
