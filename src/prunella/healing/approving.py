"""Ask a human what the policy does not allow by itself. Silence, a changed world and another plan's yes are a no."""

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from prunella.domain.ruling import ApprovalRequest, Decision, Permission
from prunella.domain.run import EventKind
from prunella.healing.context import Context
from prunella.healing.despair import give_up, in_words
from prunella.healing.state import Change, State
from prunella.healing.vetting import rejected


async def approve(state: State, runtime: Runtime[Context]) -> Change:
    """Pass what the policy allows; stop durably and ask for the rest. The answer holds for this plan in this world."""
    context, chosen = runtime.context, state.planned
    if state.rulings and not state.concerns and all(r.permission is Permission.ALLOW for r in state.rulings):
        rules = dict.fromkeys(ruling.reason for ruling in state.rulings)
        context.emit(EventKind.APPROVAL, "approve", f"Allowed. {' '.join(rules)}", plan=chosen.key, approved=True)
        return {"next": "intend"}
    decision = Decision.model_validate(interrupt(_question(state, context).model_dump(mode="json")))
    valid = decision.approved and decision.plan == chosen.key
    said = f"{'Approved' if valid else 'Not approved'} by {decision.by}" + (decision.reason and f": {decision.reason}")
    context.emit(EventKind.APPROVAL, "approve", said, plan=chosen.key, approved=valid, by=decision.by)
    ticked: Change = {"ticked": context.clock.now()}
    if valid:
        return ticked | {"next": "intend", "allowed": (*state.allowed, *state.downgrades)}
    if decision.edited is not None and decision.plan == chosen.key:
        wanted = decision.edited.model_copy(update={"by": decision.by})
        return ticked | {"plan": wanted, "insists": True, "prepared": (), "rulings": (), "next": "vet"}
    if decision.final:
        return ticked | give_up(state, f"{said}. Suggested: {in_words(chosen)}")
    return ticked | rejected(state, chosen, (said,))


def _question(state: State, context: Context) -> ApprovalRequest:
    """Without true values: it waits on a disk, and is shown. `intend` compares the world with it before it acts."""
    now, lasts = context.clock.now(), context.approval_expires_s
    return ApprovalRequest(
        run=state.run, plan=state.planned, prepared=state.prepared, rulings=state.rulings, risks=state.risks,
        concerns=state.concerns, goal=context.goal.text, evidence=state.evidence, rehearsed=state.rehearsed,
        downgrades=state.downgrades, world=state.survey, asked=now, expires=None if lasts is None else now + lasts,
    )  # fmt: skip
