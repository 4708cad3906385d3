"""From a run's record to its verdict, whatever gets in the way; on real databases."""

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from prunella.agents.approvers import Always
from prunella.cancelling import to_the_end
from prunella.clock import SystemClock
from prunella.domain.evidence import Observation
from prunella.domain.journal import Entry, Outcome
from prunella.domain.plan import Plan, Step, Unsure
from prunella.domain.ruling import ApprovalRequest, Decision
from prunella.domain.run import EventKind, RunRecord, Verdict
from prunella.errors import Irrecoverable, Lost
from prunella.healing.context import Context
from prunella.healing.state import State
from prunella.protocols import Tool
from prunella.storage.journal import SqliteJournal
from prunella.tools.tool import tool
from prunella.tools.toolbox import Tools
from prunella.workers.advance import advance
from tests.healing.shelf import setting
from tests.workers.desk import Desk, opened

TWO = Plan(cause="two wrong prices", steps=(*setting("milk", 7).steps, *setting("tea", 5).steps))


async def test_a_run_is_worked_to_its_verdict_and_closed(desk: Desk) -> None:
    record = await desk.open()
    ended = await desk.worker().work(record, desk.context(record, setting("tea", 5)))
    assert (ended.verdict, ended.cause, ended.summary) == (Verdict.ACHIEVED, "a wrong price", "a wrong price")
    assert ended.ended is not None
    assert (await desk.runs.get("run")).verdict is Verdict.ACHIEVED
    assert [line for line in desk.told if line.startswith("verdict")] == ["verdict end: achieved: a wrong price"]
    await desk.runs.open(RunRecord(id="next", goal="g", services=("shelf",), started=2.0))


async def test_what_failed_has_no_cause(desk: Desk) -> None:
    record = await desk.open()
    ended = await desk.worker().work(record, desk.context(record, Unsure(why="no idea")))
    assert (ended.verdict, ended.cause) == (Verdict.ESCALATED, "")


async def cancelled(desk: Desk, record: RunRecord, context: Context, *, times: int = 1) -> None:
    """Work, and be cancelled as soon as milk was touched."""
    work = asyncio.ensure_future(desk.worker().work(record, context))
    while not desk.shelf.log:  # noqa: ASYNC110 -- the shelf sends no event
        await asyncio.sleep(0.001)
    for _ in range(times):
        work.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await work


@pytest.mark.parametrize("times", [1, 3])
async def test_cancelled_it_puts_everything_back_before_that_goes_on(desk: Desk, times: int) -> None:
    record = await desk.open()
    await cancelled(desk, record, desk.context(record, TWO), times=times)
    assert desk.shelf.prices == {"tea": 3, "milk": 2}
    assert set(await desk.outcomes()) == {Outcome.UNDONE}
    closed = await desk.runs.get("run")
    assert closed.verdict is Verdict.ROLLED_BACK
    assert "the operator" in closed.summary
    await asyncio.sleep(0.05)
    assert desk.shelf.prices == {"tea": 3, "milk": 2}, "nothing acts any more"


async def test_cancelled_it_waits_for_the_effect_that_is_on_its_way(desk: Desk) -> None:
    """An undo beside it would be overtaken."""

    async def land(name: str, price: int) -> None:
        desk.shelf.log.append(f"begin {name}")
        await asyncio.sleep(0.2)
        desk.shelf.prices[name] = price

    async def set_price(name: str, price: int) -> str:
        """Set the price of one thing on the shelf.

        Args:
            name: what stands on the shelf
            price: the new price in cents
        """
        await to_the_end(land(name, price))
        return "done"

    def undo(before: dict[str, int | str]) -> None:
        desk.shelf.prices["milk"] = 2

    slow = tool(risk="change", undo=undo)(set_price)
    record = await desk.open()
    await cancelled(desk, record, replace(desk.context(record, TWO), tools=Tools(cast("list[Tool]", [slow]))))
    await asyncio.sleep(0.3)
    assert (desk.shelf.log, desk.shelf.prices) == (["begin milk"], {"tea": 3, "milk": 2})


async def test_cancelled_while_it_asks_it_ends(desk: Desk) -> None:
    asking = asyncio.Event()

    class Ponders:
        async def decide(self, request: ApprovalRequest) -> Decision:
            asking.set()
            await asyncio.sleep(60)
            raise AssertionError("it was cancelled")

    record = await desk.open()
    work = asyncio.ensure_future(desk.worker(Ponders()).work(record, desk.context(record, TWO, ask=True)))
    await asking.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert (await desk.runs.get("run")).verdict is Verdict.ROLLED_BACK
    assert desk.shelf.log == []


