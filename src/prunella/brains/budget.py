"""What is left of a run's money while one thought is still being paid for. Pure."""

from prunella.domain.brief import Brief
from prunella.domain.plan import ClimbReason
from prunella.domain.usage import Usage


def overspent(brief: Brief, used: Usage) -> tuple[ClimbReason, str] | None:
    """Whether the tokens or dollars of the run are used up by what was spent before this thought, and `used` on it."""
    limits, spent = brief.limits, brief.spent
    if spent.tokens + used.tokens >= limits.tokens:
        return ClimbReason.LIMIT, f"the run's {limits.tokens:,} tokens are spent"
    if spent.dollars + used.dollars >= limits.dollars:
        return ClimbReason.LIMIT, f"the run's ${limits.dollars:g} are spent"
    return None
