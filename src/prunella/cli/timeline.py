"""The live timeline of a run, and its ending, for people."""

import sys
from collections.abc import Callable
from typing import cast

from rich.console import Console
from rich.markup import escape

from prunella.cli.look import VERDICTS, seconds, show_difference
from prunella.domain.run import Event, EventKind, RunRecord, Verdict

_BUSY_WITH = {
    EventKind.STARTED: "looking at the probes",
    EventKind.READING: "looking around",
    EventKind.EVIDENCE: "thinking",
    EventKind.PLAN: "vetting the plan",
    EventKind.INTENT: "acting",
    EventKind.ACTION: "watching the probes",
    EventKind.PROGRESS: "looking again",
    EventKind.UNDO: "putting back",
    EventKind.REFLECTION: "thinking again",
}


def note(text: str) -> None:
    """One line aside, on stderr, so that it never mixes with what programs read."""
    print(text, file=sys.stderr)


class Timeline:
    """Prints a run's events as they happen, with a spinner in between, and its ending. A Sink."""

    def __init__(self, record: RunRecord, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._record = record
        self._seen: dict[str, str] = {}
        self._differences: dict[int, str] = {}
        self._status = self._console.status("looking at the probes", spinner="dots")
        names = ", ".join(record.services) or "goal"
        self._console.print(f"[bold]prunella[/] · {escape(names)} · {escape(record.goal)}  [dim]run {record.id}[/]")
        self._status.start()

    def emit(self, event: Event) -> None:
        show = self._shows().get(event.kind)
        if show is not None:
            show(event)
        if event.kind in _BUSY_WITH:
            self._status.update(_BUSY_WITH[event.kind])

    def close(self) -> None:
        """Stop the spinner; idempotent."""
        self._status.stop()

    def _shows(self) -> dict[EventKind, Callable[[Event], None]]:
        return {
            EventKind.READING: self._reading,
            EventKind.EVIDENCE: self._evidence,
            EventKind.SUSPICION: self._suspicion,
            EventKind.LOOKUP: lambda e: self._line(e, "cyan", "look up", e.text),
            EventKind.PLAN: self._plan,
            EventKind.REJECTED: lambda e: self._line(e, "yellow", "rejected", e.text),
            EventKind.APPROVAL: lambda e: self._line(e, "magenta", "approval", e.text),
            EventKind.INTENT: self._intent,
            EventKind.ACTION: self._action,
            EventKind.JUDGED: lambda e: self._line(e, "bold", "judge", e.text),
            EventKind.PROGRESS: lambda e: self._line(e, "cyan", "progress", e.text),
            EventKind.UNDO: self._undo,
            EventKind.REFLECTION: lambda e: self._line(e, "yellow", "reflect", e.text),
            EventKind.VERDICT: self._verdict,
        }

    def _line(self, event: Event, style: str, word: str, text: str) -> None:
        after = max(0.0, event.at - self._record.started)
        self._console.print(f"[dim]{after:5.1f} s[/]  [{style}]{word:<9}[/] {escape(text)}", soft_wrap=True)

    def _detail(self, text: str, style: str = "dim") -> None:
        self._console.print(f"                   [{style}]{escape(text)}[/]", soft_wrap=True)

    def _reading(self, event: Event) -> None:
        """A probe is told when it says something else than the last time."""
        probe = str(event.data.get("probe", ""))
        if self._seen.get(probe) == event.text:
            return
        self._seen[probe] = event.text
        is_right = event.data.get("reach") == 3
        self._line(event, "green" if is_right else "red", "probe", f"{'✔' if is_right else '✘'} {event.text}")

    def _evidence(self, event: Event) -> None:
        """Errors are told once; the rest is for `explain`."""
        source = str(event.data.get("source", ""))
        if not event.data.get("is_error") or self._seen.get(source + event.text):
            return
        self._seen[source + event.text] = event.text
        self._line(event, "yellow", "seen", event.text)

    def _suspicion(self, event: Event) -> None:
        self._line(event, "bold cyan", "suspect", event.text)
        for reason in cast("list[str]", event.data.get("because", [])):
            self._detail(f"because {reason}")

    def _plan(self, event: Event) -> None:
        steps = cast("list[dict[str, object]]", event.data.get("steps", []))
        for number, step in enumerate(steps, 1):
            arguments = cast("dict[str, object]", step["arguments"])
            words = " ".join(str(value) for value in arguments.values())
            text = f"{number}. {step['tool']} {words}"
            if number == 1:
                self._line(event, "blue", "plan", text)
            else:
                self._detail(text, "default")

    def _intent(self, event: Event) -> None:
        difference = str(event.data.get("difference", ""))
        self._differences[cast("int", event.data.get("entry", 0))] = difference
        self._line(event, "blue", "do", event.text)

    def _action(self, event: Event) -> None:
        if event.data.get("ok"):
            self._line(event, "green", "done", event.text)
        else:
            self._line(event, "red", "failed", event.text)

    def _undo(self, event: Event) -> None:
        self._differences.pop(cast("int", event.data.get("entry", 0)), None)
        self._line(event, "yellow", "undo", event.text)

    def _verdict(self, event: Event) -> None:
        self.close()
        verdict = Verdict(str(event.data["verdict"]))
        style, sign, word = VERDICTS[verdict]
        took = seconds(event.at - self._record.started)
        self._console.print(f"\n[bold {style}]{sign} {word}[/] in {took}")
        label = "cause" if verdict is Verdict.ACHIEVED else "why"
        self._console.print(f"  [dim]{label}[/]   {escape(str(event.data.get('summary', '')))}", soft_wrap=True)
        changed = [difference for difference in self._differences.values() if difference]
        if changed and verdict in {Verdict.ACHIEVED, Verdict.UNVERIFIED, Verdict.FROZEN}:
            self._console.print("  [dim]change[/]")
            for difference in changed:
                self._console.print(f"     [bold]{escape(_file_of(difference))}[/]")
                show_difference(self._console, difference)
        if self._differences and verdict in {Verdict.ACHIEVED, Verdict.UNVERIFIED}:
            self._console.print(f"  [dim]undo[/]    prunella undo {self._record.id}")
        if verdict is not Verdict.NOTHING_TO_DO:
            self._console.print(f"  [dim]why so[/]  prunella explain {self._record.id}")


def _file_of(difference: str) -> str:
    first = difference.splitlines()[0] if difference else ""
    return first.removeprefix("--- ").split("\t")[0]
