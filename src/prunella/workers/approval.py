"""Asking so that nothing gets lost: the question and its answer are written down before anything comes of them."""

import asyncio
from dataclasses import dataclass

from prunella.domain.ruling import ApprovalRequest, Decision, Question
from prunella.errors import Misuse, Parked
from prunella.protocols import Approvals, Approver, Clock


@dataclass(frozen=True)
class DurableApprover(Approver):
    """The answer in the book counts, whoever gave it and whenever; time that runs out gives it too.

    `inner` is asked in place. None: nobody is here, and a question without an answer parks the run. `token` is the
    lease under which we work on it.
    """

    approvals: Approvals
    token: int
    clock: Clock
    inner: Approver | None = None

    async def decide(self, request: ApprovalRequest) -> Decision:
        """Raises Parked where nobody is here to answer, and Lost when another process took the run over."""
        question = await self.approvals.ask(request, self.token)
        if question.answer is not None:
            return question.answer
        if self.inner is None:
            await self.approvals.park(request.run, self.token)
            raise Parked(request.run, question.id)
        decision = await self._in_time(self.inner, request, question)
        return await self._written_down(request, question, decision)

    async def _in_time(self, inner: Approver, request: ApprovalRequest, question: Question) -> Decision | None:
        """None when time ran out."""
        answer = asyncio.ensure_future(_asked(inner, request))
        alarm = asyncio.ensure_future(_until(question.request.expires, self.clock))
        try:
            await asyncio.wait({answer, alarm}, return_when=asyncio.FIRST_COMPLETED)
            return answer.result() if answer.done() else None
        finally:
            for task in (answer, alarm):
                task.cancel()
            await asyncio.gather(answer, alarm, return_exceptions=True)

    async def _written_down(self, request: ApprovalRequest, question: Question, decision: Decision | None) -> Decision:
        """What stands in the book in the end: perhaps somebody was faster."""
        if decision is not None:
            try:
                await self.approvals.answer(question.run, question.id, decision)
            except Misuse:
                if decision.plan != question.plan:
                    return await self._written_down(request, question, _to_another_plan(question, decision))
        kept = await self.approvals.ask(request, self.token)
        return kept.answer or Decision(
            approved=False,
            plan=question.plan,
            by="nobody",
            reason="the answer was not kept",
            final=True,
        )


async def _asked(inner: Approver, request: ApprovalRequest) -> Decision:
    """Whatever goes wrong while asking is a no."""
    try:
        return await inner.decide(request)
    except Exception as error:  # noqa: BLE001 -- fails closed: an approver that breaks has not approved
        reason = f"asking failed: {error}"
        return Decision(
            approved=False,
            plan=request.plan.key,
            by="nobody",
            reason=reason,
            final=True,
        )


async def _until(expires: float | None, clock: Clock) -> None:
    """Never, for a question without an end."""
    if expires is None:
        await asyncio.Event().wait()
    else:
        await clock.sleep(expires - clock.now())


def _to_another_plan(question: Question, decision: Decision) -> Decision:
    reason = f"the answer was to another plan ({decision.plan})"
    return Decision(approved=False, plan=question.plan, by=decision.by, reason=reason)
