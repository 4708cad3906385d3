"""Where the plain repair waits for somebody's leave: a wild guess that needs none is no better, so it is not made."""

from collections.abc import Iterable

from prunella.brains.reflex.candidate import Candidate
from prunella.brains.reflex.case import Case

_AS_GOOD = 0.75
_ASKS = "would have to be asked"


def worth_instead(case: Case, found: Iterable[Candidate]) -> float:
    """The least score of what may be done instead of the best repair that was put aside for a question; else 0."""
    aside = {
        each.plan
        for each in case.brief.rejections
        if each.ground == case.brief.ground and any(_ASKS in reason for reason in each.reasons)
    }
    return _AS_GOOD * max((c.score for c in found if c.plan.key in aside), default=0.0)
