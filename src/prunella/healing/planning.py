"""Think: ask the brain what to do next, within the limits."""

import json
from typing import assert_never

from langgraph.runtime import Runtime

from prunella.domain.brief import WORDS, Brief
from prunella.domain.plan import Answer, LookUp, Plan, Proposal, Unsure
from prunella.domain.run import EventKind, Spent
from prunella.domain.usage import Usage
from prunella.errors import Exhausted, Transient
from prunella.healing.context import Context
from prunella.healing.despair import give_up, in_words, no_idea, refused
from prunella.healing.excerpts import focused
from prunella.healing.limits import attempts_spent, exhausted, note, spent_today, tick
from prunella.healing.state import Change, State


async def plan(state: State, runtime: Runtime[Context]) -> Change:
    """Ask the brain; it sees everything that is known and nothing that is not in the state."""
    context = runtime.context
    spent = tick(state, context)
    limit = await _limit(state, spent, context)
    if limit is not None:
        return give_up(state, str(limit)) | {"spent": spent, "ticked": context.clock.now()}
    brief, before = await _brief(state, context), context.brain.usage
    try:
        proposal = await context.brain.propose(brief)
    except Transient as error:
        proposal = Unsure(why=f"{context.brain.name} could not be asked: {error}")
    paid = _paid(tick(state, context), context.brain.usage - before)
    await note(state.run, paid, context)
    change: Change = {
        "spent": paid,
        "ticked": context.clock.now(),
        "climbs": (*state.climbs, *proposal.climbed),
    }
    return change | _received(state, context, proposal)


async def _limit(state: State, spent: Spent, context: Context) -> Exhausted | None:
    own = exhausted(spent, context.limits) or attempts_spent(state, "", context.limits)
    return own or await spent_today(state.run, spent, context)


def _paid(spent: Spent, usage: Usage) -> Spent:
    more = {"plans": spent.plans + 1, "tokens": spent.tokens + usage.tokens, "dollars": spent.dollars + usage.dollars}
    return spent.model_copy(update=more)


def _received(state: State, context: Context, proposal: Proposal) -> Change:
    match proposal:
        case LookUp() if all(step.key in state.looked for step in proposal.steps):
            return refused(state, context, in_words(proposal), "This was looked up before: the answer is above.")
        case LookUp():
            return {"lookups": proposal.steps, "next": "diagnose"}
        case Unsure():
            context.emit(EventKind.REFLECTION, "plan", proposal.why, brain=proposal.by or context.brain.name)
            return no_idea(state, proposal.why)
        case Answer() | Plan():
            spent = attempts_spent(state, proposal.by, context.limits)
            return give_up(state, str(spent)) if spent else _attempt(state, context, proposal)
        case _:
            assert_never(proposal)


def _attempt(state: State, context: Context, proposal: Answer | Plan) -> Change:
    if isinstance(proposal, Answer):
        return _answered(state, context, proposal)
    _show_plan(context, proposal)
    return {"plan": proposal, "insists": False, "cursor": 0, "observations": (), "next": "vet"}


async def _brief(state: State, context: Context) -> Brief:
    goal, stage = context.goal, context.stages[state.stage]
    text = goal.text if stage is goal else f"{goal.text}\nFirst: {stage.text}"
    if stage.output is not None:
        text += f"\nAnswer with JSON of this schema: {json.dumps(stage.output.model_json_schema())}"
    return Brief(
        goal=text,
        report=state.report,
        evidence=await focused(state.evidence, context, _question(text, state)),
        tools=context.tools.specs,
        attempts=state.attempts,
        rejections=state.rejections,
        limits=context.limits,
        spent=state.spent,
        lessons=state.lessons,
        known_as=state.trouble.fingerprint if state.trouble else "",
        climbs=state.climbs,
        kept=state.kept_plans,
        looked=state.looked,
        ground=state.kept,
        stage=state.stage,
        wants_words=stage.wants_answer or stage.check is None,
        optimising=f"{goal.objective.name}: {state.best}" if goal.objective and state.is_optimising else "",
    )


def _question(goal: str, state: State) -> str:
    """What the excerpts of large texts should answer: the goal, what is red, what failed last."""
    failing = [f"{reading.probe}: {reading.detail}" for reading in state.report.failing]
    errors = [each.message for attempt in state.attempts[-1:] for each in attempt.observations if not each.ok]
    return "\n".join([goal, *failing, *errors])


def _show_plan(context: Context, proposal: Plan) -> None:
    data = proposal.model_dump(mode="json") | {
        "key": proposal.key,
        "brain": proposal.by or context.brain.name,
    }
    context.emit(EventKind.SUSPICION, "plan", proposal.cause, because=list(proposal.because))
    context.emit(EventKind.PLAN, "plan", "; ".join(str(step) for step in proposal.steps), **data)


def _answered(state: State, context: Context, answer: Answer) -> Change:
    """Words end a run only where nothing could contradict them; a brain is told so once."""
    stage = context.stages[state.stage]
    if stage.wants_answer:
        return {"answer": answer.text, "answered_by": answer.by, "plan": None, "next": "judge"}
    if stage.check is None and stage is not context.goal:
        return {"stage": state.stage + 1, "plan": None, "next": "observe"}
    if stage.check is None:
        return {"answer": answer.text, "next": "commit"}
    return refused(
        state, context, WORDS, f"The brain answered instead of acting, and the check is still red: {answer.text}"
    )
