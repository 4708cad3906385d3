"""Check the thought before anything is touched: every step, the whole plan, and a rehearsal where it does no harm."""

from dataclasses import dataclass

from langgraph.runtime import Runtime

from prunella.domain.brief import Rejection
from prunella.domain.evidence import Observation
from prunella.domain.plan import Plan, Step
from prunella.domain.posture import Aspect, Downgrade, Posture
from prunella.domain.rehearsal import Rehearsed
from prunella.domain.ruling import Permission, Ruling, Scope, stricter
from prunella.domain.run import EventKind
from prunella.domain.tool import Prepared, Risk
from prunella.errors import Busy, Irrecoverable, Rejected, Transient
from prunella.healing.context import Context
from prunella.healing.despair import give_up, in_words, no_idea
from prunella.healing.state import Change, State
from prunella.policy.guards import weakened
from prunella.policy.posture import downgrades

_HOUR_S = 3600.0
_IN_FILES = {Aspect.AUTH, Aspect.TLS, Aspect.BIND, Aspect.WATCH}


@dataclass(frozen=True)
class Vetted:
    """One step as the vetting left it: perhaps by another tool than the brain named.

    `doubt` is why it asks although the policy would let it pass: nobody vouches for a value of it ("": it does not).
    """

    step: Step
    reasons: tuple[str, ...]
    prepared: Prepared = Prepared()
    ruling: Ruling = Ruling(permission=Permission.DENY, reason="not vetted")
    risk: Risk = Risk.READ
    doubt: str = ""


