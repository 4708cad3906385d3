"""Let independent checks decide: commit, keep as progress, or put back."""

from langgraph.runtime import Runtime

from prunella.domain.brief import Rejection
from prunella.domain.evidence import Observation
from prunella.domain.fingerprint import fingerprint
from prunella.domain.goal import Goal, Objective
from prunella.domain.journal import Entry, Outcome
from prunella.domain.posture import Aspect, Downgrade
from prunella.domain.rehearsal import CauseShown
from prunella.domain.report import Report, Symptoms
from prunella.domain.run import EventKind, Verdict
from prunella.healing.answers import check_of
from prunella.healing.context import Context
from prunella.healing.lessons import keep
from prunella.healing.looking import Sight, look_around, measure, watch
from prunella.healing.observing import show_findings
from prunella.healing.state import Change, State
from prunella.policy.posture import downgrades


async def judge(state: State, runtime: Runtime[Context]) -> Change:
    """Watch the check over the window. The brain's own opinion is not asked."""
    context, stage = runtime.context, runtime.context.stages[state.stage]
    check = check_of(stage, state.answer)
    if check is None or (stage.wants_answer and not state.answer):
        return await _unjudged(state, context, stage)
    sight = await watch(check, context.constraints, state.baseline, context.watching, context.clock)
    _show(context, sight, state.baseline)
    if sight.is_good(state.baseline):
        return await _reached(state, context, sight)
    change: Change = {"report": sight.report}
    if stage.wants_answer:
        return change | _answered_wrong(state, context, sight)
    if sight.neighbours.worse_than(state.baseline or Report()) or state.is_optimising:
        return change | {"next": "undo"}
    findings = await context.world.investigate(sight.report)
    show_findings(context, "judge", findings)
    if _is_progress(state, findings.symptoms(sight.report)):
        return change | _progress(state, context, sight.report)
    return change | {"next": "undo"}


async def _unjudged(state: State, context: Context, stage: Goal) -> Change:
    """Nothing can say whether this helped, or not yet: what failed, or harmed, is put back, the rest goes on."""
    sight = await look_around(None, context.constraints, context.watching.look_s)
    if any(not each.ok for each in state.observations) or sight.neighbours.worse_than(state.baseline or Report()):
        return {"next": "undo"}
    if stage.wants_answer:
        return _progress(state, context, state.report)
    if stage is not context.goal:
        return _progress(state, context, state.report) | {"stage": state.stage + 1}
    return {"next": "commit"}


def _answered_wrong(state: State, context: Context, sight: Sight) -> Change:
    """What was done stays for now; the answer goes back with every reason."""
    amiss = (*sight.report.failing, *sight.neighbours.worse_than(state.baseline or Report()))
    reasons = tuple(f"{reading.probe}: {reading.detail}\n{reading.body}".strip() for reading in amiss)
    rejection = Rejection(
        plan=f"answer {fingerprint(state.answer)}", steps=state.answer, reasons=reasons,
        ground=state.kept, by=state.answered_by, answered=state.stage,
    )  # fmt: skip
    context.emit(EventKind.REJECTED, "judge", " ".join(reasons), reasons=list(reasons))
    spent = state.spent.model_copy(update={"attempts": state.spent.attempts + 1})
    return {"answer": "", "rejections": (*state.rejections, rejection), "spent": spent, "next": "reflect"}


async def _reached(state: State, context: Context, sight: Sight) -> Change:
    """Green: the next stage, the next improvement, or the end."""
    change: Change = {"report": sight.report}
    if state.stage + 1 < len(context.stages):
        onward: Change = {"stage": state.stage + 1, "answer": "", "answered_by": ""}
        return change | _progress(state, context, sight.report) | onward
    if context.goal.objective is None:
        return change | {"next": "commit"}
    return change | await _improve(state, context, context.goal.objective)


async def _improve(state: State, context: Context, objective: Objective) -> Change:
    """Keep a better figure and ask for more; put a worse one back."""
    figure = await measure(objective, context.watching.look_s)
    if figure is None:
        context.emit(EventKind.JUDGED, "judge", f"{objective.name} cannot be measured.")
        return {"next": "commit" if state.best is None else "undo"}
    better = state.best is None or objective.is_better(figure, than=state.best)
    text = f"{objective.name} is {figure:g}" + ("" if state.best is None else f" (best so far {state.best:g})")
    context.emit(EventKind.JUDGED, "judge", text, figure=figure, better=better)
    if not better:
        return {"next": "undo"}
    kept = (*state.kept_plans, *([state.plan] if state.plan else []))
    return {"best": figure, "kept": state.entry, "kept_plans": kept, "next": "diagnose", "plan": None}


def _progress(state: State, context: Context, report: Report) -> Change:
    """The symptom moved on: what was done stays for now, and all is looked at again."""
    if state.plan is None:
        return {"next": "observe"}
    failing = "; ".join(f"{r.probe}: {r.detail}" for r in report.failing)
    context.emit(EventKind.PROGRESS, "judge", f"Kept, the symptom moved on. Now: {failing or 'green'}")
    return {"kept": state.entry, "kept_plans": (*state.kept_plans, state.plan), "plan": None, "next": "observe"}


