"""Asking in the terminal. Anything but a clear yes is a no."""

import asyncio
import getpass

from rich.console import Console
from rich.markup import escape
from rich.prompt import Prompt

from prunella.cli.look import show_difference
from prunella.domain.ruling import ApprovalRequest, Decision, Permission


class TerminalApprover:
    """Shows the plan with its exact difference and reads y, n or q. Implements Approver."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)

    async def decide(self, request: ApprovalRequest) -> Decision:
        self._show(request)
        try:
            answer = await asyncio.to_thread(self._read)
        except EOFError:
            answer = "q"
        approved = answer == "y"
        return Decision(
            approved=approved,
            plan=request.plan.key,
            by=getpass.getuser(),
            reason="" if approved else "said no",
            final=answer == "q",
        )

    def _show(self, request: ApprovalRequest) -> None:
        console, plan = self._console, request.plan
        console.print(f"\n[bold]May I?[/]  {escape(plan.cause)}")
        for number, (step, ruling) in enumerate(zip(plan.steps, request.rulings, strict=True), 1):
            asks = f"  [yellow]{escape(ruling.reason)}[/]" if ruling.permission is Permission.ASK else ""
            console.print(f"  {number}. {escape(str(step))}{asks}")
        for prepared in request.prepared:
            show_difference(console, prepared.difference)

    def _read(self) -> str:
        question = "  [bold]y[/] yes, [bold]n[/] no, think of something else, [bold]q[/] no, and stop"
        return Prompt.ask(question, choices=["y", "n", "q"], default="n", console=self._console)
