"""Paused, a run stands still within a second, with nothing cut in two; resumed, it goes on as if nothing had been."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple
from langgraph.runtime import Runtime

from prunella.agents.approvers import Always
from prunella.domain.brief import Brief
from prunella.domain.journal import Outcome
from prunella.domain.pause import Pause
from prunella.domain.plan import Plan, Proposal, Unsure
from prunella.domain.ruling import ApprovalRequest, Decision
from prunella.domain.run import Limits, RunRecord, Verdict
from prunella.errors import Paused
from prunella.healing.approving import approve
from prunella.healing.context import Context
from prunella.healing.graph import build_loop
from prunella.healing.state import Change, State
from prunella.protocols import Tool
from prunella.storage.pause import PauseFile
from prunella.storage.saver import OneTripSaver
from prunella.testing.clock import FakeClock
from prunella.testing.journal import JournalLaw, MemoryJournal, journal_suite, sample_intent
from prunella.testing.runs import MemoryRuns, sample_record
from prunella.tools.tool import tool
from prunella.tools.toolbox import Tools
from prunella.wiring.brains import FunctionBrain
from prunella.workers.pausing import GatedJournal, Hand
from tests.healing.shelf import setting
from tests.workers.desk import Desk

TWO = Plan(cause="two wrong prices", steps=(*setting("milk", 7).steps, *setting("tea", 5).steps))
SOON_S = 1.0


@pytest.fixture
def switch(tmp_path: Path) -> PauseFile:
    return PauseFile(tmp_path)


def stop(switch: PauseFile) -> None:
    switch.stop(Pause(by="ann", at=time.time(), reason="moving"))


async def until(is_so: Callable[[], bool], seconds: float = 10.0) -> float:
    """How long it took, in seconds."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, "it did not come about in time"
        await asyncio.sleep(0.005)
    return time.monotonic() - began


def told(desk: Desk, words: str) -> Callable[[], bool]:
    return lambda: any(words in line for line in desk.told)


@dataclass
class Thinker:
    """A brain that thinks for a minute the first time, and knows at once after that."""

    plan: Plan
    thoughts: list[str] = field(default_factory=list[str])

    async def think(self, brief: Brief) -> Proposal:
        del brief
        self.thoughts.append("begun")
        try:
            await asyncio.sleep(60 if len(self.thoughts) == 1 else 0)
        except asyncio.CancelledError:
            self.thoughts.append("cancelled")
            raise
        return self.plan

    def brain(self) -> FunctionBrain:
        return FunctionBrain(self.think)


async def test_a_brain_that_thinks_for_long_is_stopped_within_a_second(desk: Desk, switch: PauseFile):
    thinker, record = Thinker(setting("tea", 5)), await desk.open()
    context = replace(desk.context(record), brain=thinker.brain())
    work = asyncio.ensure_future(desk.worker(switch=switch).work(record, context))
    await until(lambda: bool(thinker.thoughts))
    stop(switch)
    assert await until(lambda: "cancelled" in thinker.thoughts) < SOON_S
    await until(told(desk, "pause pause: All agents are paused by ann (moving)"))
    await asyncio.sleep(0.6)
    assert (thinker.thoughts, desk.shelf.log, work.done()) == (["begun", "cancelled"], [], False)
    switch.resume()
    assert (await work).verdict is Verdict.ACHIEVED
    assert (thinker.thoughts, desk.shelf.log) == (["begun", "cancelled", "begun"], ["set tea 5"])
    assert told(desk, "Resumed")()


def slow_prices(
    desk: Desk, seconds: float, *, acting: Callable[[str], Awaitable[None]] | None = None, undoing: float = 0.0
) -> Tools:
    """Prices that take their time; `log` tells beginnings and ends. `acting` happens between the two."""
    shelf = desk.shelf

    async def set_price(name: str, price: int) -> str:
        """Set the price of one thing on the shelf.

        Args:
            name: what stands on the shelf
            price: the new price in cents
        """
        shelf.log.append(f"begin {name}")
        await (acting(name) if acting else asyncio.sleep(seconds))
        shelf.prices[name] = price
        shelf.log.append(f"end {name}")
        return "done"

    def before(name: str, price: int) -> dict[str, int | str]:
        del price
        return {"name": name, "price": shelf.prices[name]}

    async def undo(before: dict[str, int | str]) -> None:
        shelf.log.append(f"undo {before['name']}")
        await asyncio.sleep(undoing)
        shelf.prices[str(before["name"])] = int(before["price"])
        shelf.log.append(f"undone {before['name']}")

    made = tool(risk="change", before=before, undo=undo)(set_price)
    return Tools(cast("list[Tool]", [made]))


async def working(desk: Desk, switch: PauseFile, tools: Tools, *plans: Plan) -> "asyncio.Task[RunRecord]":
    record = await desk.open()
    context = replace(desk.context(record, *plans), tools=tools)
    return asyncio.create_task(desk.worker(switch=switch).work(record, context))