def _is_progress(state: State, now: Symptoms) -> bool:
    """The symptom moved on. A failed plan that changed no setting moved nothing, whatever the logs say meanwhile."""
    acted = all(observation.ok for observation in state.observations)
    did_something = any(observation.ok for observation in state.observations)
    if state.symptoms is None or not did_something:
        return False
    return now.moved_on_from(state.symptoms, _values_of(state), acted=acted)


def _values_of(state: State) -> frozenset[str]:
    """What the plan set, as an error would quote it; short ones occur by chance."""
    given = (
        value for step in state.planned.steps for name, value in step.arguments.items() if name in {"value", "new"}
    )
    return frozenset(text for text in (str(value) for value in given) if len(text) > 2)


def _show(context: Context, sight: Sight, baseline: Report | None) -> None:
    worse = sight.neighbours.worse_than(baseline or sight.neighbours)
    for reading in (*sight.report.readings, *worse):
        context.emit(
            EventKind.READING, "judge", f"{reading.probe}: {reading.detail}", **reading.model_dump(mode="json")
        )
    said = "green, and held" if sight.is_good(baseline) else "a neighbour got worse" if worse else "still red"
    context.emit(EventKind.JUDGED, "judge", f"The probes say: {said}.", green=sight.is_good(baseline))


async def commit(state: State, runtime: Runtime[Context]) -> Change:
    """Let the result stand, if all is as the plan's own steps left it and the rest is as it was found."""
    context = runtime.context
    entries = await context.journal.entries(state.run)
    touched = {name for entry in entries if entry.may_have_applied for name in entry.prepared.touches}
    survey = await context.world.survey()
    expected = {name: (state.survey if name in touched else state.found).get(name) for name in {*survey, *state.found}}
    beyond = sorted(name for name, digest in expected.items() if survey.get(name) != digest)
    if beyond:
        why = f"Somebody else changed {', '.join(beyond)} during the run, so the result cannot be called ours."
        return {"giving_up": why, "kept": 0, "best": None, "next": "undo"}
    weaker = await _weaker(state, context, touched)
    if weaker:
        return _put_back(state, context, weaker)
    if not context.goal.is_checked:
        return {"verdict": Verdict.UNVERIFIED, "summary": state.answer or "Done; there was no check.", "next": "end"}
    done = bool(state.answer) or any(entry.may_have_applied for entry in entries)
    verdict = Verdict.ACHIEVED if done else Verdict.NOTHING_TO_DO
    if state.answer:
        return {"verdict": verdict, "summary": state.answer, "next": "learn"}
    causes = [plan.cause for plan in (*state.kept_plans, *([state.plan] if state.plan else []))]
    cause = await _show_cause(entries, context)
    sure = f" ({cause.certainty})" if cause else ""
    return {"verdict": verdict, "summary": " ".join(dict.fromkeys(causes)) + sure, "cause": cause, "next": "learn"}


async def _weaker(state: State, context: Context, touched: set[str]) -> tuple[Downgrade, ...]:
    """The guards that are weaker than the run found them, and that no human said yes to.

    Who said yes to a wider address in a file said it to the service that listens there, if the plan is about it.
    """
    if state.posture is None or context.security is None:
        return ()
    found = downgrades(state.posture, await context.security.posture())
    binds = any(each.aspect is Aspect.BIND for each in state.allowed)
    covered = [each for each in found if binds and each.aspect is Aspect.LISTENER and each.subject in touched]
    return tuple(each for each in found if each not in state.allowed and each not in covered)


def _put_back(state: State, context: Context, weaker: tuple[Downgrade, ...]) -> Change:
    """Green is not fixed: all of it goes, and the brain hears why."""
    why = f"Every check is green, and a guard is weaker than before: {'; '.join(str(each) for each in weaker)}."
    context.emit(EventKind.JUDGED, "commit", why, green=False)
    failed = Observation(
        tool="commit", arguments={}, ok=False, error="Downgrade", message=why,
        hint="Find a repair that leaves the guards as they are; only a human may weaken one.",
    )  # fmt: skip
    return {"observations": (*state.observations, failed), "kept": 0, "best": None, "next": "undo"}


async def _show_cause(entries: tuple[Entry, ...], context: Context) -> CauseShown | None:
    """Whether the fault can be called up and taken away at will, where it harms nobody."""
    done = tuple(entry for entry in entries if entry.outcome is Outcome.APPLIED)
    if context.rehearsal is None or not done:
        return None
    shown = await context.rehearsal.show_cause(done)
    why = "; ".join(shown.needed) or shown.detail
    text = f"{shown.certainty.capitalize()}{f': {why}' if why else ''}"
    context.emit(EventKind.CAUSE, "commit", text, **shown.model_dump(mode="json"))
    return shown


async def learn(state: State, runtime: Runtime[Context]) -> Change:
    """Green is worth remembering: it is what a worse day is compared with. So is what made it green."""
    await runtime.context.world.remember_good()
    await keep(state, runtime.context)
    return {"next": "end"}
