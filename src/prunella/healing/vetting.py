"""Check the thought before anything is touched: vet, approve."""

from dataclasses import dataclass

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from prunella.domain.brief import Rejection
from prunella.domain.evidence import Observation
from prunella.domain.plan import Plan, Step
from prunella.domain.ruling import ApprovalRequest, Decision, Permission, Ruling
from prunella.domain.run import EventKind
from prunella.domain.tool import Prepared
from prunella.errors import Busy, Irrecoverable, Rejected, Transient
from prunella.healing.context import Context
from prunella.healing.despair import give_up, in_words, no_idea
from prunella.healing.state import Change, State
from prunella.policy.window import check_rate


@dataclass(frozen=True)
class Vetted:
    """One step as the vetting left it: perhaps by another tool than the brain named."""

    step: Step
    reasons: tuple[str, ...]
    prepared: Prepared = Prepared()
    ruling: Ruling = Ruling(permission=Permission.DENY, reason="not vetted")


async def vet(state: State, runtime: Runtime[Context]) -> Change:
    """Check the whole plan before its first write, and give back every reason at once."""
    context, chosen = runtime.context, state.planned
    vetted = [await _vet_step(step, context) for step in chosen.steps]
    reasons = [reason for each in vetted for reason in each.reasons]
    chosen = chosen.model_copy(update={"steps": tuple(each.step for each in vetted)})
    reasons += _stall(state, chosen) + _unknown_probes(state, chosen)
    if not reasons:
        reasons += await _over_limits(state, context) + await _held_by_others(state, context, vetted)
    if len(_rejections(state, chosen)) > 1:
        return no_idea(state, f"{context.brain.name} proposes the same over and over: {in_words(chosen)}")
    if any(each.ruling.final for each in vetted):
        return give_up(state, f"{' '.join(dict.fromkeys(reasons))} Suggested: {in_words(chosen)}")
    if reasons:
        context.emit(EventKind.REJECTED, "vet", " ".join(reasons), plan=chosen.key, reasons=list(reasons))
        return _rejected(state, chosen, tuple(reasons))
    return {
        "plan": chosen,
        "prepared": tuple(each.prepared.model_copy(update={"before": None}) for each in vetted),
        "rulings": tuple(each.ruling for each in vetted),
        "survey": dict(await context.world.survey()),
        "next": "approve",
    }


async def _vet_step(step: Step, context: Context, *, instead: bool = False) -> Vetted:
    """`instead`: another tool named this one in its place, which happens once."""
    tool = context.tools.find(step)
    if isinstance(tool, Observation):
        return Vetted(step, (str(tool),))
    try:
        prepared = await tool.before(step.arguments)
    except (Rejected, Transient, Irrecoverable) as error:
        return Vetted(step, (f"{step.tool}: {error}",))
    if prepared.instead and not instead:
        context.emit(EventKind.NOTE, "vet", f"{step}: {prepared.note}, so {prepared.instead} does it")
        return await _vet_step(step.model_copy(update={"tool": prepared.instead}), context, instead=True)
    ruling = context.policy.rule(step, tool.spec, prepared)
    denied = (ruling.reason,) if ruling.permission is Permission.DENY else ()
    return Vetted(step, denied, prepared, ruling)


def _rejected(state: State, chosen: Plan, reasons: tuple[str, ...]) -> Change:
    rejection = Rejection(
        plan=chosen.key, steps=in_words(chosen), reasons=reasons, ground=state.kept, by=chosen.by
    )  # fmt: skip
    return {"rejections": (*state.rejections, rejection), "next": "reflect"}


def _rejections(state: State, chosen: Plan) -> list[Rejection]:
    """Of this plan, where the run stands now."""
    return [each for each in state.rejections if each.plan == chosen.key and each.ground == state.kept]


def _stall(state: State, chosen: Plan) -> list[str]:
    """The same plan again, in the same world, has the same end."""
    before = [a.came_of_it for a in state.attempts if a.plan.key == chosen.key and a.ground == state.kept]
    before += [" ".join(each.reasons) for each in _rejections(state, chosen)]
    if state.kept_plans and state.kept_plans[-1].key == chosen.key:
        before += ["it was carried out and kept just now, and the check is still red"]
    return [f"This very plan was tried before: {before[0]}"] if before else []


def _unknown_probes(state: State, chosen: Plan) -> list[str]:
    """A sub-goal that nothing can judge is none."""
    known = [reading.probe for reading in state.report.readings]
    return [
        f"There is no probe called {step.until!r} to wait for. Known: {', '.join(known) or 'none'}."
        for step in chosen.steps
        if step.until and step.until not in known
    ]


async def _over_limits(state: State, context: Context) -> list[str]:
    reasons: list[str] = []
    steps = len(state.planned.steps)
    if state.spent.steps + steps > context.limits.steps:
        left = context.limits.steps - state.spent.steps
        reasons.append(f"The plan has {steps} steps, and {left} of {context.limits.steps} are left.")
    if context.changes_per_hour is None:
        return reasons
    done = await context.journal.changes_since(context.fleet, context.clock.now() - 3600)
    rate = check_rate(done, steps, context.changes_per_hour)
    return [*reasons, rate.reason] if rate.permission is Permission.DENY else reasons


async def _held_by_others(state: State, context: Context, vetted: list[Vetted]) -> list[str]:
    """Take the services that the plan touches; one that another run holds is a reason."""
    touched = {name for each in vetted for name in each.prepared.touches if name.startswith("service:")}
    try:
        names = tuple(sorted(name.removeprefix("service:") for name in touched))
        await context.runs.take(state.run, context.token, names)
    except Busy as busy:
        return [str(busy)]
    return []


async def approve(state: State, runtime: Runtime[Context]) -> Change:
    """Pass what the policy allows; stop durably and ask for the rest. No answer is a no."""
    context, chosen = runtime.context, state.planned
    if state.rulings and all(ruling.permission is Permission.ALLOW for ruling in state.rulings):
        rules = dict.fromkeys(ruling.reason for ruling in state.rulings)
        context.emit(EventKind.APPROVAL, "approve", f"Allowed. {' '.join(rules)}", plan=chosen.key, approved=True)
        return {"next": "intend"}
    request = ApprovalRequest(run=state.run, plan=chosen, prepared=state.prepared, rulings=state.rulings)
    decision = Decision.model_validate(interrupt(request.model_dump(mode="json")))
    valid = decision.approved and decision.plan == chosen.key
    said = f"{'Approved' if valid else 'Not approved'} by {decision.by}" + (decision.reason and f": {decision.reason}")
    context.emit(EventKind.APPROVAL, "approve", said, plan=chosen.key, approved=valid, by=decision.by)
    ticked: Change = {"ticked": context.clock.now()}
    if valid:
        return ticked | {"next": "intend"}
    if decision.final:
        return ticked | give_up(state, f"{said}. Suggested: {in_words(chosen)}")
    return ticked | _rejected(state, chosen, (said,))
