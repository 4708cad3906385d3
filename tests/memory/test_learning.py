from prunella.domain.plan import Step
from prunella.memory.learning import at_once, holds_secret, identified, lesson_behind, lesson_of
from prunella.redaction.redactor import Redactor
from tests.memory.samples import TROUBLE, lesson, plan, restart, step


def test_plans_that_were_kept_become_the_steps_of_one():
    steps = [step("A"), restart(), step("B"), restart(), step("A", "9")]
    assert at_once(steps) == (step("B"), restart(), step("A", "9"))


def test_a_lesson_holds_all_that_was_kept():
    first, second = plan(step("A"), restart(), cause="One."), plan(step("B"), restart(), cause="Two.")
    found = lesson_of(TROUBLE, [first, second], by="small", run="r7", now=5.0)
    assert found is not None
    assert found.steps == (step("A"), step("B"), restart())
    assert (found.cause, found.by, found.run, found.used) == ("One. Two.", "small", "r7", 5.0)
    assert lesson_of(TROUBLE, [], by="small", run="r7", now=5.0) is None


def test_a_plan_that_follows_a_lesson_proves_that_lesson():
    known = identified(lesson("r1", 0.0, step("A"), step("B"), restart(), cause="As then."))
    partial = plan(step("B"), restart(), follows=known.id)
    found = lesson_of(TROUBLE, [partial], by="reflex", run="r2", now=9.0, known=[known])
    assert found is not None
    assert (found.id, found.steps, found.cause) == (known.id, known.steps, "As then.")
    assert (found.run, found.used) == ("r2", 9.0)


def test_the_same_steps_are_the_same_lesson_whatever_is_said_about_them():
    known = identified(lesson())
    reworded = tuple(each.model_copy(update={"why": "because"}) for each in known.steps)
    assert identified(lesson("r9", 5.0, *reworded, cause="Other words.")).id == known.id
    assert lesson_behind(plan(*reworded), [known]) == known
    assert lesson_behind(plan(step("Z")), [known]) is None
    others = [
        identified(lesson("r1", 0.0, step("PORT", "1"), restart())).id,
        identified(lesson("r1", 0.0, restart(), step())).id,
        identified(lesson(trouble=TROUBLE.model_copy(update={"fingerprint": "f"}))).id,
        identified(lesson(trouble=TROUBLE.model_copy(update={"fleet": "f"}))).id,
    ]
    assert len({known.id, *others}) == 5
    assert identified(lesson(trouble=TROUBLE.model_copy(update={"shape": "s"}))).id == known.id


def test_a_secret_in_a_step_is_seen():
    redacts = Redactor(["open sesame"])
    assert holds_secret([step("DB_PASSWORD", "hunter2hunter")], redacts)
    assert holds_secret([step("GREETING", "say open sesame")], redacts)
    assert not holds_secret([step("DB_PASSWORD", "secret:DB_PASSWORD"), step(), restart()], redacts)
    assert not holds_secret([Step(tool="x", arguments={"n": 3, "yes": True, "list": ["a"]})], redacts)


def test_a_file_of_the_fleet_is_the_same_however_it_is_written():
    short = step().model_copy(update={"arguments": {**step().arguments, "file": "stock.env"}})
    assert identified(lesson("r1", 0.0, short)).id == identified(lesson("r1", 0.0, step())).id
