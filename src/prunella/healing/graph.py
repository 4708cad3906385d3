"""The loop, on one screen.

    observe → diagnose → plan → vet → approve → intend → act ──┬→ (more steps) intend
       ▲          ▲        ▲      │        │                   └→ judge ─┬→ commit → learn → end
       │          └ look up┘      └ no ────┴─────────────┐               ├→ progress: keep what was done, look again
       ├──────────────────────────────────── reflect ◀───┴─────── undo ◀─┘→ all put back: escalate → end
       └─────────────────────────────────────────────── a relapse while on probation: reopen

`vet` rehearses the plan on a shadow; `commit` compares the guards, and shows the cause on the shadow.
"""

from typing import Any, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from prunella.healing.acting import act, intend
from prunella.healing.approving import approve
from prunella.healing.context import Context
from prunella.healing.judging import commit, judge, learn
from prunella.healing.observing import diagnose, observe
from prunella.healing.planning import plan
from prunella.healing.probation import reopen
from prunella.healing.state import Change, State
from prunella.healing.undoing import escalate, reflect, undo
from prunella.healing.vetting import vet

Loop = CompiledStateGraph[State, Context, State, State]


class Node(Protocol):
    """One station of the loop."""

    async def __call__(self, state: State, runtime: Runtime[Context]) -> Change: ...


def build_loop(checkpointer: BaseCheckpointSaver[Any], **instead: Node) -> Loop:
    """The compiled loop. Run it with `durability="sync"`: it touches the world.

    `instead` swaps nodes by their names: the tests of the laws break them so, one at a time.
    """
    graph = StateGraph(State, context_schema=Context)
    goes = {
        observe: ["diagnose", "judge", "learn"],
        diagnose: ["plan"],
        plan: ["vet", "observe", "diagnose", "plan", "judge", "undo", "commit"],
        vet: ["approve", "vet", "reflect", "undo", "commit"],
        approve: ["intend", "vet", "reflect", "undo", "commit"],
        intend: ["act", "observe", "undo"],
        act: ["intend", "judge"],
        judge: ["commit", "observe", "diagnose", "undo", "reflect"],
        undo: ["reflect", "escalate", "end"],
        reflect: ["observe", "plan", "undo", "commit"],
        commit: ["learn", "undo", "end"],
        learn: ["reopen", "end"],
        reopen: ["observe"],
        escalate: ["end"],
    }
    graph.add_edge(START, "observe")
    for node, targets in goes.items():
        graph.add_node(node.__name__, instead.get(node.__name__, node))
        graph.add_conditional_edges(node.__name__, _next, {name: END if name == "end" else name for name in targets})
    return graph.compile(checkpointer=checkpointer)


async def _next(state: State) -> str:
    """Async because LangGraph sends any other function to a thread, at every step."""
    return state.next