async def test_an_error_that_nobody_foresaw_puts_everything_back_and_goes_on(desk: Desk) -> None:
    judged = list[str]()

    def spoil(kind: EventKind, node: str, text: str, /, **data: object) -> None:
        if kind is EventKind.JUDGED and not judged:
            judged.append(text)
            raise ZeroDivisionError("the terminal is gone")

    record = await desk.open()
    context = replace(desk.context(record, setting("milk", 7)), emit=spoil)
    with pytest.raises(ZeroDivisionError, match="the terminal is gone"):
        await desk.worker().work(record, context)
    assert desk.shelf.log == ["set milk 7", "undo milk"]
    closed = await desk.runs.get("run")
    assert (closed.verdict, "ZeroDivisionError: the terminal is gone" in closed.summary) == (Verdict.ROLLED_BACK, True)


async def test_an_undo_that_fails_freezes_the_run(desk: Desk) -> None:
    async def set_price(name: str, price: int) -> str:
        """Set the price of one thing on the shelf.

        Args:
            name: what stands on the shelf
            price: the new price in cents
        """
        desk.shelf.log.append(f"set {name}")
        desk.shelf.prices[name] = price
        return "done"

    def undo(before: object) -> None:
        raise Irrecoverable("the label printer is on fire")

    burning = tool(risk="change", undo=undo)(set_price)
    record = await desk.open()
    context = replace(desk.context(record, TWO), tools=Tools(cast("list[Tool]", [burning])))
    await cancelled(desk, record, context)
    closed = await desk.runs.get("run")
    assert (closed.verdict, closed.summary) == (Verdict.FROZEN, "the label printer is on fire")
    assert Outcome.UNDO_FAILED in await desk.outcomes()


async def test_a_lost_lease_touches_nothing_more(desk: Desk) -> None:
    """Another process took the run over while milk was touched: what is to be done is its business."""
    record = await desk.open()
    taken = list[RunRecord]()

    class Seizes(SqliteJournal):
        async def settle(self, entry: Entry, token: int, outcome: Outcome, observation: Observation | None) -> Entry:
            if not taken:
                taken.append(await desk.runs.seize("run"))
            return await super().settle(entry, token, outcome, observation)

    context = replace(desk.context(record, TWO), journal=Seizes(desk.connection, SystemClock()))
    with pytest.raises(Lost):
        await desk.worker().work(record, context)
    assert desk.shelf.log == ["set milk 7"]
    assert await desk.outcomes() == [Outcome.INTENDED]
    assert (await desk.runs.get("run")).verdict is None
    after = await desk.worker().work(taken[0], desk.context(taken[0], TWO))
    assert after.verdict is Verdict.ACHIEVED
    assert desk.shelf.log == ["set milk 7", "set tea 5"], "what took effect is not done twice"


@dataclass
class Says:
    """Answers with what it was made to say, or raises it; `asked` are the plans."""

    answer: Decision | Exception
    asked: list[str] = field(default_factory=list[str])

    async def decide(self, request: ApprovalRequest) -> Decision:
        self.asked.append(request.plan.key)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def said(plan: Plan, *, approved: bool, final: bool = False) -> Decision:
    return Decision(approved=approved, plan=plan.key, by="ann", reason="I say so", final=final)


async def test_an_approver_that_breaks_is_asked_once_and_has_said_no(desk: Desk) -> None:
    record, approver = await desk.open(), Says(ConnectionError("the chat is down"))
    context = desk.context(record, setting("tea", 5), setting("tea", 6), ask=True)
    ended = await desk.worker(approver).work(record, context)
    assert (ended.verdict, desk.shelf.log, len(approver.asked)) == (Verdict.ESCALATED, [], 1)
    assert "asking failed: the chat is down" in ended.summary


async def test_a_final_no_wants_no_other_plan(desk: Desk) -> None:
    record, approver = await desk.open(), Says(said(setting("milk", 7), approved=False, final=True))
    context = desk.context(record, setting("milk", 7), setting("tea", 5), ask=True)
    ended = await desk.worker(approver).work(record, context)
    assert (ended.verdict, len(approver.asked), desk.shelf.log) == (Verdict.ESCALATED, 1, [])
    assert "Not approved by ann: I say so" in ended.summary


