"""What supervisord says of a program's processes, and how that is told."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import psutil


class State(IntEnum):
    """Of one process; the numbers are those of supervisord's API."""

    STOPPED = 0
    STARTING = 10
    RUNNING = 20
    BACKOFF = 30
    STOPPING = 40
    EXITED = 100
    FATAL = 200
    UNKNOWN = 1000


AT_REST = frozenset({State.STOPPED, State.EXITED, State.FATAL, State.UNKNOWN})
FAILED = frozenset({State.BACKOFF, State.EXITED, State.FATAL})


@dataclass(frozen=True)
class Child:
    """One process of a program. `pid` None: there is none now. `started` in epoch seconds, of the last start."""

    group: str
    name: str
    state: State
    pid: int | None
    started: float | None
    exit_status: int
    spawn_error: str
    logs: tuple[str, ...]

    @property
    def spec(self) -> str:
        """How supervisord is asked about it."""
        return f"{self.group}:{self.name}"

    @property
    def is_at_rest(self) -> bool:
        return self.state in AT_REST

    def __str__(self) -> str:
        match self.state:
            case State.RUNNING:
                return f"running as pid {self.pid}"
            case State.STARTING:
                return f"STARTING as pid {self.pid}: not up for long enough yet"
            case State.STOPPED:
                return "STOPPED: somebody stopped it" if self.started else "STOPPED: it was never started"
            case State.EXITED:
                return f"EXITED by itself with exit status {self.exit_status}"
            case State.BACKOFF | State.FATAL:
                tries = "supervisord gave up" if self.state is State.FATAL else "supervisord tries again"
                return f"{self.state.name}: {self.spawn_error or 'no reason given'}{_status(self)}; {tries}"
            case State.STOPPING | State.UNKNOWN:
                return self.state.name


def _status(child: Child) -> str:
    return f", exit status {child.exit_status}" if child.exit_status else ""


def children_in(answer: Iterable[Any]) -> tuple[Child, ...]:
    """From what `getAllProcessInfo` answers."""
    return tuple(_child(each) for each in answer)


def _child(told: dict[str, Any]) -> Child:
    pid = int(told["pid"]) or None
    known = State(told["state"]) if told["state"] in set(State) else State.UNKNOWN
    logs = (told.get("stderr_logfile"), told.get("stdout_logfile"))
    return Child(
        group=str(told["group"]),
        name=str(told["name"]),
        state=known,
        pid=pid,
        started=_start_of(pid) or (float(told["start"]) or None),
        exit_status=int(told.get("exitstatus") or 0),
        spawn_error=str(told.get("spawnerr") or ""),
        logs=tuple(str(log) for log in logs if log),
    )


def _start_of(pid: int | None) -> float | None:
    """To the hundredth; supervisord tells whole seconds."""
    if pid is None:
        return None
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def all_run(children: Sequence[Child]) -> bool:
    """False for none."""
    return bool(children) and all(child.state is State.RUNNING for child in children)


def summed_up(children: Sequence[Child]) -> str:
    """All in one line; that of a single one as it is."""
    if not children:
        return "not running: supervisord has no process of it"
    if len(children) == 1:
        return str(children[0])
    up = sum(child.state is State.RUNNING for child in children)
    others = "; ".join(f"{child.name} {child}" for child in children if child.state is not State.RUNNING)
    return f"{up} of {len(children)} processes run" + (f"; {others}" if others else "")


def oldest(children: Iterable[Child]) -> Child | None:
    """The one that started first of those that have a process."""
    alive = [child for child in children if child.pid is not None]
    return min(alive, key=lambda child: child.started or time.time(), default=None)
