"""What a run may still spend."""

from prunella.domain.run import Limits, Spent
from prunella.errors import Exhausted
from prunella.healing.context import Context
from prunella.healing.state import State


def tick(state: State, context: Context) -> Spent:
    """What was spent until now; the time that nobody worked on the run does not count."""
    last = max(state.ticked, context.since)
    seconds = state.spent.seconds + max(0.0, context.clock.now() - last)
    return state.spent.model_copy(update={"seconds": seconds})


def exhausted(spent: Spent, limits: Limits) -> Exhausted | None:
    """The first limit that ended, or None."""
    for unit in ("attempts", "plans", "steps", "seconds", "tokens"):
        limit, used = getattr(limits, unit), getattr(spent, unit)
        if used >= limit:
            return Exhausted(limit, used, unit)
    return None