async def vet(state: State, runtime: Runtime[Context]) -> Change:
    """Check the whole plan before its first write, and give back every reason at once."""
    context, chosen = runtime.context, state.planned
    vetted = [await _vet_step(step, context) for step in chosen.steps]
    reasons = [reason for each in vetted for reason in each.reasons]
    chosen = chosen.model_copy(update={"steps": tuple(each.step for each in vetted)})
    reach = await _rule_plan(vetted, context)
    is_final = any(_denies_for_good(ruling) for ruling in (reach, *(each.ruling for each in vetted)))
    reasons += _unknown_probes(state, chosen) + _over_limits(state, context)
    reasons += [] if state.insists else _stall(state, chosen)
    reasons += [reach.reason] if reach.permission is Permission.DENY else []
    if not reasons:
        reasons += await _held_by_others(state, context, vetted)
    if len(_rejections(state, chosen)) > 1 and not state.insists:
        return no_idea(state, f"{context.brain.name} proposes the same over and over: {in_words(chosen)}")
    rehearsed = await _rehearse(chosen, vetted, context) if is_final or not reasons else Rehearsed()
    reasons += [f"On a shadow of the configuration: {trial.name} fails: {trial.detail}" for trial in rehearsed.failed]
    if is_final:
        return give_up(state, f"{' '.join(dict.fromkeys(reasons))} Suggested: {in_words(chosen)}")
    if reasons:
        context.emit(EventKind.REJECTED, "vet", " ".join(reasons), plan=chosen.key, reasons=list(reasons))
        return rejected(state, chosen, tuple(reasons))
    weaker = _weakened(state, vetted, rehearsed)
    doubts = (*_doubts(vetted, context), *(ruling.reason for ruling in _about(weaker)))
    if doubts and not state.insists and _would_pass_otherwise(reach, vetted, context):
        return _put_aside(state, chosen, doubts, context)
    return {
        "insists": False,
        "plan": chosen,
        "prepared": tuple(_as_shown(each.prepared) for each in vetted),
        "risks": tuple(each.risk for each in vetted),
        "rulings": tuple(each.ruling for each in vetted),
        "concerns": tuple(ruling for ruling in (reach, *_about(weaker)) if ruling.permission is Permission.ASK),
        "rehearsed": rehearsed,
        "downgrades": weaker,
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
    by_policy = ruling = context.policy.rule(step, tool.spec, prepared)
    if context.provenance is not None:
        ruling = stricter(by_policy, await context.provenance.rule(step, tool.spec, prepared))
    denied = (ruling.reason,) if ruling.permission is Permission.DENY else ()
    return Vetted(step, denied, prepared, ruling, tool.spec.risk, "" if ruling is by_policy else ruling.reason)


async def _rule_plan(vetted: list[Vetted], context: Context) -> Ruling:
    """How far the plan reaches, and when."""
    now, touched = context.clock.now(), {name for each in vetted for name in each.prepared.touches}
    return context.policy.rule_plan(
        Scope(
            steps=len(vetted),
            services=tuple(sorted(name.removeprefix("service:") for name in touched if name.startswith("service:"))),
            written_bytes=sum(each.prepared.written_bytes for each in vetted),
            rows=sum(each.prepared.rows for each in vetted),
            changes_last_hour=await context.journal.changes_since(context.fleet, now - _HOUR_S),
            at=now,
        )
    )


async def _rehearse(chosen: Plan, vetted: list[Vetted], context: Context) -> Rehearsed:
    """Nothing where there is no shadow to be had."""
    if context.rehearsal is None:
        return Rehearsed()
    rehearsed = await context.rehearsal.rehearse(chosen, tuple(each.prepared for each in vetted))
    for trial in rehearsed.trials:
        said = {True: "as it should be", False: "fails", None: "tells nothing"}[trial.ok]
        detail = "" if trial.ok or not trial.detail else f", {trial.detail}"
        context.emit(EventKind.REHEARSAL, "vet", f"{trial.name}: {said}{detail}", **trial.model_dump(mode="json"))
    return rehearsed


def _weakened(state: State, vetted: list[Vetted], rehearsed: Rehearsed) -> tuple[Downgrade, ...]:
    """The guards that the plan would weaken: those in files as the shadow shows it, else as the changes themselves do;
    those beside settings as the calls say.
    """
    beside = tuple(guard for each in vetted for guard in each.prepared.weakens)
    if state.posture is None or rehearsed.posture is None:
        in_files = weakened(change for each in vetted for change in each.prepared.changes)
    else:
        known = {stance.subject for stance in rehearsed.posture.stances}
        known |= {name for each in vetted for name in each.prepared.touches}
        in_files = downgrades(_told_by(state.posture, known), _told_by(rehearsed.posture, known))
    return tuple(dict.fromkeys((*in_files, *beside)))


def _told_by(posture: Posture, known: set[str]) -> Posture:
    """What the shadow has too: no process, no socket, and only the files of the services that the plan touches."""
    return Posture(stances=tuple(s for s in posture.stances if s.subject in known and s.aspect in _IN_FILES))


def _about(weaker: tuple[Downgrade, ...]) -> tuple[Ruling, ...]:
    return tuple(Ruling(permission=Permission.ASK, reason=f"It weakens a guard: {each}.") for each in weaker)


def _denies_for_good(ruling: Ruling) -> bool:
    return ruling.permission is Permission.DENY and ruling.final


def _doubts(vetted: list[Vetted], context: Context) -> tuple[str, ...]:
    """Why single steps ask: nobody vouches for a value, and, where nobody is there to answer, every other reason."""
    asking = [each for each in vetted if each.ruling.permission is Permission.ASK and not context.attended]
    return tuple(dict.fromkeys([*(e.doubt for e in vetted if e.doubt), *(e.ruling.reason for e in asking)]))


def _would_pass_otherwise(reach: Ruling, vetted: list[Vetted], context: Context) -> bool:
    """Another plan could do without asking."""
    if not context.attended:
        return not any(ruling.final for ruling in (reach, *(each.ruling for each in vetted)))
    rulings = (reach, *(each.ruling for each in vetted if not each.doubt))
    return all(ruling.permission is Permission.ALLOW for ruling in rulings)


def _put_aside(state: State, chosen: Plan, doubts: tuple[str, ...], context: Context) -> Change:
    """A repair that needs nobody's leave comes first; a human is asked about the first one aside when none is left."""
    reasons = (*doubts, "A human would have to be asked. Find a repair that does without, or say that there is none.")
    context.emit(EventKind.REJECTED, "vet", " ".join(reasons), plan=chosen.key, reasons=list(reasons))
    aside = state.aside if state.aside is not None and state.aside_ground == state.kept else chosen
    return rejected(state, chosen, reasons) | {"aside": aside, "aside_ground": state.kept}


def _as_shown(prepared: Prepared) -> Prepared:
    """Without the true bytes and values; they are taken again, and journaled, when a step's turn comes."""
    return prepared.model_copy(update={"before": None, "changes": (), "hunks": ()})


def rejected(state: State, chosen: Plan, reasons: tuple[str, ...]) -> Change:
    """Back to the brain, with every reason."""
    rejection = Rejection(
        plan=chosen.key, steps=in_words(chosen), reasons=reasons, ground=state.kept, by=chosen.by
    )  # fmt: skip
    return {"plan": chosen, "rejections": (*state.rejections, rejection), "next": "reflect"}


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


def _over_limits(state: State, context: Context) -> list[str]:
    steps, left = len(state.planned.steps), context.limits.steps - state.spent.steps
    return [f"The plan has {steps} steps, and {left} of {context.limits.steps} are left."] if steps > left else []


async def _held_by_others(state: State, context: Context, vetted: list[Vetted]) -> list[str]:
    """Take the services that the plan touches; one that another run holds is a reason."""
    touched = {name for each in vetted for name in each.prepared.touches if name.startswith("service:")}
    try:
        names = tuple(sorted(name.removeprefix("service:") for name in touched))
        await context.runs.take(state.run, context.token, names)
    except Busy as busy:
        return [str(busy)]
    return []
