"""Law 2: written down before done. Law 3: not achieved means as found. Whenever it dies."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import strategies as st
from langgraph.runtime import Runtime

from prunella.domain.evidence import Observation
from prunella.domain.goal import Goal
from prunella.domain.journal import Entry, Outcome
from prunella.domain.plan import Plan, Step
from prunella.domain.run import Verdict
from prunella.domain.tool import Prepared
from prunella.healing.acting import act
from prunella.healing.context import Context
from prunella.healing.state import Change, State
from prunella.healing.undoing import undo
from prunella.protocols import Journal
from tests.laws.shop_floor import NAMES, Floor, plan, setting
from tests.laws.trial import Draw, Mutant, Trial, kills, prove

STEPS = st.builds(setting, st.sampled_from([*NAMES, "new"]), st.integers(4, 9))
PLANS = st.lists(STEPS, min_size=1, max_size=4).map(lambda steps: plan(*steps))
FAILURES = st.dictionaries(st.integers(4, 9), st.sampled_from(["ahead", "behind"]), max_size=2)
DEATHS = st.lists(st.integers(1, 40), max_size=3)
TWO_RED = {"tea": 8, "milk": 9}


def troubled_trial(draw: Draw, mutant: Mutant) -> tuple[Floor, Trial]:
    """A run with progress, failures and wrong plans; sometimes it can succeed."""
    floor = Floor(fails=draw(FAILURES))
    plans: Sequence[Plan] = draw(st.lists(PLANS, min_size=1, max_size=4, unique_by=lambda each: each.key))
    check = floor.costs(**draw(st.sampled_from([TWO_RED, {"tea": 77, "milk": 9}])))
    return floor, Trial(floor, floor.tools(), Goal("Two prices.", check=check), tuple(plans), mutant)


async def applied_is_written_down(draw: Draw, mutant: Mutant) -> None:
    floor, trial = troubled_trial(draw, mutant)

    async def look() -> None:
        written = Counter(entry.step.key for entry in await trial.entries())
        done = Counter(floor.log)
        assert {key: count for key, count in done.items() if count > written[key]} == {}

    await trial.live(*draw(DEATHS), after_each=look)
    await look()


async def not_achieved_is_as_found(draw: Draw, mutant: Mutant) -> None:
    floor, trial = troubled_trial(draw, mutant)
    found = dict(floor.prices)
    record = await trial.live(*draw(DEATHS))
    if record.verdict is Verdict.ACHIEVED:
        expected = found | {
            str(entry.step.arguments["name"]): entry.step.arguments["price"]
            for entry in await trial.entries() if entry.outcome is Outcome.APPLIED
        }  # fmt: skip
        assert floor.prices == expected
    else:
        assert record.verdict in {Verdict.ESCALATED, Verdict.NOTHING_TO_DO}
        assert floor.prices == found


async def act_then_write(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 2: the effect first, the journal after it."""
    context, step = runtime.context, state.planned.steps[state.cursor]
    if await context.journal.entries(state.run) and state.entry and context.token != 1:
        return await act(state, runtime)
    observation = await context.tools.call(step)
    entry = await context.journal.intend(state.run, context.token, state.planned, step, Prepared())
    await context.journal.settle(entry, context.token, Outcome.APPLIED, observation)
    return await act(replace(state, entry=entry.number), runtime) | {"entry": entry.number}


async def write_nothing(state: State, runtime: Runtime[Context]) -> Change:
    del state, runtime
    return {"next": "act"}


