"""Law 7: everything has a limit, kept across restarts; an undo is never cut short by one."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import strategies as st
from langgraph.runtime import Runtime

from prunella.domain.goal import Goal
from prunella.domain.ruling import Autonomy
from prunella.domain.run import Limits, Spent, Verdict
from prunella.domain.service import PolicySpec
from prunella.healing import planning, vetting
from prunella.healing.context import Context
from prunella.healing.state import Change, State
from prunella.healing.undoing import undo
from prunella.policy.rules import Rules
from tests.laws.shop_floor import NAMES, Floor, plan, setting
from tests.laws.trial import Draw, Mutant, Trial, kills, prove

LIMITS = st.builds(
    Limits,
    attempts=st.integers(1, 4),
    plans=st.integers(1, 6),
    steps=st.integers(1, 8),
    seconds=st.sampled_from([2.0, 5.0, 1000.0]),
)
MOST_IN_A_LOOK_S = 8.0
"""How long the work between two looks at the clock may take: a plan is judged within its deadline."""


async def no_limit_is_exceeded(draw: Draw, mutant: Mutant) -> None:
    floor, limits, an_hour = Floor(), draw(LIMITS), draw(st.sampled_from([3, 1000]))
    sizes = draw(st.lists(st.integers(1, 3), min_size=6, max_size=12))
    plans = [plan(*(setting(name, 10 + number) for name in NAMES[:size])) for number, size in enumerate(sizes)]
    goal = Goal("Tea.", check=floor.costs(tea=77))
    trial = Trial(floor, floor.tools(), goal, tuple(plans), mutant, limits=limits, changes_per_hour=an_hour)
    found, begun, deaths = dict(floor.prices), trial.clock.now(), draw(st.lists(st.integers(1, 30), max_size=4))
    record = await trial.live(*deaths)
    tried = {entry.plan for entry in await trial.entries()}
    assert len(tried) <= limits.attempts
    assert trial.brain.made <= limits.plans
    assert len(floor.log) <= min(limits.steps, an_hour)
    assert trial.clock.now() - begun <= limits.seconds + MOST_IN_A_LOOK_S * (1 + len(deaths))
    assert floor.prices == found
    assert record.verdict is Verdict.ESCALATED


async def forget_after_a_restart(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 7: a new process, a new budget."""
    if runtime.context.token != 1:
        state = replace(state, spent=Spent())
    return await planning.plan(state, runtime)


async def never_tick(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 7: plans and time are not counted."""
    change = await planning.plan(state, runtime)
    return change | {"spent": state.spent}


async def undo_within_limits(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 7: an undo counts as steps, and ends with them."""
    left = runtime.context.limits.steps - state.spent.steps
    entries = [e for e in await runtime.context.journal.entries(state.run) if e.may_have_applied]
    return await undo(replace(state, kept=max([e.number for e in entries], default=0) - left), runtime)


async def rate_without_history(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 7: changes per hour are not limited."""
    rules = Rules(PolicySpec(max_changes_per_hour=1000), Autonomy.AUTO, Path("/fleet.toml"))
    endless = replace(runtime.context, policy=rules)
    return await vetting.vet(state, replace(runtime, context=endless))


def test_no_limit_is_exceeded() -> None:
    prove(no_limit_is_exceeded)


@pytest.mark.parametrize(
    "mutant",
    [
        Mutant("forgets after a restart", nodes={"plan": forget_after_a_restart}),
        Mutant("never counts", nodes={"plan": never_tick}),
        Mutant("limits its undo", nodes={"undo": undo_within_limits}),
        Mutant("does not count the hour", nodes={"vet": rate_without_history}),
    ],
    ids=lambda mutant: mutant.name,
)
def test_law_7_kills(mutant: Mutant) -> None:
    kills(no_limit_is_exceeded, mutant)
