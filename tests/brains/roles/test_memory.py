"""What a judge sets aside and what a scribe shortens; never what must not be lost."""

import json

import pytest

from prunella.brains.roles.asking import Borrowed
from prunella.brains.roles.sifting import WORTH_SIFTING_CHARS, Sifting
from prunella.brains.roles.summarising import Summarising
from prunella.domain.brief import Brief
from prunella.domain.evidence import Evidence, EvidenceKind, Observation
from prunella.domain.plan import Answer, Plan, Proposal, Step, Unsure
from prunella.domain.report import Report
from prunella.domain.run import Attempt
from prunella.errors import Transient
from prunella.testing.models import ScriptedBrain

USELESS = [Unsure(why="?"), Transient("down"), Answer(text="all of them"), Answer(text='{"relevant": "yes"}')]


def piece(source: str, *, error: bool = False, kind: EvidenceKind = EvidenceKind.LOG) -> Evidence:
    text = f"{source} " + "word " * (WORTH_SIFTING_CHARS // 10)
    return Evidence(kind=kind, source=source, text=text, is_error=error)


PIECES = (piece("a"), piece("b", error=True), piece("c"), piece("d", kind=EvidenceKind.LOOKUP))


def seen_by(brain: ScriptedBrain) -> list[str]:
    return [each.source for each in brain.briefs[-1].evidence]


def sifting(*said: Proposal | Exception) -> tuple[Sifting, ScriptedBrain, ScriptedBrain]:
    brain, judge = ScriptedBrain(), ScriptedBrain(*said, tokens_each=1)
    return Sifting(brain, judge), brain, judge


async def test_what_the_judge_leaves_out_is_left_out_but_no_error_and_no_look_up():
    sifted, brain, judge = sifting(Answer(text='{"relevant": [2]}'))
    await sifted.propose(Brief(goal="g", report=Report(), evidence=PIECES))
    assert seen_by(brain) == ["b", "c", "d"]
    assert [each.source for each in judge.briefs[0].evidence] == ["piece 1: a", "piece 2: c"]
    assert sifted.usage.tokens == 1


async def test_each_piece_is_judged_once():
    sifted, brain, judge = sifting(Answer(text='{"relevant": []}'), Answer(text='{"relevant": [1]}'))
    await sifted.propose(Brief(goal="g", report=Report(), evidence=PIECES))
    await sifted.propose(Brief(goal="g", report=Report(), evidence=PIECES))
    assert len(judge.briefs) == 1
    await sifted.propose(Brief(goal="g", report=Report(), evidence=(*PIECES, piece("new"))))
    assert seen_by(brain) == ["b", "d", "new"]
    assert [each.source for each in judge.briefs[1].evidence] == ["piece 1: new"]


@pytest.mark.parametrize("said", USELESS)
async def test_a_judge_of_no_use_sets_nothing_aside(said: Proposal | Exception):
    sifted, brain, _ = sifting(said)
    await sifted.propose(Brief(goal="g", report=Report(), evidence=PIECES))
    assert seen_by(brain) == ["a", "b", "c", "d"]


async def test_little_evidence_is_not_worth_a_call():
    sifted, brain, judge = sifting()
    await sifted.propose(Brief(goal="g", report=Report(), evidence=PIECES[:1]))
    assert (seen_by(brain), judge.briefs) == (["a"], [])


def attempt(number: int) -> Attempt:
    failed = Observation(tool="set", arguments={}, ok=False, error="E", message=f"error {number}")
    plan = Plan(cause=f"cause {number}", steps=(Step(tool="set", arguments={"value": number}),))
    return Attempt(plan=plan, came_of_it=f"outcome {number}", observations=(failed,))


TOLD = Answer(text=json.dumps({"summary": "Two values did not help."}))
LONG = Brief(goal="g", report=Report(), attempts=tuple(attempt(n) for n in range(4)))


def summarising(*said: Proposal | Exception) -> tuple[Summarising, ScriptedBrain, ScriptedBrain]:
    brain, scribe = ScriptedBrain(), ScriptedBrain(*said)
    return Summarising(brain, scribe), brain, scribe


async def test_older_attempts_are_told_in_short_and_the_newest_whole():
    short, brain, scribe = summarising(TOLD)
    await short.propose(LONG)
    told = brain.briefs[0]
    assert told.summary == "Two values did not help."
    assert told.attempts[-2:] == LONG.attempts[-2:]
    assert [each.observations for each in told.attempts[:2]] == [(), ()]
    assert told.tried == LONG.tried
    shown = [each.text for each in scribe.briefs[0].evidence]
    assert [text.partition(" →")[0] for text in shown] == ["cause 0", "cause 1"]
    assert "error 0" in shown[0]


async def test_the_same_attempts_are_summarised_once():
    short, _, scribe = summarising(TOLD, TOLD)
    await short.propose(LONG)
    await short.propose(LONG)
    assert len(scribe.briefs) == 1


@pytest.mark.parametrize("said", USELESS)
async def test_without_a_usable_summary_nothing_is_lost(said: Proposal | Exception):
    short, brain, _ = summarising(said)
    await short.propose(LONG)
    assert brain.briefs == [LONG]


async def test_few_attempts_are_told_as_they_are():
    short, brain, scribe = summarising(TOLD)
    few = LONG.model_copy(update={"attempts": LONG.attempts[:3]})
    await short.propose(few)
    assert (brain.briefs, scribe.briefs) == ([few], [])


async def test_what_the_judge_was_not_shown_stays():
    many = tuple(piece(f"log {number:02}") for number in range(20))
    sifted, brain, judge = sifting(Answer(text='{"relevant": []}'))
    await sifted.propose(Brief(goal="g", report=Report(), evidence=many))
    assert len(judge.briefs[0].evidence) == 12
    assert seen_by(brain) == [each.source for each in many[12:]]


async def test_a_helper_that_several_share_is_paid_once():
    shared = ScriptedBrain(Answer(text="1"), Answer(text="2"), Answer(text="3"), tokens_each=10)
    one, other = Borrowed(shared), Borrowed(shared)
    for each in (one, other, one):
        await each.propose(Brief(goal="g", report=Report()))
    assert (one.usage.tokens, other.usage.tokens, shared.usage.tokens) == (20, 10, 30)
