"""Climbing: for which reasons, to where, and down again for another trouble. All of it follows from the brief."""

from typing import Any

import pytest

from prunella.brains.ladder import Ladder, Rung
from prunella.domain.brief import Brief, Rejection
from prunella.domain.evidence import Observation
from prunella.domain.plan import Answer, ClimbReason, LookUp, Plan, Proposal, Step, Unsure
from prunella.domain.report import Reach, Reading, Report
from prunella.domain.run import Attempt, EventKind, Limits
from prunella.errors import Misuse, Transient
from prunella.testing.models import ScriptedBrain

LOOK = LookUp(steps=(Step(tool="look"),))


def plan(number: int, by: str = "") -> Plan:
    return Plan(cause="c", steps=(Step(tool="set", arguments={"value": number}),), by=by)


def attempt(number: int, by: str = "low", *, error: str = "", symptom: str = "red", stage: int = 0) -> Attempt:
    failed = Observation(tool="set", arguments={}, ok=False, error="E", message=error)
    observations = (failed,) if error else ()
    return Attempt(plan=plan(number, by), came_of_it="no", observations=observations, symptom=symptom, stage=stage)


def brief(*attempts: Attempt, detail: str = "refused", **more: Any) -> Brief:
    report = Report(readings=(Reading(probe="p", reach=Reach.NOBODY, detail=detail),))
    return Brief(goal="heal", report=report, attempts=attempts).model_copy(update=more)


def ladder(low: Proposal | Exception, high: Proposal | Exception) -> tuple[Ladder, ScriptedBrain, ScriptedBrain]:
    brains = ScriptedBrain(*[low] * 9, name="low"), ScriptedBrain(*[high] * 9, name="high")
    return Ladder(brains), *brains


def reasons(proposal: Proposal) -> list[ClimbReason]:
    return [climb.why for climb in proposal.climbed]


def test_its_name_is_the_way_up():
    assert Ladder([ScriptedBrain(name="reflex"), ScriptedBrain(name="openai:gpt-5")]).name == "reflex → openai:gpt-5"


@pytest.mark.parametrize("rungs", [[], [ScriptedBrain(name="same"), ScriptedBrain(name="same")]])
def test_a_ladder_needs_rungs_that_can_be_told_apart(rungs: list[ScriptedBrain]):
    with pytest.raises(Misuse):
        Ladder(rungs)


async def test_the_lowest_rung_that_knows_answers_and_no_other_is_asked():
    both, _, high = ladder(plan(1), plan(2))
    proposal = await both.propose(brief())
    assert (proposal, proposal.climbed) == (plan(1, by="low"), ())
    assert not high.briefs


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Unsure(why="?"), ClimbReason.DOUBT),
        (Unsure(why="not JSON", reason=ClimbReason.MALFORMED), ClimbReason.MALFORMED),
        (Transient("down"), ClimbReason.UNAVAILABLE),
    ],
)
async def test_what_a_rung_says_of_itself_is_a_reason(said: Proposal | Exception, why: ClimbReason):
    proposal = await ladder(said, plan(2))[0].propose(brief())
    assert proposal.by == "high"
    assert [(c.rung, c.to, c.why) for c in proposal.climbed] == [("low", "high", why)]


@pytest.mark.parametrize(
    ("tried", "why"),
    [
        ((attempt(1, error="no such file"), attempt(2, error="no such file")), ClimbReason.SAME_ERROR),
        ((attempt(1), attempt(2)), ClimbReason.SAME_WORLD),
        (tuple(attempt(n, symptom=str(n)) for n in range(3)), ClimbReason.LIMIT),
    ],
)
async def test_what_came_of_its_plans_is_a_reason_and_it_is_not_asked(tried: tuple[Attempt, ...], why: ClimbReason):
    both, low, _ = ladder(plan(8), plan(9))
    proposal = await both.propose(brief(*tried, limits=Limits(attempts=3)))
    assert (proposal.by, reasons(proposal), low.briefs) == ("high", [why], [])


@pytest.mark.parametrize(
    "tried",
    [
        (attempt(1, error="no such file"), attempt(2, error="permission denied")),
        (attempt(1, symptom="red"), attempt(2, symptom="another red")),
        (attempt(1, error="no such file"), attempt(2)),
        (attempt(1), attempt(2, by="high")),
        (attempt(1, stage=1), attempt(2)),
    ],
)
async def test_attempts_that_ended_otherwise_are_none(tried: tuple[Attempt, ...]):
    assert (await ladder(plan(8), plan(9))[0].propose(brief(*tried))).by == "low"


async def test_one_that_persists_is_left_only_when_its_attempts_are_spent():
    low, high = ScriptedBrain(plan(8), name="low"), ScriptedBrain(plan(9), name="high")
    both = Ladder([Rung(low, persists=True), high])
    assert (await both.propose(brief(attempt(1), attempt(2)))).by == "low"
    assert (await both.propose(brief(attempt(1), attempt(2), limits=Limits(attempts=2)))).by == "high"


