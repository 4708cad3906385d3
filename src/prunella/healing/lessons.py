"""What a run takes from earlier runs, and leaves for later ones. Memory never ends a heal: what fails is told."""

import hashlib
from collections.abc import Awaitable, Mapping
from typing import TypeVar

from prunella.domain.evidence import Findings
from prunella.domain.lesson import Lesson, Trouble
from prunella.domain.plan import Plan
from prunella.domain.rehearsal import Certainty
from prunella.domain.run import EventKind, Verdict
from prunella.errors import Lost
from prunella.healing.context import Context
from prunella.healing.state import Change, State
from prunella.memory.learning import lesson_of
from prunella.memory.standing import fits

T = TypeVar("T")


async def recall(findings: Findings, state: State, context: Context) -> Change:
    """What healed this before, or something like it. A lesson that did not last is trusted less from here on."""
    if context.lessons is None:
        return {}
    trouble = await _tried(context.world.trouble(state.report, findings.evidence), None, context)
    if trouble is None:
        return {}
    found = await _tried(context.lessons.find(trouble), (), context)
    if state.trouble is None and (failed := [each for each in found if _did_not_last(each, trouble, state, context)]):
        for lesson in failed:
            await _relapse(lesson.id, state, "its trouble is back, and nobody changed anything since", context)
        found = await _tried(context.lessons.find(trouble), (), context)
    return {"trouble": state.trouble or trouble, "lessons": found}


def _did_not_last(lesson: Lesson, trouble: Trouble, state: State, context: Context) -> bool:
    """The same trouble, so soon, in a world that is known to be as the lesson left it."""
    if not state.found:
        return False
    is_soon = context.clock.now() - lesson.used < context.relapse_s
    return is_soon and fits(lesson, trouble) and lesson.left == _digest(state.found)


async def give_back(plan: Plan, came_of_it: str, state: State, context: Context) -> None:
    """A lesson that was followed and did not help is trusted less."""
    if plan.lesson:
        await _relapse(plan.lesson, state, came_of_it, context)


async def keep(state: State, context: Context) -> None:
    """What healed, for the next time; only of runs whose checks say so."""
    plans = (*state.kept_plans, *([state.plan] if state.plan else []))
    if context.lessons is None or state.trouble is None or state.verdict is not Verdict.ACHIEVED:
        return
    by = plans[-1].by if plans and plans[-1].by else context.brain.name
    lesson = lesson_of(
        state.trouble, plans, by=by, run=state.run, now=context.clock.now(), known=state.lessons
    )  # fmt: skip
    if lesson is None:
        return
    left = _digest(await context.world.survey())
    shown = state.cause is not None and state.cause.certainty is Certainty.DEMONSTRATED
    lesson = lesson.model_copy(update={"left": left, "demonstrated": shown})
    kept = await _tried(context.lessons.learn(lesson), None, context)
    if kept is not None:
        text = f"Learned as a {kept.standing}: {kept.cause}"
        context.emit(EventKind.LESSON, "learn", text, **kept.model_dump(mode="json"))


async def _relapse(lesson: str, state: State, why: str, context: Context) -> None:
    if context.lessons is not None:
        await _tried(context.lessons.relapse(lesson, state.run), None, context)
        context.emit(EventKind.LESSON, "learn", f"Lesson {lesson} is trusted less: {why}", lesson=lesson)


async def _tried(asked: Awaitable[T], otherwise: T, context: Context) -> T:
    try:
        return await asked
    except Lost:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever goes wrong with it, memory never ends a heal
        context.emit(EventKind.NOTE, "learn", f"Lessons are of no use now: {type(error).__name__}: {error}")
        return otherwise


def _digest(survey: Mapping[str, str]) -> str:
    told = "\n".join(f"{name} {survey[name]}" for name in sorted(survey))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]
