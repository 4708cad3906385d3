"""One plans, another makes the calls: who is asked what, and how often."""

import json
from collections.abc import Sequence

import pytest

from prunella.brains.roles.delegating import Delegating
from prunella.domain.brief import Brief, Rejection
from prunella.domain.evidence import Evidence, EvidenceKind
from prunella.domain.plan import Answer, ClimbReason, LookUp, Plan, Proposal, Step, Unsure
from prunella.domain.report import Reach, Reading, Report
from prunella.domain.run import Limits, Spent
from prunella.domain.tool import Risk, ToolSpec
from prunella.errors import Transient
from prunella.testing.models import ScriptedBrain

READ = ToolSpec(name="price.read", description="Read a price.", risk=Risk.READ, parameters={}, returns={})
SET = ToolSpec(
    name="price.set", description="Set a price.", risk=Risk.CHANGE, returns={},
    parameters={"type": "object", "properties": {"name": {}, "value": {}}},
)  # fmt: skip
REPORT = Report(readings=(Reading(probe="p", reach=Reach.WRONG, detail="tea is 3"),))
BRIEF = Brief(goal="Tea costs 5.", report=REPORT, tools=(READ, SET), wants_words=False)
OUTLINE = {"cause": "wrong price", "because": ["the list"], "tasks": ["Set tea to 5.", "Set milk to 2."]}
LOOK = LookUp(steps=(Step(tool="price.read"),))


def call(name: str, value: int) -> Plan:
    return Plan(cause="-", steps=(Step(tool="price.set", arguments={"name": name, "value": value}),))


def answer(outline: object = OUTLINE) -> Answer:
    return Answer(text=f"Here it is:\n```json\n{json.dumps(outline)}\n```")


def both(
    planner: Sequence[Proposal | Exception], actor: Sequence[Proposal | Exception]
) -> tuple[Delegating, ScriptedBrain, ScriptedBrain]:
    large, small = ScriptedBrain(*planner, name="large"), ScriptedBrain(*actor, name="small", tokens_each=1)
    return Delegating(large, small), large, small


async def test_the_tasks_of_one_become_the_calls_of_the_other_in_one_plan():
    pair, planner, actor = both([answer()], [call("tea", 5), call("milk", 2)])
    plan = await pair.propose(BRIEF)
    assert isinstance(plan, Plan)
    assert (plan.cause, plan.because) == ("wrong price", ("the list",))
    assert [step.arguments["name"] for step in plan.steps] == ["tea", "milk"]
    assert [brief.tools for brief in planner.briefs] == [(READ,)]
    assert "price.set(name, value): Set a price." in planner.briefs[0].goal
    assert [brief.goal.partition("\n")[0] for brief in actor.briefs] == ["Set tea to 5.", "Set milk to 2."]
    assert "price.set tea 5" in actor.briefs[1].goal
    assert (pair.name, pair.usage.calls) == ("large", 3)


async def test_a_rejected_call_goes_back_to_the_actor_once_before_the_planner_is_asked_again():
    pair, planner, actor = both([answer()] * 2, [call("tea", 5), call("milk", 2)] * 3)
    await pair.propose(BRIEF)
    rejected = BRIEF.model_copy(update={"rejections": (Rejection(plan="x", steps="", reasons=("no such name",)),)})
    await pair.propose(rejected)
    assert (len(planner.briefs), actor.briefs[2].rejections) == (1, rejected.rejections)
    await pair.propose(rejected)
    assert len(planner.briefs) == 2


async def test_another_trouble_needs_another_outline():
    pair, planner, _ = both([answer()] * 2, [call("tea", 5), call("milk", 2)] * 2)
    await pair.propose(BRIEF)
    await pair.propose(BRIEF.model_copy(update={"ground": 2}))
    assert len(planner.briefs) == 2


@pytest.mark.parametrize("lost", [Unsure(why="?"), Transient("down"), answer()])
async def test_where_the_actor_is_at_a_loss_the_planner_makes_the_calls(lost: Proposal | Exception):
    pair, planner, _ = both([answer(), call("tea", 5)], [call("tea", 5), lost])
    assert await pair.propose(BRIEF) == call("tea", 5)
    assert planner.briefs[1] == BRIEF


async def test_a_look_up_of_either_is_made_first_and_the_outline_is_kept():
    pair, planner, actor = both([LOOK, answer()], [LOOK, call("tea", 5), call("milk", 2)])
    assert await pair.propose(BRIEF) == LOOK
    assert await pair.propose(BRIEF) == LOOK
    seen = Evidence(kind=EvidenceKind.LOOKUP, source="price.read", text="3")
    looked = BRIEF.model_copy(update={"evidence": (seen,), "looked": (LOOK.steps[0].key,)})
    assert isinstance(await pair.propose(looked), Plan)
    assert (len(planner.briefs), len(actor.briefs)) == (2, 3)


@pytest.mark.parametrize("said", [Answer(text="Set it."), answer({"tasks": []})])
async def test_an_outline_that_is_none_is_asked_for_as_calls(said: Answer):
    pair, _, actor = both([said, call("tea", 5)], [])
    assert await pair.propose(BRIEF) == call("tea", 5)
    assert not actor.briefs


async def test_a_doubt_of_the_planner_is_the_answer():
    assert await both([Unsure(why="no idea")], [])[0].propose(BRIEF) == Unsure(why="no idea")


async def test_a_planner_that_is_away_is_away():
    with pytest.raises(Transient):
        await both([Transient("down")], [])[0].propose(BRIEF)


async def test_a_goal_that_wants_words_is_the_planners_alone():
    pair, planner, actor = both([Answer(text="42")], [])
    wanted = BRIEF.model_copy(update={"wants_words": True})
    assert await pair.propose(wanted) == Answer(text="42")
    assert (planner.briefs, actor.briefs) == ([wanted], [])


async def test_the_planner_may_answer_in_words_although_the_goal_wants_none():
    pair, planner, _ = both([answer()], [call("tea", 5), call("milk", 2)])
    await pair.propose(BRIEF)
    assert planner.briefs[0].wants_words


async def test_when_the_runs_money_is_out_no_further_task_is_paid_for():
    planner = ScriptedBrain(answer(), name="large", tokens_each=100)
    actor = ScriptedBrain(call("tea", 5), call("milk", 2), name="small", tokens_each=100)
    poor = BRIEF.model_copy(update={"limits": Limits(tokens=190), "spent": Spent(tokens=90)})
    proposal = await Delegating(planner, actor).propose(poor)
    assert isinstance(proposal, Unsure)
    assert (proposal.reason, len(actor.briefs)) == (ClimbReason.LIMIT, 1)
