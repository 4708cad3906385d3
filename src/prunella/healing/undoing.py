"""Put it back, think again, or hand over."""

from collections.abc import Sequence

from langgraph.runtime import Runtime

from prunella.domain.evidence import Observation
from prunella.domain.journal import Entry, Outcome
from prunella.domain.plan import Plan
from prunella.domain.run import Attempt, EventKind, Verdict
from prunella.errors import Irrecoverable
from prunella.healing.context import Context
from prunella.healing.despair import give_up
from prunella.healing.lessons import give_back
from prunella.healing.limits import exhausted
from prunella.healing.state import Change, State
from prunella.protocols import Emit, Journal, Toolbox


async def undo(state: State, runtime: Runtime[Context]) -> Change:
    """Put back everything newer than what progress keeps; no limit cuts this short."""
    context = runtime.context
    try:
        await put_back(
            state.run, context.token, down_to=state.kept,
            journal=context.journal, tools=context.tools, emit=context.emit,
        )  # fmt: skip
    except Irrecoverable as error:
        context.emit(EventKind.UNDO, "undo", f"Frozen: {error}")
        return {"verdict": Verdict.FROZEN, "summary": str(error), "next": "end"}
    survey = dict(await context.world.survey())
    allowed = state.allowed if state.kept else ()
    return {"survey": survey, "allowed": allowed, "next": "escalate" if state.giving_up else "reflect"}


async def put_back(
    run: str, token: int, *, down_to: int, journal: Journal, tools: Toolbox, emit: Emit
) -> tuple[Entry, ...]:
    """Undo the run's effects newer than entry `down_to`, newest first, and return them.

    Undos that take effect by reading what others restore come after those, and of several on the same resources
    only the oldest is carried out, which goes all the way back. Each is written down before and after; one that a
    crash cut short is repeated, which its idempotence allows. Raises Irrecoverable at the first that fails, leaving
    the older ones alone: they may depend on it.
    """
    open_entries = [e for e in await journal.entries(run) if e.number > down_to and e.may_have_applied]
    settling = {spec.name for spec in tools.specs if spec.settles}
    ordered = sorted(open_entries, key=lambda e: (e.step.tool in settling, -e.number))
    contained = _contained([entry for entry in ordered if entry.step.tool in settling])
    for entry in ordered:
        await journal.settle(entry, token, Outcome.UNDOING, entry.observation)
        try:
            if entry.number not in contained:
                await _undo_entry(entry, tools)
        except Irrecoverable as error:
            failed = Observation(
                tool=entry.step.tool, arguments=entry.step.arguments, ok=False,
                error=type(error).__name__, message=str(error),
            )  # fmt: skip
            await journal.settle(entry, token, Outcome.UNDO_FAILED, failed)
            raise
        await journal.settle(entry, token, Outcome.UNDONE, entry.observation)
        emit(EventKind.UNDO, "undo", f"put back: {entry.step}", entry=entry.number)
    return tuple(ordered)


def _contained(settling: Sequence[Entry]) -> frozenset[int]:
    """The numbers of those (newest first) whose undo an older one contains, as it is about the same services."""
    oldest = {entry.prepared.touches: entry.number for entry in settling}
    services = [e for e in settling if e.prepared.touches and all(t.startswith("service:") for t in e.prepared.touches)]
    return frozenset(entry.number for entry in services) - frozenset(oldest.values())


async def _undo_entry(entry: Entry, tools: Toolbox) -> None:
    tool = tools.find(entry.step)
    if isinstance(tool, Observation):
        raise Irrecoverable(f"{entry.step} cannot be put back: {tool.message}")
    try:
        await tool.undo(entry.prepared.before)
    except Irrecoverable:
        raise
    except Exception as error:  # a tool is the user's code: whatever it raises, the world is not as found
        raise Irrecoverable(f"Putting back {entry.step} failed: {error}") from error


async def reflect(state: State, runtime: Runtime[Context]) -> Change:
    """Turn what came of the plan into something that the next thought can use; stop when a limit ends."""
    context = runtime.context
    tried = _tried(state)
    spent = state.spent.model_copy(update={"attempts": state.spent.attempts + (1 if tried else 0)})
    for attempt in tried:
        context.emit(EventKind.REFLECTION, "reflect", attempt.came_of_it, plan=attempt.plan.key)
        await give_back(attempt.plan, attempt.came_of_it, state, context)
    change: Change = {
        "attempts": (*state.attempts, *tried),
        "spent": spent,
        "plan": None,
        "observations": (),
        "kept_plans": () if state.kept == 0 else state.kept_plans,
    }
    limit = exhausted(spent, context.limits)
    if limit is not None:
        return change | give_up(state, str(limit))
    return change | {"next": "observe" if tried else "plan"}


def _tried(state: State) -> tuple[Attempt, ...]:
    """The attempts that were just put back: the plan in hand, or progress that led nowhere."""
    if state.kept == 0 and state.plan is None:
        return tuple(
            Attempt(
                plan=plan,
                came_of_it="It moved the symptom, and led nowhere from there.",
                ground=-number,
                stage=state.stage,
            )
            for number, plan in enumerate(state.kept_plans)
        )
    if state.plan is None or _was_rejected(state, state.plan):
        return ()
    came_of_it = _what_came_of_it(state)
    return (
        Attempt(
            plan=state.plan,
            came_of_it=came_of_it,
            observations=state.observations,
            ground=state.kept,
            stage=state.stage,
            symptom=state.report.symptom,
        ),
    )


def _was_rejected(state: State, plan: Plan) -> bool:
    return bool(state.rejections) and state.rejections[-1].plan == plan.key and not state.observations


def _what_came_of_it(state: State) -> str:
    failed = [str(observation) for observation in state.observations if not observation.ok]
    red = [f"{reading.probe}: {reading.detail}" for reading in state.report.failing]
    return "Put back. " + ("; ".join(failed) if failed else f"Still red: {'; '.join(red) or 'a neighbour got worse'}")


async def escalate(state: State, runtime: Runtime[Context]) -> Change:
    """Say honestly that a human is needed, with the world as it was found."""
    runtime.context.emit(EventKind.NOTE, "escalate", state.giving_up)
    verdict = Verdict.ESCALATED if runtime.context.goal.is_checked else Verdict.UNVERIFIED
    return {"verdict": verdict, "summary": state.giving_up, "next": "end"}
