"""After the verdict: what was healed is looked at again for a while, and a relapse opens the run again.

The verdict stands and the services are free meanwhile: watching only reads, so it needs no lease and can be broken off
at any time. Only a relapse takes the services again; `reopen` then goes on from `observe`, with the limits that are
left and with every earlier effect still on the journal, so that a final failure puts all of it back.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from prunella.domain.plan import Plan
from prunella.domain.report import Report
from prunella.domain.run import Attempt, EventKind, RunRecord, Verdict
from prunella.errors import Busy, Lost, Misuse, PrunellaError
from prunella.healing.answers import check_of
from prunella.healing.context import Context
from prunella.healing.lessons import give_back
from prunella.healing.limits import tick
from prunella.healing.looking import look, watch
from prunella.healing.state import Change, State

_Loop = CompiledStateGraph[State, Context, State, State]
Work = Callable[[RunRecord, Context], Awaitable[RunRecord]]
"""Works on a run to its verdict, and closes it: what a worker does."""
Reopen = Callable[[RunRecord], Awaitable[RunRecord]]
"""Takes an ended run and its services again, as nobody did since. Raises Busy when somebody did."""

CALM_S = 5.0
"""The longest pause between two looks."""
_LOOKS = 20  # at least, in a whole probation


async def on_probation(
    ended: RunRecord, context: Context, probation_s: float, *, loop: _Loop, work: Work, reopen: Reopen
) -> RunRecord:
    """The run with its last verdict: that of `ended` when it held, else what became of it when it was opened again.

    Cancelled while it watches, the heal stands. Opened again, it is a run like any other: cancelled, all is put back.
    """
    while ended.verdict is Verdict.ACHIEVED:
        state = await _state_of(loop, ended.id)
        relapse = await relapse_of(state, context, probation_s)
        if relapse is None:
            return ended
        try:
            record = await reopen(ended)
        except Busy as busy:
            context.emit(EventKind.NOTE, "probation", f"Left to the run that holds the services by now: {busy}")
            return ended
        context = replace(context, token=record.token)
        await _set_to_reopen(loop, state, relapse, context, ended.ended or context.clock.now())
        ended = await work(record, context)
    return ended


async def _state_of(loop: _Loop, run: str) -> State:
    saved = await loop.aget_state(_thread(run))
    return State(**saved.values)


def _thread(run: str) -> RunnableConfig:
    return {"configurable": {"thread_id": run}}


async def relapse_of(state: State, context: Context, probation_s: float) -> Report | None:
    """The red report of a run that was achieved and did not last; None when it held for `probation_s` seconds.

    A red that is gone at a closer look is none. A check that cannot be asked any more ends the probation.
    """
    check = check_of(context.goal, state.answer)
    if state.verdict is not Verdict.ACHIEVED or check is None or probation_s <= 0:
        return None
    context.emit(EventKind.NOTE, "probation", f"On probation for {probation_s:g} s: it is looked at again.")
    begun, clock = context.clock.now(), context.clock
    pause_s = min(CALM_S, max(context.watching.pause_s, probation_s / _LOOKS))
    try:
        while (left_s := begun + probation_s - clock.now()) > 0:
            await clock.sleep(min(pause_s, left_s))
            if (await look(check, most_s=context.watching.look_s)).is_green:
                continue
            sight = await watch(check, (), None, context.watching, clock)
            if not sight.report.is_green:
                return _told(sight.report, clock.now() - begun, context)
    except Misuse as error:
        context.emit(EventKind.NOTE, "probation", f"It cannot be looked at any more: {error}")
        return None
    context.emit(EventKind.NOTE, "probation", f"It held for {probation_s:g} s.")
    return None


def _told(report: Report, after_s: float, context: Context) -> Report:
    red = "; ".join(f"{reading.probe}: {reading.detail}" for reading in report.failing)
    context.emit(EventKind.JUDGED, "probation", f"It did not last: red again after {after_s:.0f} s: {red}", green=False)
    return report


async def _set_to_reopen(loop: _Loop, state: State, relapse: Report, context: Context, ended: float) -> None:
    """Writes into the checkpoint of an ended run that it goes on at `reopen`; the next `advance` does.

    `ended` is when the verdict was given: from then on nobody worked on the run, so that time is not spent.
    """
    now = context.clock.now()
    worked = tick(state, context)
    spent = worked.model_copy(update={"seconds": max(state.spent.seconds, worked.seconds - (now - ended))})
    change: Change = {"report": relapse, "spent": spent, "ticked": now}
    await loop.aupdate_state(_thread(state.run), {**change, "next": "reopen"}, as_node="learn")


async def reopen(state: State, runtime: Runtime[Context]) -> Change:
    """What was done counts as tried and relapsed, and stays for now; its lessons are trusted less.

    What others changed since the verdict is theirs, and is the state that the run finds now.
    """
    context, plans = runtime.context, _done(state)
    came_of_it = f"It turned green and did not last. Red again: {_red(state.report)}"
    for plan in await _doubtful(plans, state, context):
        await give_back(plan, came_of_it, state, context)
    survey = dict(await context.world.survey())
    relapsed = tuple(
        Attempt(plan=each, came_of_it=came_of_it, ground=state.entry, stage=state.stage, symptom=state.report.symptom)
        for each in plans
    )
    return {
        "attempts": (*state.attempts, *relapsed),
        "spent": state.spent.model_copy(update={"attempts": state.spent.attempts + len(relapsed)}),
        "kept": state.entry, "kept_plans": plans, "plan": None, "cursor": 0, "observations": (),
        "found": survey, "survey": survey, "best": None, "answer": "", "answered_by": "", "giving_up": "",
        "aside": None, "allowed": (), "posture": await context.security.posture() if context.security else None,
        "verdict": None, "summary": "", "cause": None, "next": "observe",
    }  # fmt: skip


def _done(state: State) -> tuple[Plan, ...]:
    """All plans whose effects stand."""
    return (*state.kept_plans, *([state.plan] if state.plan else []))


def _red(report: Report) -> str:
    return "; ".join(f"{reading.probe}: {reading.detail}" for reading in report.failing)


async def _doubtful(plans: tuple[Plan, ...], state: State, context: Context) -> tuple[Plan, ...]:
    """The plans by the lessons that they followed, and by what this run was learned as."""
    followed = {plan.lesson: plan for plan in plans if plan.lesson}
    if not plans or context.lessons is None or state.trouble is None:
        return tuple(followed.values())
    try:
        known = await context.lessons.find(state.trouble)
    except Lost:
        raise
    except PrunellaError:
        known = ()
    learned = {each.id: plans[-1] for each in known if each.last_run == state.run}
    return tuple(plan.model_copy(update={"lesson": lesson}) for lesson, plan in {**learned, **followed}.items())
