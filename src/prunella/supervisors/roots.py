"""The processes of a service, whoever supervises it, and second instances of it that nobody supervises."""

import asyncio
from dataclasses import dataclass

import psutil

from prunella.errors import PrunellaError
from prunella.protocols import Supervisor
from prunella.supervisors.ports import family_of
from prunella.supervisors.process import ProcessService
from prunella.supervisors.processes import find_instances
from prunella.supervisors.supervisord import SupervisordService

_NO_TAG = "supervisord"  # its programs carry no tag of ours: they are known by their command alone


@dataclass(frozen=True)
class Root:
    """A process of a service that descends from no other of it. `is_stray`: its supervisor does not know it."""

    pid: int
    started: float
    is_stray: bool = False


async def roots_of(supervisor: Supervisor | None) -> tuple[Root, ...]:
    """The one that counts first, strays last; empty when it does not run, or when that cannot be told."""
    try:
        match supervisor:
            case None:
                return ()
            case ProcessService():
                found = await supervisor.instances()
                return tuple(Root(each.pid, each.started, number > 0) for number, each in enumerate(found))
            case SupervisordService():
                own, daemon = await supervisor.pids(), await supervisor.daemon_pid()
                return await asyncio.to_thread(_with_strays, supervisor, own, daemon)
            case _:
                status = await supervisor.status()
                known = status.pid is not None and status.started is not None
                return (Root(status.pid or 0, status.started or 0.0),) if known else ()
    except PrunellaError:
        return ()


def _with_strays(supervisor: SupervisordService, own: tuple[int, ...], daemon: int) -> tuple[Root, ...]:
    """Nothing that supervisord started, or is just starting, is a stray; what another one left behind is."""
    program = supervisor.as_process()
    if program is None:
        return _roots(own)
    below = family_of(daemon).union(*(family_of(pid) for pid in own))
    found = find_instances(_NO_TAG, program.command, program.cwd, program.env, user=program.user)
    strays = tuple(Root(each.pid, each.started, is_stray=True) for each in found if each.pid not in below)
    return _roots(own) + strays


def _roots(pids: tuple[int, ...]) -> tuple[Root, ...]:
    return tuple(Root(pid, started) for pid in pids if (started := _start_of(pid)) is not None)


def _start_of(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None
