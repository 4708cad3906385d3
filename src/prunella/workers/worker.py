"""The worker of this process: from a run's record to its verdict, whatever gets in the way."""

import asyncio
from dataclasses import dataclass

from prunella.cancelling import at_rest
from prunella.domain.frozen import JsonValue
from prunella.domain.ruling import ApprovalRequest, Decision
from prunella.domain.run import EventKind, RunRecord, Verdict
from prunella.errors import Irrecoverable, Lost
from prunella.healing.context import Context
from prunella.healing.graph import Loop
from prunella.healing.limits import note, tick
from prunella.healing.state import State
from prunella.healing.undoing import put_back
from prunella.protocols import Approver, Runs
from prunella.workers.advance import advance


@dataclass(frozen=True)
class Worker:
    """Runs the loop in this process, asks the approver, and closes the book."""

    loop: Loop
    runs: Runs
    approver: Approver

    async def work(self, record: RunRecord, context: Context) -> RunRecord:
        """The record with its verdict.

        Cancelled (Ctrl-C), or stopped by an error that nobody foresaw, it puts everything back before that goes on.
        A run whose lease is lost is left to whoever took it.
        """
        try:
            outcome = await self._advance(record, context)
            while isinstance(outcome, ApprovalRequest):
                outcome = await self._advance(record, context, await self._ask(outcome))
        except Lost:
            raise
        except (asyncio.CancelledError, Exception) as error:
            by = "the operator" if isinstance(error, asyncio.CancelledError) else f"{type(error).__name__}: {error}"
            await self._withdraw_whatever_comes(record, context, f"Stopped by {by}; everything is as it was found.")
            raise
        if outcome.verdict is None:
            raise AssertionError(f"Run {record.id} ended without a verdict.")
        await self._account(outcome, context)
        cause = outcome.summary if outcome.verdict is Verdict.ACHIEVED else ""
        return await self._close(record, context, outcome.verdict, outcome.summary, cause)

    async def _account(self, outcome: State, context: Context) -> None:
        """Write down, and tell, what the run has spent of its limits."""
        spent = tick(outcome, context)
        await note(outcome.run, spent, context)
        of = context.limits.model_dump()
        used: dict[str, JsonValue] = {u: {"spent": value, "of": of[u]} for u, value in spent.model_dump().items()}
        context.emit(EventKind.SPENT, "end", str(spent), **used)

    async def withdraw(self, record: RunRecord, context: Context, why: str) -> RunRecord:
        """Put back all that the run did, whatever its state, and close it."""
        try:
            await put_back(
                record.id, context.token, down_to=0,
                journal=context.journal, tools=context.tools, emit=context.emit,
            )  # fmt: skip
        except Irrecoverable as error:
            return await self._close(record, context, Verdict.FROZEN, str(error), record.cause)
        return await self._close(record, context, Verdict.ROLLED_BACK, why, record.cause)

    async def _withdraw_whatever_comes(self, record: RunRecord, context: Context, why: str) -> None:
        """Although we are being cancelled, and perhaps cancelled again. Raises what the undo raises."""
        task = asyncio.ensure_future(self.withdraw(record, context, why))
        await at_rest(task)
        task.result()

    async def _advance(
        self, record: RunRecord, context: Context, answer: Decision | None = None
    ) -> State | ApprovalRequest:
        """Cancelled, once or often, the loop has come to rest before that goes on: nothing acts beside the undo."""
        task = asyncio.ensure_future(advance(self.loop, record.id, context, answer))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.cancel()
            await at_rest(task)
            raise

    async def _ask(self, request: ApprovalRequest) -> Decision:
        """Whatever goes wrong while asking is a no."""
        try:
            return await self.approver.decide(request)
        except Exception as error:  # noqa: BLE001 -- fails closed: an approver that breaks has not approved
            reason = f"asking failed: {error}"
            return Decision(approved=False, plan=request.plan.key, by="nobody", reason=reason, final=True)

    async def _close(
        self, record: RunRecord, context: Context, verdict: Verdict, summary: str, cause: str
    ) -> RunRecord:
        done = record.model_copy(
            update={"ended": context.clock.now(), "verdict": verdict, "summary": summary, "cause": cause}
        )
        await self.runs.close(done)
        context.emit(EventKind.VERDICT, "end", f"{verdict.value}: {summary}", verdict=verdict.value, summary=summary)
        return done