async def act_blindly(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 3: a step in doubt is run again without a look at the world."""
    entry = next(e for e in await runtime.context.journal.entries(state.run) if e.number == state.entry)
    if entry.outcome is Outcome.INTENDED and entry.token != runtime.context.token:
        await runtime.context.tools.call(entry.step)
    return await act(state, runtime)


@dataclass(frozen=True)
class LazyJournal(Journal):
    """Breaks law 2: an intent stays in memory until its outcome is known, so that a death loses it."""

    inner: Journal
    waiting: list[Entry] = field(default_factory=list[Entry])

    async def intend(self, run: str, token: int, plan: Plan, step: Step, prepared: Prepared) -> Entry:
        number = len(await self.inner.entries(run)) + 1
        entry = Entry(
            run=run, number=number, token=token, plan=plan.key, step=step, prepared=prepared,
            outcome=Outcome.INTENDED, at=0.0,
        )  # fmt: skip
        self.waiting[:] = [entry]
        return entry

    async def settle(self, entry: Entry, token: int, outcome: Outcome, observation: Observation | None) -> Entry:
        if self.waiting:
            late = self.waiting.pop()
            only = Plan(cause="", steps=(late.step,))
            await self.inner.intend(late.run, token, only, late.step, late.prepared)
        return await self.inner.settle(entry, token, outcome, observation)

    async def entries(self, run: str) -> tuple[Entry, ...]:
        return (*await self.inner.entries(run), *self.waiting)

    async def changes_since(self, fleet: str, since: float) -> int:
        return await self.inner.changes_since(fleet, since)


async def undo_oldest_first(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 3: the oldest value is written first, and a newer one over it."""
    for entry in await runtime.context.journal.entries(state.run):
        if entry.may_have_applied and entry.number > state.kept:
            await _undo_one(entry, runtime.context)
    return await undo(state, runtime)


async def undo_successes_only(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 3: a call that failed may have taken effect all the same."""
    for entry in await runtime.context.journal.entries(state.run):
        if entry.outcome in {Outcome.FAILED, Outcome.INTENDED}:
            await runtime.context.journal.settle(entry, runtime.context.token, Outcome.UNDONE, None)
    return await undo(state, runtime)


async def undo_last_plan_only(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 3: what progress kept stays when the goal is given up."""
    entries = await runtime.context.journal.entries(state.run)
    newest = [e.number for e in entries if e.plan == entries[-1].plan] if entries else [1]
    return await undo(replace(state, kept=min(newest) - 1), runtime)


async def undo_only_whole_lives(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 3: what an earlier process did is forgotten."""
    for entry in await runtime.context.journal.entries(state.run):
        if entry.token != runtime.context.token and entry.may_have_applied:
            await runtime.context.journal.settle(entry, runtime.context.token, Outcome.UNDONE, None)
    return await undo(state, runtime)


async def _undo_one(entry: Entry, context: Context) -> None:
    tool = context.tools.find(entry.step)
    assert not isinstance(tool, Observation)
    await tool.undo(entry.prepared.before)
    await context.journal.settle(entry, context.token, Outcome.UNDONE, None)


def test_what_was_applied_is_written_down() -> None:
    prove(applied_is_written_down)


def test_what_was_not_achieved_is_as_found() -> None:
    prove(not_achieved_is_as_found)


@pytest.mark.parametrize(
    "mutant",
    [
        Mutant("journals after acting", nodes={"intend": write_nothing, "act": act_then_write}),
        Mutant("runs a step in doubt again", nodes={"act": act_blindly}),
        Mutant("writes lazily", journal=LazyJournal),
    ],
    ids=lambda mutant: mutant.name,
)
def test_law_2_kills(mutant: Mutant) -> None:
    kills(applied_is_written_down, mutant)


@pytest.mark.parametrize(
    "mutant",
    [
        Mutant("undoes the oldest first", nodes={"undo": undo_oldest_first}),
        Mutant("undoes successes only", nodes={"undo": undo_successes_only}),
        Mutant("undoes the last plan only", nodes={"undo": undo_last_plan_only}),
        Mutant("forgets its earlier life", nodes={"undo": undo_only_whole_lives}),
    ],
    ids=lambda mutant: mutant.name,
)
def test_law_3_kills(mutant: Mutant) -> None:
    kills(not_achieved_is_as_found, mutant)
