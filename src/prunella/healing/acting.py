"""Touch the world: write down first, one effect a step."""

from functools import partial

from langgraph.runtime import Runtime

from prunella.domain.evidence import Observation
from prunella.domain.journal import Entry, Outcome
from prunella.domain.plan import Step
from prunella.domain.run import EventKind
from prunella.errors import Irrecoverable, Rejected, Transient
from prunella.healing.answers import check_of
from prunella.healing.context import Context
from prunella.healing.looking import only, watch
from prunella.healing.state import Change, State


async def intend(state: State, runtime: Runtime[Context]) -> Change:
    """Write down the next step with all that undo needs; nothing else writes intents.

    If the world is not as it was when the plan was vetted, nothing is written and the brain looks again.
    """
    context, step = runtime.context, state.planned.steps[state.cursor]
    pending = await _already_intended(state, context)
    if pending is not None:
        return {"entry": pending.number, "next": "act"}
    moved = await _moved(state, context)
    if moved:
        return _not_as_vetted(
            state, context, f"Changed by somebody else since the plan was vetted: {', '.join(moved)}."
        )
    tool = context.tools.find(step)
    if isinstance(tool, Observation):
        return _not_as_vetted(state, context, str(tool))
    try:
        prepared = await tool.before(step.arguments)
    except (Rejected, Transient, Irrecoverable) as error:
        return _not_as_vetted(state, context, f"{step}: {error}")
    lost = not prepared.reversible and state.prepared[state.cursor].reversible and not tool.spec.settles
    if prepared.instead or lost:
        return _not_as_vetted(state, context, f"{step}: {prepared.note or 'it could not be put back any more'}")
    entry = await context.journal.intend(state.run, context.token, state.planned, step, prepared)
    context.emit(
        EventKind.INTENT, "intend", f"{step}", entry=entry.number, why=step.why, difference=prepared.difference
    )
    return {"entry": entry.number, "next": "act"}


async def _moved(state: State, context: Context) -> list[str]:
    """The resources that are not as the plan and its steps so far left them."""
    survey = await context.world.survey()
    names = sorted(survey.keys() | state.survey.keys())
    return [name for name in names if survey.get(name) != state.survey.get(name)]


async def _already_intended(state: State, context: Context) -> Entry | None:
    """The entry that a crash right after writing it left behind: the step is in doubt, not new."""
    step, key = state.planned.steps[state.cursor], state.planned.key
    for entry in await context.journal.entries(state.run):
        is_open = entry.outcome is Outcome.INTENDED and entry.number > state.entry
        if is_open and entry.plan == key and entry.step.key == step.key:
            return entry
    return None


def _not_as_vetted(state: State, context: Context, reason: str) -> Change:
    """Nothing was written for this step: look again, after putting back the plan's earlier steps."""
    context.emit(EventKind.REJECTED, "intend", reason, plan=state.planned.key, reasons=[reason])
    if state.cursor == 0:
        return {"plan": None, "next": "observe"}
    tool = state.planned.steps[state.cursor].tool
    failed = Observation(tool=tool, arguments={}, ok=False, error="Rejected", message=reason)
    return {"observations": (*state.observations, failed), "next": "undo"}


async def act(state: State, runtime: Runtime[Context]) -> Change:
    """Carry out the step that was written down; after a crash look first whether it took place."""
    context = runtime.context
    entry = next(e for e in await context.journal.entries(state.run) if e.number == state.entry)
    if entry.outcome is Outcome.INTENDED:
        observation = await _carry_out(entry, context)
        outcome = Outcome.APPLIED if observation.ok else Outcome.FAILED
        entry = await context.journal.settle(entry, context.token, outcome, observation)
    observation = entry.observation or Observation(tool=entry.step.tool, arguments=entry.step.arguments, ok=True)
    context.emit(EventKind.ACTION, "act", str(observation), entry=entry.number, **observation.model_dump(mode="json"))
    cursor = state.cursor + 1
    missed = await _missed(entry.step, state, context) if observation.ok else None
    observations = (*state.observations, observation, *([missed] if missed else []))
    more = observations[-1].ok and cursor < len(state.planned.steps)
    return {
        "cursor": cursor,
        "observations": observations,
        "survey": dict(await context.world.survey()),
        "spent": state.spent.model_copy(update={"steps": state.spent.steps + 1}),
        "next": "intend" if more else "judge",
    }


async def _missed(step: Step, state: State, context: Context) -> Observation | None:
    """What keeps the sub-goal that ends with this step from being reached; None when it is, or none ends here."""
    check = check_of(context.stages[state.stage], state.answer)
    if not step.until or check is None:
        return None
    seen = await watch(partial(only, check, step.until), (), None, context.watching, context.clock)
    for reading in seen.report.readings:
        context.emit(EventKind.READING, "act", f"{reading.probe}: {reading.detail}", **reading.model_dump(mode="json"))
    if seen.report.is_green:
        return None
    red = "; ".join(f"{reading.probe}: {reading.detail}" for reading in seen.report.failing)
    return Observation(
        tool=step.tool, arguments=step.arguments, ok=False, error="SubgoalMissed",
        message=f"It was carried out, and {step.until} is still red: {red or 'there is no such probe'}",
    )  # fmt: skip


async def _carry_out(entry: Entry, context: Context) -> Observation:
    """A step of this lease runs. One of an earlier lease is in doubt: the world is asked, and only "no" runs it."""
    step = entry.step
    if entry.token == context.token:
        return await context.tools.call(step)
    tool = context.tools.find(step)
    answer = None if isinstance(tool, Observation) else await tool.applied(step.arguments, entry.prepared.before)
    if answer is False:
        return await context.tools.call(step)
    if answer:
        return Observation(
            tool=step.tool, arguments=step.arguments, ok=True, output="had taken effect before the crash"
        )
    return Observation(
        tool=step.tool, arguments=step.arguments, ok=False, error="InDoubt",
        message="The process died during this step, and whether it took effect cannot be told.",
        hint="It is put back, not repeated.",
    )  # fmt: skip
