"""What a run takes from earlier runs, and leaves for later ones."""

import hashlib

from prunella.domain.evidence import Findings
from prunella.domain.lesson import Lesson, Trouble
from prunella.domain.plan import Plan
from prunella.domain.run import EventKind, Verdict
from prunella.healing.context import DAY_S, Context
from prunella.healing.state import Change, State
from prunella.protocols import Lessons

LASTS_DAYS = 90


async def recall(findings: Findings, state: State, context: Context) -> Change:
    """What healed this before, or something like it. A lesson whose trouble is back so soon did not last."""
    if context.lessons is None:
        return {}
    trouble = await context.world.trouble(state.report, findings.evidence)
    if state.trouble is None:
        await _doubt(await context.lessons.find(trouble), trouble, context.lessons, context)
    return {"trouble": state.trouble or trouble, "lessons": await context.lessons.find(trouble)}


async def _doubt(found: tuple[Lesson, ...], trouble: Trouble, book: Lessons, context: Context) -> None:
    now = context.clock.now()
    for lesson in found:
        if lesson.trouble.fingerprint == trouble.fingerprint and now - lesson.used < context.relapse_s:
            await _relapse(lesson.id, f"its trouble is back after {now - lesson.used:.0f} s", book, context)


async def give_back(plan: Plan, came_of_it: str, context: Context) -> None:
    """A lesson that was followed and did not help is trusted less."""
    if context.lessons is not None and plan.lesson:
        await _relapse(plan.lesson, came_of_it, context.lessons, context)


async def keep(state: State, context: Context) -> None:
    """What healed, for the next time; only of runs whose checks say so."""
    plans = (*state.kept_plans, *([state.plan] if state.plan else []))
    if context.lessons is None or state.trouble is None or state.verdict is not Verdict.ACHIEVED or not plans:
        return
    now = context.clock.now()
    steps = tuple(step for plan in plans for step in plan.steps)
    lesson = Lesson(
        id=_id_of(state.trouble, plans),
        trouble=state.trouble,
        cause=state.summary,
        steps=steps,
        by=plans[-1].by or context.brain.name,
        run=state.run,
        learned=now,
        used=now,
        expires=now + LASTS_DAYS * DAY_S,
    )
    kept = await context.lessons.learn(lesson)
    context.emit(EventKind.LESSON, "learn", f"{kept.standing}: {kept.cause}", **kept.model_dump(mode="json"))


async def _relapse(lesson: str, why: str, book: Lessons, context: Context) -> None:
    await book.relapse(lesson)
    context.emit(EventKind.LESSON, "learn", f"Lesson {lesson} is trusted less: {why}", lesson=lesson)


def _id_of(trouble: Trouble, plans: tuple[Plan, ...]) -> str:
    """The same for the same repair of the same trouble."""
    text = "\n".join([trouble.fleet, trouble.fingerprint, *(plan.key for plan in plans)])
    return "le-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
