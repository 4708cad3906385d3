"""Climbing: on doubt, on a model that is down, and down again for another trouble."""

import pytest

from prunella.brains.ladder import Ladder
from prunella.domain.brief import Brief
from prunella.domain.evidence import Evidence, EvidenceKind
from prunella.domain.plan import LookUp, Plan, Step, Unsure
from prunella.domain.report import Reach, Reading, Report
from prunella.domain.run import Attempt
from prunella.errors import Misuse, Transient
from prunella.testing.models import ScriptedBrain

PLAN = Plan(cause="c", steps=(Step(tool="t"),))
LOOK = LookUp(steps=(Step(tool="look"),))
LOOKED = Evidence(kind=EvidenceKind.LOOKUP, source="look", text="seen")


def brief(detail: str = "refused", *, tried: bool = False, looked: bool = False) -> Brief:
    return Brief(
        goal="heal",
        report=Report(readings=(Reading(probe="p", reach=Reach.NOBODY, detail=detail),)),
        attempts=(Attempt(plan=PLAN, came_of_it="no help"),) if tried else (),
        evidence=(LOOKED,) if looked else (),
    )


def test_its_name_is_the_way_up():
    assert Ladder([ScriptedBrain(name="reflex"), ScriptedBrain(name="openai:gpt-5")]).name == "reflex → openai:gpt-5"


def test_a_ladder_without_rungs_is_refused():
    with pytest.raises(Misuse, match="at least one rung"):
        Ladder([])


async def test_the_lowest_rung_that_knows_answers_and_no_other_is_asked():
    low, high = ScriptedBrain(PLAN, name="low"), ScriptedBrain(PLAN, name="high")
    ladder = Ladder([low, high])
    assert ladder.rung == ""
    assert await ladder.propose(brief()) == PLAN
    assert ladder.rung == "low"
    assert not high.briefs


async def test_a_doubt_climbs_and_says_who_answered():
    ladder = Ladder([ScriptedBrain(Unsure(why="?"), name="low"), ScriptedBrain(PLAN, name="high")])
    assert await ladder.propose(brief()) == PLAN
    assert ladder.rung == "high"


async def test_a_model_that_is_down_is_climbed_over():
    ladder = Ladder([ScriptedBrain(Transient("down"), name="low"), ScriptedBrain(PLAN, name="high")])
    assert await ladder.propose(brief()) == PLAN


async def test_at_the_top_all_reasons_are_told():
    ladder = Ladder([ScriptedBrain(Transient("down"), name="low"), ScriptedBrain(Unsure(why="no log"), name="high")])
    assert await ladder.propose(brief()) == Unsure(why="low: down\nhigh: no log")


async def test_other_errors_are_not_swallowed():
    ladder = Ladder([ScriptedBrain(Misuse("bad"), name="low"), ScriptedBrain(PLAN)])
    with pytest.raises(Misuse):
        await ladder.propose(brief())


async def test_the_rung_that_answered_goes_on_with_the_same_trouble():
    low, high = ScriptedBrain(Unsure(why="?"), PLAN, name="low"), ScriptedBrain(LOOK, PLAN, PLAN, name="high")
    ladder = Ladder([low, high])
    assert await ladder.propose(brief()) == LOOK
    assert await ladder.propose(brief(looked=True)) == PLAN
    assert await ladder.propose(brief(looked=True, tried=True)) == PLAN
    assert (len(low.briefs), len(high.briefs)) == (1, 3)


@pytest.mark.parametrize("then", [brief("another error", tried=True), brief()])
async def test_another_trouble_or_a_new_run_starts_at_the_bottom(then: Brief):
    low, high = ScriptedBrain(Unsure(why="?"), PLAN, name="low"), ScriptedBrain(LOOK, name="high")
    ladder = Ladder([low, high])
    await ladder.propose(brief())
    assert await ladder.propose(then) == PLAN
    assert ladder.rung == "low"


async def test_tokens_are_those_of_all_rungs():
    ladder = Ladder([ScriptedBrain(Unsure(why="?"), tokens_each=3), ScriptedBrain(PLAN, tokens_each=40)])
    await ladder.propose(brief())
    assert ladder.tokens == 43
