"""Typed reasons to give up on a rung: it goes in circles, or its share is spent. Pure."""

from prunella.domain.brief import WORDS, Brief
from prunella.domain.plan import Answer, ClimbReason, LookUp, Plan, Proposal, Unsure
from prunella.domain.run import Attempt

Stall = tuple[ClimbReason, str]


def attempts_of(brief: Brief, rung: str) -> tuple[Attempt, ...]:
    """What this rung tried at the sub-goal in hand, oldest first."""
    return tuple(each for each in brief.attempts if each.by == rung and each.stage == brief.stage)


def tries_of(brief: Brief, rung: str) -> int:
    """Its attempts and wrong answers at the sub-goal in hand."""
    answers = [each for each in brief.rejections if each.by == rung and each.answered == brief.stage]
    return len(attempts_of(brief, rung)) + len(answers)


def spent(brief: Brief, rung: str) -> Stall | None:
    """Its attempts at this sub-goal have run out."""
    tried, most = tries_of(brief, rung), brief.limits.attempts
    return (ClimbReason.LIMIT, f"all of its {most} attempts at this are spent") if tried >= most else None


def stuck(brief: Brief, rung: str) -> Stall | None:
    """Its last two attempts, from where the run stands now, ended alike."""
    tried = [each for each in attempts_of(brief, rung) if each.ground == brief.ground]
    if len(tried) < 2:
        return None
    earlier, last = tried[-2:]
    if last.error and last.error == earlier.error:
        return ClimbReason.SAME_ERROR, f"two plans met the same error: {_complaint(last)}"
    if not (last.error or earlier.error) and last.symptom and last.symptom == earlier.symptom:
        return ClimbReason.SAME_WORLD, "two plans were carried out, and the probes say the same as before"
    return None


def _complaint(attempt: Attempt) -> str:
    failed = next(each for each in attempt.observations if not each.ok)
    return f"{failed.error}: {failed.message}"[:200]


def in_circles(brief: Brief, proposal: Proposal) -> Stall | None:
    """It says what it said before."""
    match proposal:
        case Plan():
            return _replanned(brief, proposal)
        case LookUp():
            keys = [step.key for step in proposal.steps]
            if all(key in brief.looked for key in keys):
                return ClimbReason.SAME_CALL, f"its look-up was answered before: {proposal.steps[0]}"
        case Answer() if not brief.wants_words and WORDS in brief.tried:
            return ClimbReason.MALFORMED, "it answers in words again, where only a repair is of use"
        case Answer() | Unsure():
            pass
    return None


def _replanned(brief: Brief, plan: Plan) -> Stall | None:
    before = [each.key for each in brief.kept]
    if plan.key in before[:-1]:
        return ClimbReason.PING_PONG, f"back to what was kept and replaced before: {plan.steps[0]}"
    if plan.key in brief.tried or plan.key in before:
        return ClimbReason.SAME_CALL, f"its plan was tried or rejected before: {plan.steps[0]}"
    return None
