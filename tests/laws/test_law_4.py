"""Law 4: the whole plan is vetted before its first write."""

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from langgraph.runtime import Runtime

from prunella.domain.goal import Goal
from prunella.domain.plan import Plan, Step
from prunella.domain.ruling import Permission, Ruling
from prunella.domain.run import Limits
from prunella.domain.service import PolicySpec
from prunella.healing.context import Context
from prunella.healing.state import Change, State
from prunella.healing.vetting import vet
from tests.laws.shop_floor import Floor, plan, setting
from tests.laws.trial import Draw, Mutant, Trial, kills, prove

GOOD = st.builds(setting, st.sampled_from(["tea", "milk"]), st.integers(4, 9))
BAD = st.sampled_from(
    [
        Step(tool="burn_shelf"),
        Step(tool="set_price", arguments={"name": "tea"}),
        Step(tool="set_price", arguments={"name": "tea", "price": "dear"}),
        setting("locked", 5),
        Step(tool="set_price_of_the_rich", arguments={"name": "tea", "price": 5}),
    ]
)
MOST_STEPS = 6


def is_bad(step: Step) -> bool:
    return (
        step.tool != "set_price"
        or step.arguments.get("name") == "locked"
        or type(step.arguments.get("price")) is not int
    )


async def nothing_of_a_bad_plan_is_done(draw: Draw, mutant: Mutant) -> None:
    floor = Floor(unwritable=frozenset({"locked"}))
    steps = draw(st.one_of(st.lists(GOOD, min_size=1, max_size=9), st.lists(st.one_of(GOOD, GOOD, BAD), min_size=1)))
    policy = PolicySpec(deny=draw(st.sampled_from([(), ("set_price",)])))
    limits = Limits(steps=MOST_STEPS)
    goal = Goal("Tea.", check=floor.costs(tea=77))
    trial = Trial(floor, floor.tools(), goal, (plan(*steps),), mutant, policy=policy, limits=limits)
    await trial.live()
    refused = any(map(is_bad, steps)) or len(steps) > MOST_STEPS or bool(policy.deny)
    assert not (refused and floor.log)
    assert refused or floor.log


def _only(state: State, *steps: Step) -> State:
    return replace(state, plan=Plan(cause=state.planned.cause, steps=steps))


async def vet_the_first_step(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 4: the rest is looked at when its turn comes."""
    change = await vet(_only(state, state.planned.steps[0]), runtime)
    return change | {"plan": state.plan} if change.get("next") == "approve" else change


async def vet_all_but_the_first_step(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 4: the first step is done before the plan is looked at."""
    await runtime.context.tools.call(state.planned.steps[0])
    return await vet(state, runtime)


async def vet_names_only(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 4: the tools are known, so let them run."""
    change = await vet(state, runtime)
    if change.get("next") == "approve" or any(step.tool != "set_price" for step in state.planned.steps):
        return change
    allowed = Ruling(permission=Permission.ALLOW, reason="its name is known")
    rulings = (allowed,) * len(state.planned.steps)
    return {"next": "approve", "rulings": rulings, "survey": dict(await runtime.context.world.survey())}


async def vet_without_limits(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 4: limits count later."""
    endless = replace(runtime.context, limits=Limits(steps=1000))
    return await vet(state, replace(runtime, context=endless))


def test_nothing_of_a_bad_plan_is_done() -> None:
    prove(nothing_of_a_bad_plan_is_done)


@pytest.mark.parametrize(
    "mutant",
    [
        Mutant("vets the first step", nodes={"vet": vet_the_first_step}),
        Mutant("acts before vetting", nodes={"vet": vet_all_but_the_first_step}),
        Mutant("vets names only", nodes={"vet": vet_names_only}),
        Mutant("vets without limits", nodes={"vet": vet_without_limits}),
    ],
    ids=lambda mutant: mutant.name,
)
def test_law_4_kills(mutant: Mutant) -> None:
    kills(nothing_of_a_bad_plan_is_done, mutant)
