"""What the loop costs a superstep when it does nothing, beside LangGraph alone."""

import time
from collections.abc import AsyncGenerator, Awaitable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from bench.figures import Cost, Figure
from prunella import Goal, Limits, tool
from prunella.agents.blank import BlankWorld
from prunella.domain.plan import LookUp, Plan, Proposal, Step
from prunella.domain.ruling import Autonomy
from prunella.domain.run import RunRecord
from prunella.domain.service import PolicySpec
from prunella.healing.context import Context, Patience
from prunella.policy.rules import Rules
from prunella.redaction.redactor import Redactor
from prunella.storage.events import EventFile
from prunella.telemetry.emitter import Emitter
from prunella.testing.models import ScriptedBrain
from prunella.tools.toolbox import Tools
from prunella.wiring.settings import Settings
from prunella.wiring.workshop import Workshop, new_run_id, open_workshop
from prunella.workers.advance import advance

_PAIRS = 25
_ROUNDS = 12
_SUPERSTEPS_A_ROUND = 5
_SUPERSTEPS_AROUND = 5
SUPERSTEPS = _ROUNDS * _SUPERSTEPS_A_ROUND + _SUPERSTEPS_AROUND
_MOST = 10_000


async def measure_superstep(folder: Path, pairs: int = _PAIRS) -> list[Figure]:
    """Both run in turns in this process, on the same disk, each superstep saved before the next begins."""
    ours: list[Cost] = []
    bare: list[Cost] = []
    async with open_workshop(Settings(folder / "home", {})) as workshop, _bare_graph(folder / "bare.db") as graph:
        for number in range(pairs + 1):
            ours.append(await _time_ours(workshop))
            bare.append(await _time_bare(graph, f"bare-{number}"))
    measured = list(zip(ours, bare, strict=True))[1:]  # the first warms up
    cpu_ratio = median(one.cpu_ms / other.cpu_ms for one, other in measured)
    return [
        _superstep("the loop, a superstep", ours[1:]),
        _superstep("LangGraph alone, a superstep", bare[1:]),
        Figure(
            "the loop beside LangGraph alone",
            median(one.wall_ms / other.wall_ms for one, other in measured),
            "x",
            aim=1.5,
            note=f"median of {pairs} pairs of {SUPERSTEPS} supersteps; processor time {cpu_ratio:.2f} x",
        ),
    ]


def _superstep(name: str, costs: Sequence[Cost]) -> Figure:
    return Figure(
        name,
        median(each.wall_ms for each in costs),
        "ms",
        note=f"of it processor {median(each.cpu_ms for each in costs):.2f} ms",
    )


async def _cost(work: Awaitable[object]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    await work
    spent_wall, spent_cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Cost(spent_wall * 1000 / SUPERSTEPS, spent_cpu * 1000 / SUPERSTEPS)


async def _time_ours(workshop: Workshop) -> Cost:
    """A run that looks up and is rejected in turns, writes nothing, and gives up."""
    record = RunRecord(id=new_run_id(), goal="Measure.", started=workshop.clock.now())
    record = await workshop.runs.open(record)
    cost = await _cost(advance(workshop.loop, record.id, _context(workshop, record)))
    await _assert_as_many(workshop.loop, {"configurable": {"thread_id": record.id}})
    return cost


async def _assert_as_many(graph: CompiledStateGraph[Any, Any, Any, Any], config: RunnableConfig) -> None:
    saved = await graph.aget_state(config)
    made = (saved.metadata or {}).get("step")
    assert made == SUPERSTEPS, f"{made} supersteps were made, not {SUPERSTEPS}"


def _context(workshop: Workshop, record: RunRecord) -> Context:
    """As an agent's, with a brain, a check and a tool that cost nothing."""
    redactor = Redactor()
    emitter = Emitter(record.id, workshop.clock, [EventFile(workshop.home, record.id)], redactor)
    return Context(
        goal=Goal(record.goal, check=lambda: False),
        world=BlankWorld(),
        brain=ScriptedBrain(*_thoughts()),
        tools=Tools([read_price], redacts=redactor),
        policy=Rules(PolicySpec(), Autonomy.AUTO, Path("bench")),
        journal=workshop.journal,
        runs=workshop.runs,
        clock=workshop.clock,
        emit=emitter.emit,
        token=record.token,
        since=workshop.clock.now(),
        limits=Limits(plans=_ROUNDS * 3),
        patience=Patience(window_s=0.0, same_s=0.0, pause_s=0.0),
    )


def _thoughts() -> Iterator[Proposal]:
    for number in range(_ROUNDS):
        yield LookUp(steps=(Step(tool="read_price", arguments={"name": f"tea {number}"}),))
        yield Plan(cause="a guess", steps=(Step(tool="set_price", arguments={"name": f"tea {number}"}),))


@tool
async def read_price(name: str) -> int:
    """Read the price of one thing on the shelf.

    Args:
        name: what stands on the shelf
    """
    return len(name)


@dataclass(frozen=True)
class Tiny:
    """The least that a graph can carry."""

    count: int = 0


@asynccontextmanager
async def _bare_graph(path: Path) -> AsyncGenerator[CompiledStateGraph[Tiny, Any, Tiny, Tiny]]:
    graph = StateGraph(Tiny)
    graph.add_node("count", _count)
    graph.add_edge(START, "count")
    graph.add_conditional_edges("count", _on_or_end, ["count", END])
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        await saver.setup()
        yield graph.compile(checkpointer=saver)


async def _count(state: Tiny) -> dict[str, int]:
    return {"count": state.count + 1}


async def _on_or_end(state: Tiny) -> str:
    return END if state.count == SUPERSTEPS else "count"


async def _time_bare(graph: CompiledStateGraph[Tiny, Any, Tiny, Tiny], thread: str) -> Cost:
    config: RunnableConfig = {"configurable": {"thread_id": thread}, "recursion_limit": _MOST}
    cost = await _cost(graph.ainvoke(Tiny(), config, durability="sync"))
    await _assert_as_many(graph, config)
    return cost
