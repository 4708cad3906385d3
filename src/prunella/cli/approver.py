"""Asking in the terminal. Anything but a clear yes is a no."""

import asyncio
import getpass
import os
import sys
import time

from rich.markup import escape

from prunella.cli.look import shorten, step_text
from prunella.cli.screen import Screen
from prunella.domain.frozen import JsonValue
from prunella.domain.ruling import ApprovalRequest, Decision, Permission
from prunella.domain.run import Event, EventKind
from prunella.telemetry.json_lines import JsonLines

_TITLE = "May I?"
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
            by=_user(),
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
    """The plan, why each step asks where somebody is asked, and what it would change to the byte."""
    screen.say(f"\n[bold]{title}[/]  {escape(shorten(request.plan.cause, fleet))}")
    for number, (step, ruling) in enumerate(zip(request.plan.steps, request.rulings, strict=True), 1):
        is_asked = title == _TITLE and ruling.permission is Permission.ASK
        asks = f"  [yellow]{escape(shorten(ruling.reason, fleet))}[/]" if is_asked else ""
        screen.say(f"  {number}. {escape(shorten(step_text(step.model_dump()), fleet))}{asks}")
        screen.difference(request.prepared[number - 1].difference)


async def _read_line() -> str:
    """One line of the terminal, "" at its end."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return os.read(sys.stdin.fileno(), 4096).decode(errors="replace")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"user {os.getuid()}"