async def test_a_no_that_is_not_final_may_be_followed_by_another_plan(desk: Desk) -> None:
    record, approver = await desk.open(), Says(said(setting("milk", 7), approved=False))
    context = desk.context(record, setting("milk", 7), setting("tea", 5), ask=True)
    await desk.worker(approver).work(record, context)
    assert approver.asked == [setting("milk", 7).key, setting("tea", 5).key]


async def test_a_yes_to_another_plan_is_no_yes(desk: Desk) -> None:
    record, approver = await desk.open(), Says(said(setting("milk", 7), approved=True))
    ended = await desk.worker(approver).work(record, desk.context(record, setting("tea", 5), ask=True))
    assert (ended.verdict, desk.shelf.log) == (Verdict.ESCALATED, [])


async def test_a_yes_is_good_for_its_plan(desk: Desk) -> None:
    record = await desk.open()
    ended = await desk.worker(Always("ann")).work(record, desk.context(record, setting("tea", 5), ask=True))
    assert (ended.verdict, desk.shelf.log) == (Verdict.ACHIEVED, ["set tea 5"])


async def test_a_finished_run_has_its_verdict_however_often_it_is_asked(desk: Desk) -> None:
    """The process died between the graph's end and the closing of the book."""
    record = await desk.open()
    context = desk.context(record, setting("tea", 5))
    states = [await advance(desk.loop, "run", context) for _ in range(3)]
    states.append(await advance(desk.loop, "run", context, said(setting("tea", 5), approved=True)))
    assert {state.verdict for state in states if isinstance(state, State)} == {Verdict.ACHIEVED}
    assert len({str(state) for state in states}) == 1
    assert desk.shelf.log == ["set tea 5"]
    assert (await desk.runs.get("run")).verdict is None
    seized = await desk.runs.seize("run")
    ended = await desk.worker().work(seized, desk.context(seized, setting("milk", 9)))
    assert (ended.verdict, ended.summary) == (Verdict.ACHIEVED, "a wrong price")
    assert (await desk.runs.get("run")).verdict is Verdict.ACHIEVED
    assert desk.shelf.log == ["set tea 5"]


async def test_a_finished_run_that_was_given_up_stays_so(desk: Desk) -> None:
    record = await desk.open()
    await advance(desk.loop, "run", desk.context(record, Unsure(why="no idea")))
    seized = await desk.runs.seize("run")
    ended = await desk.worker().work(seized, desk.context(seized, setting("tea", 5)))
    assert (ended.verdict, desk.shelf.log) == (Verdict.ESCALATED, [])


async def test_a_question_is_asked_again_after_a_crash(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        record = await desk.open()
        first = await advance(desk.loop, "run", desk.context(record, setting("tea", 5), ask=True))
        assert isinstance(first, ApprovalRequest)
    async with opened(tmp_path) as desk:
        seized = await desk.runs.seize("run")
        context = desk.context(seized, ask=True)
        again = await advance(desk.loop, "run", context)
        assert isinstance(again, ApprovalRequest)
        assert (again.id, again.plan) == (first.id, first.plan)
        ended = await desk.worker(Always("ann")).work(seized, context)
        assert (ended.verdict, desk.shelf.log) == (Verdict.ACHIEVED, ["set tea 5"])


async def test_a_run_can_be_withdrawn_after_its_end(desk: Desk) -> None:
    record = await desk.open()
    await desk.worker().work(record, desk.context(record, setting("tea", 5)))
    seized = await desk.runs.seize("run")
    for _ in range(2):
        ended = await desk.worker().withdraw(seized, desk.context(seized), "Undone.")
        assert (ended.verdict, ended.summary, ended.cause) == (Verdict.ROLLED_BACK, "Undone.", "a wrong price")
    assert desk.shelf.log == ["set tea 5", "undo tea"]


async def test_a_step_is_a_step(desk: Desk) -> None:
    record = await desk.open()
    bad = Plan(cause="a guess", steps=(Step(tool="set_prise", arguments={}),))
    ended = await desk.worker().work(record, desk.context(record, bad, setting("tea", 5)))
    assert (ended.verdict, desk.shelf.log) == (Verdict.ACHIEVED, ["set tea 5"])
