"""See: what the checks say, and what lies around what they complain of."""

from langgraph.runtime import Runtime

from prunella.domain.evidence import Evidence, EvidenceKind, Findings, Observation
from prunella.domain.plan import Step
from prunella.domain.ruling import Permission
from prunella.domain.run import EventKind, Verdict
from prunella.domain.tool import Prepared, Risk
from prunella.healing.answers import check_of
from prunella.healing.context import Context
from prunella.healing.lessons import recall
from prunella.healing.looking import Sight, look_around, watch
from prunella.healing.state import Change, State

_ALL_GREEN = "Every probe is green; nothing was written."


async def observe(state: State, runtime: Runtime[Context]) -> Change:
    """Find the first goal in line that is not reached; all green from the start means that there is nothing to do."""
    context, found, posture = runtime.context, {}, None
    if state.baseline is None:
        context.emit(EventKind.STARTED, "observe", context.goal.text, goal=context.goal.text, brain=context.brain.name)
        found = dict(await context.world.survey())
        posture = await context.security.posture() if context.security else None
    sight, stage = await _first_red_stage(state, context)
    change: Change = {"report": sight.report, "stage": stage, "survey": found or state.survey}
    if state.baseline is None:
        change |= {"baseline": sight.neighbours, "found": found, "posture": posture}
    for reading in (*sight.report.readings, *sight.neighbours.failing):
        context.emit(
            EventKind.READING, "observe", f"{reading.probe}: {reading.detail}", **reading.model_dump(mode="json")
        )
    if not sight.report.is_green:
        return change | {"next": "diagnose"}
    if state.is_optimising:
        return change | {"next": "diagnose"}
    if state.kept or context.goal.objective is not None:
        return change | {"next": "judge"}
    summary = "Every probe is green by itself; what was tried is put back." if state.attempts else _ALL_GREEN
    return change | {"verdict": Verdict.NOTHING_TO_DO, "summary": summary, "next": "learn"}


async def _first_red_stage(state: State, context: Context) -> tuple[Sight, int]:
    """Watch the stages from the one in hand; the last one when all are green."""
    number, constraints = state.stage, context.constraints
    while True:
        check = check_of(context.stages[number], state.answer)
        if check is None:
            return await look_around(None, constraints, context.watching.look_s), number
        sight = await watch(check, constraints, state.baseline, context.watching, context.clock)
        if not sight.report.is_green or number + 1 == len(context.stages):
            return sight, number
        number += 1


async def diagnose(state: State, runtime: Runtime[Context]) -> Change:
    """Gather the facts around the failing readings, and whatever the brain asked to look up."""
    context = runtime.context
    if state.lookups:
        return await _look_up(state, context)
    findings = await context.world.investigate(state.report)
    show_findings(context, "diagnose", findings)
    return {
        "evidence": findings.evidence,
        "looked": (),
        "symptoms": findings.symptoms(state.report),
        "next": "plan",
        **await recall(findings, state, context),
    }


async def _look_up(state: State, context: Context) -> Change:
    answers: list[Evidence] = []
    for step in state.lookups:
        observation = await _read(step, context)
        source = f"{step.tool} {step.arguments}"
        answers.append(
            Evidence(
                kind=EvidenceKind.LOOKUP,
                source=source,
                text=str(observation),
                is_error=not observation.ok,
                handle=observation.handle,
            )
        )
        context.emit(EventKind.LOOKUP, "diagnose", str(step), **observation.model_dump(mode="json"))
    looked = (*state.looked, *(step.key for step in state.lookups))
    return {"evidence": (*state.evidence, *answers), "lookups": (), "looked": looked, "next": "plan"}


async def _read(step: Step, context: Context) -> Observation:
    """What a tool that only reads says; any other, or one that the policy denies, is not called."""
    tool = context.tools.find(step)
    if isinstance(tool, Observation):
        return tool
    ruling = context.policy.rule(step, tool.spec, Prepared())
    if tool.spec.risk is not Risk.READ:
        reason, hint = f"{step.tool} changes the world, so it is no look-up.", "Put it into a plan."
    elif ruling.permission is not Permission.ALLOW:
        reason, hint = ruling.reason, ""
    else:
        return await context.tools.call(step)
    return Observation(
        tool=step.tool, arguments=step.arguments, ok=False, error="NotAllowed", message=reason, hint=hint
    )


def show_findings(context: Context, node: str, findings: Findings) -> None:
    """Tell the timeline what was seen; errors are what people look for."""
    for sign in findings.signs:
        context.emit(EventKind.READING, node, f"{sign.probe}: {sign.detail}", **sign.model_dump(mode="json"))
    for evidence in findings.evidence:
        line = evidence.text.strip().splitlines()[-1] if evidence.text.strip() else ""
        context.emit(EventKind.EVIDENCE, node, f"{evidence.source}: {line}", **evidence.model_dump(mode="json"))
