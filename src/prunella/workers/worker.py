"""The worker of this process: from a run's record to its verdict, whatever gets in the way."""

import asyncio
from dataclasses import dataclass, replace

from prunella.cancelling import at_rest
from prunella.domain.frozen import JsonValue
from prunella.domain.ruling import ApprovalRequest, Decision
from prunella.domain.run import EventKind, RunRecord, Verdict
from prunella.errors import Irrecoverable, Lost, Parked, Paused, Waiting
from prunella.healing.context import Context
from prunella.healing.graph import Loop
from prunella.healing.limits import note, tick
from prunella.healing.state import State
from prunella.healing.undoing import put_back
from prunella.protocols import Approver, PauseSwitch, Runs
from prunella.workers.advance import advance
from prunella.workers.pausing import GatedJournal, Hand, HandledTools

_LOOK_S = 0.25  # how often a run looks whether agents were paused


@dataclass(frozen=True)
class Worker:
    """Runs the loop in this process, asks the approver, and closes the book.

    `switch` stops and resumes all agents; None: nothing does.
    """

    loop: Loop
    runs: Runs
    approver: Approver
    switch: PauseSwitch | None = None

    async def work(self, record: RunRecord, context: Context) -> RunRecord:
        """The record with its verdict.

        Cancelled (Ctrl-C), or stopped by an error that nobody foresaw, it puts everything back before that goes on.
        A run whose lease is lost is left to whoever took it. Raises Parked for a run whose question nobody here can
        answer. While agents are paused it waits where it is.
        """
        try:
            outcome = await self._to_its_end(record, context)
        except (Lost, Waiting):
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

    async def _to_its_end(self, record: RunRecord, context: Context) -> State:
        """A question that comes again, because agents were paused right after its answer, has it already."""
        answers: dict[str, Decision] = {}
        outcome = await self._advance(record, context)
        while isinstance(outcome, ApprovalRequest):
            if outcome.id not in answers:
                answers[outcome.id] = await self._ask(outcome, context)
            outcome = await self._advance(record, context, answers[outcome.id])
        return outcome

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
        """Stands still while agents are paused, and goes on from the checkpoint after that."""
        while True:
            context = await self._stand_still(context)
            try:
                return await self._until_paused(record, context, answer)
            except Paused:
                if self.switch is None:
                    raise
                answer = None

    async def _stand_still(self, context: Context) -> Context:
        """Back at once when nobody paused. The time until then is not the run's."""
        pause = None if self.switch is None else self.switch.pause()
        if self.switch is None or pause is None:
            return context
        said = f"All agents are {pause}; nothing new is touched until `prunella resume`"
        context.emit(EventKind.PAUSE, "pause", said, **pause.model_dump())
        while self.switch.pause() is not None:
            await context.clock.sleep(_LOOK_S)
        context.emit(EventKind.PAUSE, "pause", "Resumed: going on from where it stood", by="")
        return replace(context, since=context.clock.now())

    async def _until_paused(
        self, record: RunRecord, context: Context, answer: Decision | None
    ) -> State | ApprovalRequest:
        """Cancelled, once or often, the loop has come to rest before that goes on: nothing acts beside the undo."""
        hand = Hand()
        task = asyncio.ensure_future(advance(self.loop, record.id, self._gated(context, hand), answer))
        try:
            await self._attend(task, hand)
        except asyncio.CancelledError:
            task.cancel()
            await at_rest(task)
            raise
        if task.cancelled():
            raise Paused(f"Run {record.id} was told to stand still.")
        return task.result()

    async def _attend(self, task: "asyncio.Future[State | ApprovalRequest]", hand: Hand) -> None:
        """Until the task is done: cancelled as soon as agents are paused and nothing is in hand."""
        while not task.done():
            await asyncio.wait({task}, timeout=None if self.switch is None else _LOOK_S)
            is_paused = self.switch is not None and self.switch.pause() is not None
            if is_paused and not hand.is_full and not task.done():
                task.cancel()
                cancelled = await at_rest(task)
                if cancelled is not None:
                    raise cancelled

    def _gated(self, context: Context, hand: Hand) -> Context:
        if self.switch is None:
            return context
        journal = GatedJournal(context.journal, self.switch, hand)
        return replace(context, journal=journal, tools=HandledTools(context.tools, hand))

    async def _ask(self, request: ApprovalRequest, context: Context) -> Decision:
        """Whatever goes wrong while asking is a no."""
        try:
            return await self.approver.decide(request)
        except Parked as parked:
            waits = f"Waits for an answer: `prunella approve {parked.run} --show`"
            context.emit(EventKind.APPROVAL, "approve", waits, plan=request.plan.key)
            raise
        except (Lost, Waiting):
            raise
        except Exception as error:  # noqa: BLE001 -- fails closed: an approver that breaks has not approved
            reason = f"asking failed: {error}"
            return Decision(
                approved=False,
                plan=request.plan.key,
                by="nobody",
                reason=reason,
                final=True,
            )

    async def _close(
        self,
        record: RunRecord,
        context: Context,
        verdict: Verdict,
        summary: str,
        cause: str,
    ) -> RunRecord:
        done = record.model_copy(
            update={
                "ended": context.clock.now(),
                "verdict": verdict,
                "summary": summary,
                "cause": cause,
            }
        )
        await self.runs.close(done)
        context.emit(
            EventKind.VERDICT,
            "end",
            f"{verdict.value}: {summary}",
            verdict=verdict.value,
            summary=summary,
        )
        return done
