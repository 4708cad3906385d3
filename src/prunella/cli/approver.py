"""Asking in the terminal. Anything but a clear yes is a no."""

import asyncio
import getpass
import os
import sys
import time
from collections.abc import Iterator

from rich.markup import escape

from prunella.cli.look import seconds, shorten, step_text
from prunella.cli.screen import Screen
from prunella.domain.frozen import JsonValue
from prunella.domain.ruling import ApprovalRequest, Decision, Permission, Question
from prunella.domain.run import Event, EventKind
from prunella.domain.tool import Prepared, Risk
from prunella.telemetry.json_lines import JsonLines

_TITLE = "May I?"
_DAY_S = 86_400
_MOST_LINES = 4
_MOST_EVIDENCE_LINES = 12
_STYLES = {"asks": "yellow", "weakens": "bold red"}
_RISKS = {
    Risk.READ: "looks only",
    Risk.CHANGE: "a change",
    Risk.INTERRUPT: "a change that people notice while it happens",
    Risk.IRREVERSIBLE: "cannot be taken back",
}
_QUESTION = "  [bold]y[/] yes   [bold]n[/] no, think of something else   [bold]q[/] no, and stop"


class TerminalApprover:
    """Shows the plan with its exact difference and reads y, n or q. Implements Approver.

    `fleet` is the fleet file's path. No thread waits for the answer, so that Ctrl-C is heard at once.
    """

    def __init__(self, screen: Screen, fleet: str) -> None:
        self._screen, self._fleet = screen, fleet

    async def decide(self, request: ApprovalRequest) -> Decision:
        with self._screen.held():
            show_request(self._screen, request, self._fleet)
            answer = await self._answer()
        approved = answer == "y"
        return Decision(
            approved=approved,
            plan=request.plan.key,
            by=operator(),
            reason="" if approved else "said no",
            final=answer == "q",
        )

    async def _answer(self) -> str:
        """`y`, `n` or `q`; the end of the input is a `q`, an empty line a `n`."""
        while True:
            self._screen.say(_QUESTION)
            line = await _read_line()
            word = line.strip().casefold()[:1] if line else "q"
            if word in {"y", "n", "q", ""}:
                return word or "n"


class DryApprover:
    """Shows what would be done, as text or as an event a line, and says no, for good."""

    def __init__(self, screen: Screen, fleet: str, lines: JsonLines | None = None) -> None:
        self._screen, self._fleet, self._lines = screen, fleet, lines

    async def decide(self, request: ApprovalRequest) -> Decision:
        if self._lines is not None:
            self._lines.emit(_would_do(request))
        with self._screen.held():
            show_request(self._screen, request, self._fleet, "Would do")
        return Decision(
            approved=False, plan=request.plan.key, by="the dry run", reason="nothing was touched", final=True
        )


def _would_do(request: ApprovalRequest) -> Event:
    steps: list[JsonValue] = [
        {"step": str(step), "difference": prepared.difference}
        for step, prepared in zip(request.plan.steps, request.prepared, strict=True)
    ]
    text = f"Would do: {'; '.join(str(step) for step in request.plan.steps)}"
    return Event(
        run=request.run, at=time.time(), kind=EventKind.NOTE, node="approve", text=text, data={"would_do": steps}
    )


def show_request(screen: Screen, request: ApprovalRequest, fleet: str, title: str = _TITLE) -> None:
    """The plan, why it asks where somebody is asked, what it would change to the byte, and how it went on a shadow."""
    screen.say(f"\n[bold]{title}[/]  {escape(shorten(request.plan.cause, fleet))}")
    for number, step in enumerate(request.plan.steps, 1):
        screen.say(f"  {number}. {escape(shorten(step_text(step.model_dump()), fleet))}")
        for label, text in _about_step(request, number - 1, is_asked=title == _TITLE):
            _fact(screen, label, shorten(text, fleet))
        screen.difference(request.prepared[number - 1].difference)
    for label, text in _about_plan(request):
        _fact(screen, label, shorten(text, fleet))


def show_evidence(screen: Screen, request: ApprovalRequest, fleet: str) -> None:
    """What speaks for the plan, and what was seen."""
    for reason in request.plan.because:
        _fact(screen, "because", shorten(reason, fleet))
    for each in request.evidence:
        first, *rest = each.text.strip().splitlines() or [""]
        _fact(screen, "seen", shorten(f"{each.source}: {first}", fleet))
        for line in rest[-_MOST_EVIDENCE_LINES:]:
            _fact(screen, "", shorten(line, fleet))


def how_to_answer(question: Question, now: float) -> Iterator[tuple[str, str]]:
    """Label and text: the commands that answer, and what comes of silence."""
    run, expires = question.run, question.request.expires
    yield "look", f"prunella approve {run} --show"
    yield "yes", f"prunella approve {run}"
    yield "no", f'prunella approve {run} --deny --reason "…"'
    within = "" if expires is None else f" within {lasting(expires - now)}"
    comes = "it waits" if expires is None else "it is a no"
    yield "silence", f"without an answer{within} {comes}; nothing is changed"


def lasting(seconds_: float) -> str:
    """A long duration as people say it."""
    if seconds_ < _DAY_S:
        return seconds(max(0.0, seconds_))
    days, rest = divmod(round(seconds_), _DAY_S)
    hours = rest // 3600
    return f"{days:.0f} d {hours:.0f} h" if hours else f"{days:.0f} d"


def operator() -> str:
    """Who sits here, by name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"user {os.getuid()}"


def _about_step(request: ApprovalRequest, place: int, *, is_asked: bool) -> Iterator[tuple[str, str]]:
    ruling, prepared = request.rulings[place], request.prepared[place]
    if is_asked and ruling.permission is Permission.ASK:
        yield "asks", ruling.reason
    if place < len(request.risks):
        yield "risk", _RISKS[request.risks[place]]
        yield "undo", _undo(request.risks[place], prepared)


def _undo(risk: Risk, prepared: Prepared) -> str:
    why = f": {prepared.note}" if prepared.note else ""
    if risk is Risk.READ:
        return "there is nothing to put back"
    if risk is Risk.IRREVERSIBLE or not prepared.reversible:
        return f"cannot be put back{why}"
    return f"put back as it was{why}"


def _about_plan(request: ApprovalRequest) -> Iterator[tuple[str, str]]:
    for concern in request.concerns:
        yield "asks", concern.reason
    for each in request.downgrades:
        yield "weakens", str(each)
    for trial in request.rehearsed.trials if request.rehearsed else ():
        sign = {True: "✔", False: "✘", None: "·"}[trial.ok]
        yield "rehearsed", f"{sign} {trial.name}" + (f": {trial.detail}" if trial.detail else "")


def _fact(screen: Screen, label: str, text: str) -> None:
    style = _STYLES.get(label, "dim")
    for number, line in enumerate(screen.fit(text, 15, _MOST_LINES)):
        screen.say(f"     [{style}]{label if number == 0 else '':<9}[/] {escape(line)}")


async def _read_line() -> str:
    """One line of the terminal, "" at its end."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return os.read(sys.stdin.fileno(), 4096).decode(errors="replace")