async def test_what_is_in_hand_comes_to_rest_and_nothing_follows(desk: Desk, switch: PauseFile):
    work = await working(desk, switch, slow_prices(desk, 0.7), TWO)
    await until(lambda: desk.shelf.log == ["begin milk"])
    stop(switch)
    await until(told(desk, "paused by ann"))
    await asyncio.sleep(0.5)
    assert desk.shelf.log == ["begin milk", "end milk"]
    assert await desk.outcomes() == [Outcome.APPLIED]
    switch.resume()
    assert (await work).verdict is Verdict.ACHIEVED
    assert desk.shelf.log == ["begin milk", "end milk", "begin tea", "end tea"], "once each"
    assert await desk.outcomes() == [Outcome.APPLIED, Outcome.APPLIED]


async def test_no_step_follows_even_where_nobody_had_the_time_to_look(desk: Desk, switch: PauseFile):
    """The pause comes in the last instant of a step: the gate is in front of the very next one."""

    async def pausing(name: str) -> None:
        if name == "milk":
            stop(switch)

    work = await working(desk, switch, slow_prices(desk, 0.0, acting=pausing), TWO)
    await until(told(desk, "paused by ann"))
    assert desk.shelf.log == ["begin milk", "end milk"]
    assert await desk.outcomes() == [Outcome.APPLIED]
    switch.resume()
    assert (await work).verdict is Verdict.ACHIEVED
    assert desk.shelf.log[2:] == ["begin tea", "end tea"]


async def test_an_undo_is_not_cut_in_two(desk: Desk, switch: PauseFile):
    """Both prices go back, one after the other, although the pause comes during the first."""
    wrong = Plan(cause="a guess", steps=(*setting("milk", 7).steps, *setting("tea", 4).steps))

    async def think(brief: Brief) -> Proposal:
        await asyncio.sleep(0.6 if brief.attempts else 0)
        return Unsure(why="no idea") if brief.attempts else wrong

    context = replace(
        desk.context(record := await desk.open()), tools=slow_prices(desk, 0.0, undoing=0.5), brain=FunctionBrain(think)
    )
    work = asyncio.create_task(desk.worker(switch=switch).work(record, context))
    await until(lambda: "undo tea" in desk.shelf.log)
    stop(switch)
    await until(told(desk, "paused by ann"))
    assert desk.shelf.log[-4:] == ["undo tea", "undone tea", "undo milk", "undone milk"]
    assert await desk.outcomes() == [Outcome.UNDONE, Outcome.UNDONE]
    switch.resume()
    assert (await work).verdict is Verdict.ESCALATED
    assert desk.shelf.log.count("undo tea") == 1
    assert desk.shelf.prices == {"tea": 3, "milk": 2}


async def test_ctrl_c_puts_back_while_all_is_paused(desk: Desk, switch: PauseFile):
    work = await working(desk, switch, slow_prices(desk, 0.3), TWO)
    await until(lambda: desk.shelf.log == ["begin milk"])
    stop(switch)
    await until(told(desk, "paused by ann"))
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert desk.shelf.prices == {"tea": 3, "milk": 2}
    assert (await desk.runs.get("run")).verdict is Verdict.ROLLED_BACK
    assert switch.pause() is not None


async def test_a_run_can_be_withdrawn_while_all_is_paused(desk: Desk, switch: PauseFile):
    record = await desk.open()
    await desk.worker(switch=switch).work(record, desk.context(record, setting("tea", 5)))
    stop(switch)
    seized = await desk.runs.seize("run")
    ended = await desk.worker(switch=switch).withdraw(seized, desk.context(seized), "Undone.")
    assert (ended.verdict, desk.shelf.log) == (Verdict.ROLLED_BACK, ["set tea 5", "undo tea"])


async def test_paused_from_the_start_it_does_not_even_look(desk: Desk, switch: PauseFile):
    looked = list[float]()
    record = await desk.open()

    def check() -> bool:
        looked.append(time.monotonic())
        return desk.shelf.prices["tea"] == 5

    context = desk.context(record, setting("tea", 5))
    context = replace(context, goal=replace(context.goal, check=check))
    stop(switch)
    work = asyncio.ensure_future(desk.worker(switch=switch).work(record, context))
    used = time.process_time()
    await asyncio.sleep(1.0)
    assert time.process_time() - used < 0.15, "it waits without cost"
    assert looked == []
    switch.resume()
    assert (await work).verdict is Verdict.ACHIEVED


async def test_whoever_answered_before_the_pause_is_not_asked_again(desk: Desk, switch: PauseFile):
    asked = list[str]()

    class Pausing(Always):
        async def decide(self, request: ApprovalRequest) -> Decision:
            asked.append(request.id)
            stop(switch)
            return await super().decide(request)

    record = await desk.open()
    context = desk.context(record, setting("tea", 5), ask=True)
    work = asyncio.ensure_future(desk.worker(Pausing("ann"), switch).work(record, context))
    await until(told(desk, "paused by ann"))
    await asyncio.sleep(0.3)
    assert desk.shelf.log == []
    switch.resume()
    assert (await work).verdict is Verdict.ACHIEVED
    assert (len(asked), desk.shelf.log) == (1, ["set tea 5"])


