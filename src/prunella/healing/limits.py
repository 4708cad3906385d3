"""What a run may still spend."""

from prunella.domain.run import Limits, Spent
from prunella.errors import Exhausted
from prunella.healing.context import DAY_S, Context
from prunella.healing.state import State

_UNITS = ("plans", "steps", "seconds", "tokens", "dollars")


def tick(state: State, context: Context) -> Spent:
    """What was spent until now; the time that nobody worked on the run does not count."""
    last = max(state.ticked, context.since)
    seconds = state.spent.seconds + max(0.0, context.clock.now() - last)
    return state.spent.model_copy(update={"seconds": seconds})


def exhausted(spent: Spent, limits: Limits) -> Exhausted | None:
    """The first of the run's own limits that ended, or None."""
    for unit in _UNITS:
        limit, used = getattr(limits, unit), getattr(spent, unit)
        if used >= limit:
            return Exhausted(limit, used, unit)
    return None


def attempts_spent(state: State, by: str, limits: Limits) -> Exhausted | None:
    """Whether this rung ("" where there is no ladder) has used up its attempts at the sub-goal in hand."""
    tried = sum(each.by == by and each.stage == state.stage for each in state.attempts)
    tried += sum(each.by == by and each.answered == state.stage for each in state.rejections)
    return Exhausted(limits.attempts, tried, "attempts") if tried >= limits.attempts else None


async def note(run: str, spent: Spent, context: Context) -> None:
    """Write down what the run has spent so far, for the day's limits."""
    if context.spending is not None:
        await context.spending.note(run, spent)


async def spent_today(run: str, spent: Spent, context: Context) -> Exhausted | None:
    """The first limit that all runs of the fleet together have reached within a day, or None; writes `spent` down."""
    if context.spending is None:
        return None
    await note(run, spent, context)
    today = await context.spending.since(context.fleet, context.clock.now() - DAY_S)
    for unit in ("attempts", *_UNITS):
        limit, used = getattr(context.limits, f"{unit}_per_day"), getattr(today, unit)
        if limit is not None and used >= limit:
            return Exhausted(limit, used, f"{unit} a day")
    return None
