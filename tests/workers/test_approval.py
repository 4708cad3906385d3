"""A question and its answer are written down before anything comes of them, so that no death loses or doubles one."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from prunella.agents.approvers import Always
from prunella.domain.plan import Plan
from prunella.domain.ruling import ApprovalRequest, Decision
from prunella.domain.run import RunRecord, Verdict
from prunella.errors import Lost, Parked
from prunella.protocols import Approver
from prunella.storage.runs import Unanswered
from prunella.workers.approval import DurableApprover
from tests.healing.shelf import setting
from tests.workers.desk import Desk, opened

TEA, MILK = setting("tea", 5), setting("milk", 7)


@dataclass
class Says:
    """Answers with what it was made to say, after as many seconds; `asked` are the questions."""

    answer: Callable[[ApprovalRequest], Decision]
    after_s: float = 0.0
    asked: list[str] = field(default_factory=list[str])

    async def decide(self, request: ApprovalRequest) -> Decision:
        self.asked.append(request.id)
        await asyncio.sleep(self.after_s)
        return self.answer(request)


def no(request: ApprovalRequest) -> Decision:
    return Decision(approved=False, plan=request.plan.key, by="bob", reason="not tea")


def durable(desk: Desk, record: RunRecord, inner: Approver | None = None) -> DurableApprover:
    return DurableApprover(desk.approvals, record.token, desk.context(record).clock, inner)


async def work(desk: Desk, record: RunRecord, inner: Approver | None, *plans: Plan, lasts: float = 60.0) -> RunRecord:
    context = replace(desk.context(record, *plans, ask=True), approval_expires_s=lasts)
    return await desk.worker(durable(desk, record, inner)).work(record, context)


async def parked(desk: Desk, *plans: Plan, lasts: float = 60.0) -> str:
    """The id of the question with which the run was parked."""
    with pytest.raises(Parked) as stopped:
        await work(desk, await desk.open(), None, *(plans or (TEA,)), lasts=lasts)
    return stopped.value.question


async def test_with_nobody_to_ask_the_run_is_parked_and_let_go(desk: Desk):
    question = await parked(desk)
    record = await desk.runs.get("run")
    assert (record.verdict, record.holder, desk.shelf.log) == (None, "", [])
    assert record.asks is not None
    (waits,) = await desk.approvals.waiting()
    assert (waits.id, waits.plan, waits.request.plan.steps) == (question, TEA.key, TEA.steps)
    with pytest.raises(Unanswered):
        await desk.open("another")
    assert any("Waits for an answer" in line for line in desk.told)


@pytest.mark.parametrize("inner", [None, Always("eve")])
async def test_the_answer_is_found_by_whoever_goes_on_and_asks_nobody(tmp_path: Path, inner: Approver | None):
    """In another process, days later."""
    async with opened(tmp_path) as desk:
        question = await parked(desk)
    async with opened(tmp_path) as desk:
        await desk.approvals.answer("run", question, Decision(approved=True, plan=TEA.key, by="ann"))
        ended = await work(desk, await desk.runs.seize("run"), inner)
        assert (ended.verdict, desk.shelf.log) == (Verdict.ACHIEVED, ["set tea 5"])
        assert any("Approved by ann" in line for line in desk.told)


async def test_a_no_is_heard_by_the_brain_and_the_next_plan_asks_anew(desk: Desk):
    first = await parked(desk, MILK)
    await desk.approvals.answer("run", first, Decision(approved=False, plan=MILK.key, by="ann", reason="not milk"))
    with pytest.raises(Parked) as again:
        await work(desk, await desk.runs.seize("run"), None, TEA)
    assert again.value.question != first
    assert [question.plan for question in await desk.approvals.of("run")] == [MILK.key, TEA.key]
    assert any("not milk" in line for line in desk.told)


async def test_an_unanswered_question_is_the_same_one_however_often_the_run_is_taken_up(desk: Desk):
    question = await parked(desk)
    for _ in range(3):
        with pytest.raises(Parked) as again:
            await work(desk, await desk.runs.seize("run"), None)
        assert again.value.question == question
    assert len(await desk.approvals.of("run")) == 1


async def test_silence_ends_as_a_no_with_everything_as_found(desk: Desk):
    await parked(desk, lasts=0.05)
    await asyncio.sleep(0.06)
    ended = await work(desk, await desk.runs.seize("run"), Always("eve"))
    assert (ended.verdict, desk.shelf.log) == (Verdict.ESCALATED, [])
    assert "nobody answered in time" in ended.summary


async def test_who_is_asked_in_place_may_be_too_late_as_well(desk: Desk):
    slow = Says(lambda request: Decision(approved=True, plan=request.plan.key, by="ann"), after_s=30)
    ended = await work(desk, await desk.open(), slow, TEA, lasts=0.2)
    assert (ended.verdict, desk.shelf.log, len(slow.asked)) == (Verdict.ESCALATED, [], 1)
    assert "nobody answered in time" in ended.summary


async def test_an_answer_in_place_is_in_the_book_before_anything_comes_of_it(desk: Desk):
    record = await desk.open()
    ended = await work(desk, record, Always("ann"), TEA)
    assert ended.verdict is Verdict.ACHIEVED
    (question,) = await desk.approvals.of("run")
    assert question.answer == Decision(approved=True, plan=TEA.key, by="ann")


async def test_who_answered_before_the_death_is_not_asked_again_after_it(desk: Desk):
    """The process died between the answer and what comes of it."""
    question = await parked(desk)
    record = await desk.runs.seize("run")
    waits = (await desk.approvals.of("run"))[0].request.model_copy(update={"id": question})
    says = Says(no)
    assert not (await durable(desk, record, says).decide(waits)).approved
    again = Says(lambda request: Decision(approved=True, plan=request.plan.key, by="eve"))
    assert (await durable(desk, record, again).decide(waits)).by == "bob"
    assert (len(says.asked), again.asked) == (1, [])


async def test_when_somebody_else_is_faster_that_answer_counts(desk: Desk):
    question = await parked(desk)
    record = await desk.runs.seize("run")
    waits = (await desk.approvals.of("run"))[0].request
    slow = Says(lambda request: Decision(approved=True, plan=request.plan.key, by="slow"), after_s=0.1)
    deciding = asyncio.ensure_future(durable(desk, record, slow).decide(waits))
    await asyncio.sleep(0.02)
    await desk.approvals.answer("run", question, no(waits))
    assert (await deciding).by == "bob"


@pytest.mark.parametrize("approved", [True, False])
async def test_an_answer_to_another_plan_is_a_no_and_is_kept_as_one(desk: Desk, approved: bool):
    strange = Says(lambda _: Decision(approved=approved, plan=MILK.key, by="ann"))
    ended = await work(desk, await desk.open(), strange, TEA)
    assert (ended.verdict, desk.shelf.log) == (Verdict.ESCALATED, [])
    (question,) = await desk.approvals.of("run")
    assert question.answer is not None
    assert (question.answer.approved, question.answer.plan) == (False, TEA.key)
    assert MILK.key in question.answer.reason


async def test_an_approver_that_breaks_has_said_no_in_the_book_too(desk: Desk):
    def breaks(request: ApprovalRequest) -> Decision:
        raise ConnectionError(f"no line to ask about {request.run}")

    ended = await work(desk, await desk.open(), Says(breaks), TEA)
    assert (ended.verdict, desk.shelf.log) == (Verdict.ESCALATED, [])
    (question,) = await desk.approvals.of("run")
    assert question.answer is not None
    assert "asking failed: no line" in question.answer.reason


async def test_one_who_lost_the_run_while_asking_does_nothing(desk: Desk):
    record = await desk.open()

    class Loses(Always):
        async def decide(self, request: ApprovalRequest) -> Decision:
            await desk.runs.seize("run")
            return await super().decide(request)

    with pytest.raises(Lost):
        await work(desk, record, Loses("ann"), TEA)
    assert desk.shelf.log == []
    assert (await desk.runs.get("run")).verdict is None


async def test_cancelled_while_it_asks_the_run_is_put_back_and_asks_no_more(desk: Desk):
    slow, record = Says(no, after_s=60), await desk.open()
    working = asyncio.ensure_future(work(desk, record, slow, TEA))
    while not slow.asked:  # noqa: ASYNC110 -- nobody tells
        await asyncio.sleep(0.005)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert (await desk.runs.get("run")).verdict is Verdict.ROLLED_BACK
    assert await desk.approvals.waiting() == ()
