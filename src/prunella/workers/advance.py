"""One call that starts, continues or answers a run; idempotent."""

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command
from langsmith import tracing_context  # pyright: ignore[reportUnknownVariableType] -- its **kwargs are untyped

from prunella.domain.ruling import ApprovalRequest, Decision
from prunella.healing.context import Context
from prunella.healing.graph import Loop
from prunella.healing.state import State

_MOST_SUPERSTEPS = 10_000  # the run's own limits end it long before


async def advance(loop: Loop, run: str, context: Context, answer: Decision | None = None) -> State | ApprovalRequest:
    """Load the run's checkpoint and go on from there, to its end or to the next question for a human.

    A run without a checkpoint starts. `answer` is the answer to the question that the last call returned; a question
    that got none comes again, under the same `id`.
    """
    config: RunnableConfig = {
        "configurable": {"thread_id": run},
        "recursion_limit": _MOST_SUPERSTEPS,
    }
    saved = await loop.aget_state(config)
    begin = State(run=run, ticked=context.clock.now()) if saved.created_at is None else None
    step: State | Command[str] | None = Command(resume=answer.model_dump(mode="json")) if answer else begin
    with tracing_context(enabled=False):  # LangSmith's own hook would send the whole state off this machine
        outcome = await loop.ainvoke(step, config, context=context, durability="sync", version="v2")
    if outcome.interrupts:
        question = outcome.interrupts[0]
        return ApprovalRequest.model_validate(question.value).model_copy(update={"id": question.id})
    return outcome.value