async def test_an_answer_on_its_way_into_the_loop_is_not_asked_for_again(desk: Desk, switch: PauseFile):
    """The pause comes while the loop takes the answer in, before that is saved."""
    asked, taking = list[str](), asyncio.Event()

    class Ann(Always):
        async def decide(self, request: ApprovalRequest) -> Decision:
            asked.append(request.id)
            return await super().decide(request)

    async def slowly(state: State, runtime: Runtime[Context]) -> Change:
        change = await approve(state, runtime)
        if not taking.is_set():
            taking.set()
            await asyncio.sleep(60)
        return change

    record = await desk.open()
    worker = replace(desk.worker(Ann("ann"), switch), loop=build_loop(desk.saver, approve=slowly))
    work = asyncio.ensure_future(worker.work(record, desk.context(record, setting("tea", 5), ask=True)))
    await taking.wait()
    stop(switch)
    await until(told(desk, "paused by ann"))
    switch.resume()
    assert (await work).verdict is Verdict.ACHIEVED
    assert (len(asked), desk.shelf.log) == (1, ["set tea 5"])


async def test_an_answer_that_did_not_reach_the_loop_is_kept_for_it(desk: Desk, switch: PauseFile):
    """The pause comes between the answer and the loop."""
    asked, answered, reading = list[str](), asyncio.Event(), asyncio.Event()

    class Ann(Always):
        async def decide(self, request: ApprovalRequest) -> Decision:
            asked.append(request.id)
            answered.set()
            return await super().decide(request)

    class Slow(OneTripSaver):
        async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
            if answered.is_set() and not reading.is_set():
                reading.set()
                await asyncio.sleep(60)
            return await super().aget_tuple(config)

    record, saver = await desk.open(), Slow(desk.saver.conn, serde=desk.saver.serde)
    worker = replace(desk.worker(Ann("ann"), switch), loop=build_loop(saver))
    work = asyncio.ensure_future(worker.work(record, desk.context(record, setting("tea", 5), ask=True)))
    await reading.wait()
    stop(switch)
    await until(told(desk, "paused by ann"))
    switch.resume()
    assert (await work).verdict is Verdict.ACHIEVED
    assert (len(asked), desk.shelf.log) == (1, ["set tea 5"])


async def test_the_time_of_a_pause_is_not_the_runs(desk: Desk, switch: PauseFile):
    thinker, record = Thinker(setting("tea", 5)), await desk.open()
    context = replace(desk.context(record), brain=thinker.brain(), limits=Limits(seconds=1.0), since=time.time())
    work = asyncio.ensure_future(desk.worker(switch=switch).work(record, context))
    await until(lambda: bool(thinker.thoughts))
    stop(switch)
    await until(told(desk, "paused by ann"))
    await asyncio.sleep(1.2)
    switch.resume()
    assert (await work).verdict is Verdict.ACHIEVED


async def test_paused_again_and_again_it_does_everything_once(desk: Desk, switch: PauseFile):
    """The pause comes at every moment that a schedule of five milliseconds can hit."""
    work = await working(desk, switch, slow_prices(desk, 0.02), TWO)
    for turn in range(6):
        await asyncio.sleep(0.005 * turn)
        stop(switch)
        await asyncio.sleep(0.3)
        switch.resume()
        await asyncio.sleep(0.27)
    assert (await work).verdict is Verdict.ACHIEVED
    assert [line for line in desk.shelf.log if line.startswith("begin")] == ["begin milk", "begin tea"]
    assert await desk.outcomes() == [Outcome.APPLIED, Outcome.APPLIED]


async def test_without_a_switch_nothing_stops_a_run(desk: Desk, switch: PauseFile):
    stop(switch)
    record = await desk.open()
    ended = await desk.worker().work(record, desk.context(record, setting("tea", 5)))
    assert ended.verdict is Verdict.ACHIEVED


@pytest.mark.parametrize("law", journal_suite, ids=lambda law: law.__name__.strip("_"))
async def test_a_gate_that_is_open_is_a_journal(law: JournalLaw, switch: PauseFile):
    runs, clock = MemoryRuns(), FakeClock()
    await law(runs, GatedJournal(MemoryJournal(runs, clock), switch, Hand()), clock)


async def test_a_gate_that_is_shut_lets_undo_through_and_nothing_else(switch: PauseFile):
    runs, clock = MemoryRuns(), FakeClock()
    inner, hand = MemoryJournal(runs, clock), Hand()
    gate, record = GatedJournal(inner, switch, hand), await runs.open(sample_record("a"))
    entry = await sample_intent(gate, record)
    stop(switch)
    with pytest.raises(Paused, match=r"paused by ann \(moving\)"):
        await sample_intent(gate, record)
    assert await gate.entries("a") == (entry,)
    await gate.settle(entry, record.token, Outcome.UNDOING, None)
    assert hand.is_full
    await gate.settle(entry, record.token, Outcome.UNDONE, None)
    assert not hand.is_full