async def test_wrong_answers_are_attempts():
    wrong = tuple(Rejection(plan=f"a{n}", steps="", reasons=("no",), by="low", answered=0) for n in range(2))
    proposal = await ladder(Answer(text="42"), Answer(text="43"))[0].propose(
        brief(rejections=wrong, limits=Limits(attempts=2))
    )
    assert (proposal.by, reasons(proposal)) == ("high", [ClimbReason.LIMIT])


@pytest.mark.parametrize(
    ("again", "more", "why"),
    [
        (plan(1), {"attempts": (attempt(1),)}, ClimbReason.SAME_CALL),
        (LOOK, {"looked": (LOOK.steps[0].key,)}, ClimbReason.SAME_CALL),
        (plan(1), {"kept": (plan(1), plan(2))}, ClimbReason.PING_PONG),
    ],
)
async def test_going_in_circles_is_a_reason(again: Proposal, more: dict[str, Any], why: ClimbReason):
    proposal = await ladder(again, plan(9))[0].propose(brief(**more))
    assert (proposal.by, reasons(proposal)) == ("high", [why])


async def test_on_the_last_rung_only_its_own_word_and_its_limit_wake_a_human():
    both, _, _ = ladder(Unsure(why="?"), plan(3))
    stuck = (attempt(1, by="high"), attempt(2, by="high"))
    assert (await both.propose(brief(*stuck))).by == "high"
    ended = await both.propose(brief(*stuck, limits=Limits(attempts=2)))
    assert isinstance(ended, Unsure)
    assert [(c.to, c.why) for c in ended.climbed] == [("high", ClimbReason.DOUBT), ("", ClimbReason.LIMIT)]


async def test_at_the_top_all_reasons_are_told():
    ended = await ladder(Transient("down"), Unsure(why="no log"))[0].propose(brief())
    assert isinstance(ended, Unsure)
    assert ended.why == "low: down\nhigh: no log"


async def test_other_errors_are_not_swallowed():
    with pytest.raises(Misuse):
        await ladder(Misuse("bad"), plan(1))[0].propose(brief())


async def test_the_rung_that_answered_goes_on_with_the_same_trouble_also_after_a_restart():
    first = await ladder(Unsure(why="?"), LOOK)[0].propose(brief())
    restarted, low, _ = ladder(plan(1), plan(2))
    assert (await restarted.propose(brief(climbs=first.climbed))).by == "high"
    assert not low.briefs


async def test_another_trouble_starts_at_the_bottom():
    first = await ladder(Unsure(why="?"), LOOK)[0].propose(brief())
    assert (await ladder(plan(1), plan(2))[0].propose(brief(detail="403", climbs=first.climbed))).by == "low"


async def test_a_rung_sees_the_attempts_that_it_has_left_itself():
    both, _, high = ladder(Unsure(why="?"), plan(9))
    tried = tuple(attempt(n, symptom=str(n)) for n in range(3))
    await both.propose(brief(*tried, attempt(7, by="high")))
    assert high.briefs[0].spent.attempts == 1


async def test_climbs_are_told_as_they_happen():
    told: list[tuple[EventKind, str]] = []
    rungs = [ScriptedBrain(Unsure(why="no log"), name="low"), ScriptedBrain(plan(1), name="high")]
    await Ladder(rungs, lambda kind, _, text, **data: told.append((kind, text))).propose(brief())
    assert told == [(EventKind.CLIMB, "low → high (doubt): no log")]


async def test_usage_is_that_of_all_rungs():
    both = Ladder([ScriptedBrain(Unsure(why="?"), name="a", tokens_each=3), ScriptedBrain(plan(1), tokens_each=40)])
    await both.propose(brief())
    assert (both.usage.tokens, both.usage.calls) == (43, 2)


async def test_a_rung_that_answers_in_words_again_is_left():
    refused = Rejection(plan="words", steps="words", reasons=("no words",))
    both, _, _ = ladder(Answer(text="it is fine"), plan(2))
    proposal = await both.propose(brief(rejections=(refused,), wants_words=False))
    assert (proposal.by, reasons(proposal)) == ("high", [ClimbReason.MALFORMED])
    assert (await both.propose(brief(wants_words=False))).by == "low"


async def test_the_next_rung_is_not_paid_with_money_that_is_gone():
    low, high = ScriptedBrain(Unsure(why="?"), name="low", tokens_each=100), ScriptedBrain(plan(1), name="high")
    ended = await Ladder([low, high]).propose(brief(limits=Limits(tokens=100)))
    assert isinstance(ended, Unsure)
    assert (ended.reason, high.briefs) == (ClimbReason.LIMIT, [])
