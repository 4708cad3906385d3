"""When nothing better comes to mind: say so once more, put back what led nowhere, or hand over."""

from prunella.domain.brief import Rejection
from prunella.domain.plan import LookUp, Plan
from prunella.domain.run import EventKind
from prunella.healing.context import Context
from prunella.healing.state import Change, State


def refused(state: State, context: Context, said: str, why: str) -> Change:
    """Tell the brain once; the second time it has no idea."""
    rejection = Rejection(plan=said, steps=said, reasons=(why,), ground=state.kept)
    if any(each.plan == said and each.ground == state.kept for each in state.rejections):
        return no_idea(state, why)
    context.emit(EventKind.REJECTED, "plan", why, reasons=[why])
    return {"rejections": (*state.rejections, rejection), "next": "plan"}


def no_idea(state: State, why: str) -> Change:
    """Better than red is kept; what was put aside is asked about; progress that led nowhere is put back, and another
    beginning is tried.
    """
    if state.is_optimising:
        return {"plan": None, "next": "commit"}
    if state.aside is not None and state.aside_ground == state.kept:
        return {
            "plan": state.aside, "aside": None, "insists": True, "cursor": 0, "observations": (),
            "rejections": tuple(each for each in state.rejections if each.plan != state.aside.key), "next": "vet",
        }  # fmt: skip
    if state.kept_plans and not state.giving_up:
        return {"kept": 0, "plan": None, "next": "undo"}
    return give_up(state, why)


def give_up(state: State, why: str) -> Change:
    """Put everything back, then hand over; an objective's best so far stands."""
    if state.is_optimising:
        return {"plan": None, "next": "commit"}
    return {"giving_up": why, "kept": 0, "next": "undo"}


def in_words(chosen: Plan | LookUp) -> str:
    return "; ".join(str(step) for step in chosen.steps)
