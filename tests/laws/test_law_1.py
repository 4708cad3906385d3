"""Law 1: a check ends a run, never the model's word, and never the plan's success."""

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from langgraph.runtime import Runtime

from prunella.domain.goal import Goal
from prunella.domain.plan import Answer, Proposal, Unsure
from prunella.domain.report import Report
from prunella.domain.run import Verdict
from prunella.healing import planning
from prunella.healing.context import Context
from prunella.healing.judging import judge
from prunella.healing.state import Change, State
from tests.laws.shop_floor import Floor, plan, setting
from tests.laws.trial import Draw, Mutant, Trial, kills, prove

PLANS = st.lists(st.builds(setting, st.sampled_from(["tea", "milk"]), st.integers(3, 8)), min_size=1, max_size=3).map(
    lambda steps: plan(*steps)
)
WORDS = st.sampled_from([Answer(text="All is well now."), Unsure(why="no idea")])
PROPOSALS: st.SearchStrategy[Proposal] = st.one_of(PLANS, PLANS, WORDS)


async def only_a_check_says_achieved(draw: Draw, mutant: Mutant) -> None:
    floor, tea = Floor(), draw(st.integers(3, 8))
    check = floor.costs(tea=tea)
    goal = Goal("Tea.", check=draw(st.sampled_from([check, None])))
    trial = Trial(floor, floor.tools(), goal, tuple(draw(st.lists(PROPOSALS, max_size=4))), mutant)
    found = dict(floor.prices)
    record = await trial.live(*draw(st.lists(st.integers(1, 20), max_size=1)))
    if goal.check is None:
        assert record.verdict is Verdict.UNVERIFIED
        return
    green = check().is_green
    good = {Verdict.ACHIEVED, Verdict.NOTHING_TO_DO}
    assert (record.verdict in good) is green
    assert record.verdict is not Verdict.NOTHING_TO_DO or floor.prices == found


async def judge_by_the_plan(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 1: every call said ok, so all must be well."""
    if all(observation.ok for observation in state.observations) and state.observations:
        return {"next": "commit"}
    return await judge(state, runtime)


async def judge_by_the_first_look(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 1: what was green once counts, whatever it is now."""
    wanted = replace(runtime.context, goal=replace(runtime.context.goal, check=Report))
    return {"next": "commit"} if state.report.failing else await judge(state, replace(runtime, context=wanted))


async def plan_by_the_models_word(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 1: the model says that it is done."""
    trusting = replace(runtime.context, goal=replace(runtime.context.goal, check=None))
    return await planning.plan(state, replace(runtime, context=trusting))


def test_only_a_check_says_achieved() -> None:
    prove(only_a_check_says_achieved)


@pytest.mark.parametrize(
    "mutant",
    [
        Mutant("judges by the plan", nodes={"judge": judge_by_the_plan}),
        Mutant("judges without a look", nodes={"judge": judge_by_the_first_look}),
        Mutant("believes the model", nodes={"plan": plan_by_the_models_word}),
    ],
    ids=lambda mutant: mutant.name,
)
def test_law_1_kills(mutant: Mutant) -> None:
    kills(only_a_check_says_achieved, mutant)
