"""Where the plain repair waits for somebody's leave: a wild guess that needs none is no better, so it is not made."""

from collections.abc import Callable, Iterable

from prunella.brains.reflex.candidate import Candidate
from prunella.brains.reflex.case import Case

_AS_GOOD = 0.75
_ASKS = "would have to be asked"


def worth_trying(case: Case, found: Iterable[Candidate], least: float) -> Callable[[Candidate], bool]:
    """Whether a candidate scores `least`, and nearly as much as the best that was put aside for a question.

    To go back to what was good is no guess.
    """
    aside = {
        each.plan
        for each in case.brief.rejections
        if each.ground == case.brief.ground and any(_ASKS in reason for reason in each.reasons)
    }
    instead = max(least, _AS_GOOD * max((c.score for c in found if c.plan.key in aside), default=0.0))
    return lambda candidate: candidate.score >= (least if candidate.mechanism == "known good" else instead)
