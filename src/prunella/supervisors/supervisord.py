"""A program that a real supervisord starts, stops and reports, asked over its XML-RPC."""

import asyncio
from pathlib import Path

from prunella.domain.supervisor import ProcessSupervisor, ServiceStatus, SupervisordSupervisor
from prunella.errors import PrunellaError, Rejected
from prunella.supervisors.running_on import RunningOn
from prunella.supervisors.supervisord_daemon import as_process, daemon_of, endpoint_of
from prunella.supervisors.supervisord_disk import Disk, disk_of, must_start, oddities
from prunella.supervisors.supervisord_rpc import Fault, Refusal, Rpc
from prunella.supervisors.supervisord_state import (
    FAILED,
    Child,
    State,
    all_run,
    children_in,
    oldest,
    summed_up,
)

__all__ = ["SupervisordService", "as_process"]

_POLL_S = 0.1
_NOTICE_S = 0.3
_PATIENCE_S = {State.BACKOFF: 3.0, State.EXITED: 0.5, State.FATAL: 0.0}
"""How long a failed process may take to come up after all; of one that ended by itself supervisord decides at once."""
_TAIL_BYTES = 2000
_TAIL_LINES = 10
_HARMLESS = {Fault.ALREADY_STARTED, Fault.NOT_RUNNING, Fault.SPAWN_ERROR}
"""Faults that say nothing new: the state of the process tells, and why."""


class SupervisordService:
    """Supervisor of a program of supervisord. Before it is started, a change of its section is taken over: of its
    group and of no other.
    """

    def __init__(self, spec: SupervisordSupervisor, *, service: str, running_on: RunningOn) -> None:
        self._spec, self._service, self._running_on = spec, service, running_on
        self._rpc = Rpc(lambda: endpoint_of(spec, daemon_of(spec)), f"supervisord -c {spec.config}")
        self._logs: tuple[Path, ...] = ()

    @property
    def outputs(self) -> tuple[Path, ...]:
        """The files that take what it prints, errors first; () when supervisord names them and was not asked yet."""
        if not self._logs:
            disk = disk_of(self._spec)
            self._logs = disk.absolute(disk.logs)
        return self._logs

    async def status(self) -> ServiceStatus:
        """Running means RUNNING, and all of several. Raises Rejected when supervisord cannot be asked."""
        disk, children = await self._look()
        first = oldest(children)
        failed = next((child for child in children if child.state in FAILED), None)
        said = await self._last_words(failed) if failed else ""
        status = ServiceStatus(
            running=all_run(children),
            pid=first.pid if first else None,
            started=first.started if first else None,
            detail="; ".join((summed_up(children), *oddities(disk, children))) + (f".{said}" if said else ""),
        )
        return self._running_on.told(status)

    async def start(self) -> None:
        """Does nothing when it runs. Raises Rejected when it cannot be started, or does not stay up."""
        disk, children = await self._look()
        if not all_run(children):
            await self._bring_up(disk, from_rest=False)

    async def stop(self) -> None:
        """Raises Rejected when it does not end."""
        disk, children = await self._look()
        for child in children:
            if not child.is_at_rest:
                await self._order("stopProcess", child.spec)
        await self._until_at_rest(disk)

    async def restart(self) -> None:
        """Leaves it running when it could not be started again: that is found out first."""
        disk, _ = await self._look()
        await self._bring_up(disk, from_rest=True)

    async def pids(self) -> tuple[int, ...]:
        """Of all its processes, the oldest first."""
        _, children = await self._look()
        alive = [child for child in children if child.pid is not None]
        return tuple(child.pid or 0 for child in sorted(alive, key=lambda child: child.started or 0.0))

    async def daemon_pid(self) -> int:
        """Of the supervisord itself."""
        return int(await self._rpc.call("getPID"))

    def as_process(self) -> ProcessSupervisor | None:
        """By its section on disk; None where that does not tell."""
        return as_process(self._spec)

    async def note_reload(self, config: str) -> None:
        """It has read the configuration of that digest again, without a stop."""
        self._running_on.note(await self.status(), config)

    async def _bring_up(self, disk: Disk, *, from_rest: bool) -> None:
        must_start(self._service, disk)
        config = self._running_on.digest()
        is_new = await self._take_over(disk)
        if from_rest and not is_new:
            await self.stop()
        for process in disk.processes:
            await self._order("startProcess", process)
        await self._until_running()
        self._running_on.note(await self.status(), config)

    async def _take_over(self, disk: Disk) -> bool:
        """Have supervisord use the section as it is on disk: True when that stopped it, or it is new."""
        ((added, changed, _),) = await self._rpc.call("reloadConfig")
        if disk.group in changed:
            await self._must_be_alone(disk)
            await self.stop()
            await self._rpc.call("removeProcessGroup", disk.group)
        elif disk.group not in added:
            return False
        await self._rpc.call("addProcessGroup", disk.group)
        return True

    async def _must_be_alone(self, disk: Disk) -> None:
        """Supervisord takes a change over for a whole group only: others in it would be restarted too."""
        others = [each.name for each in await self._all() if each.group == disk.group and not disk.owns(each)]
        if others:
            raise Rejected(
                f"{self._service} is one of the group {disk.group}, whose configuration has changed: to take that over "
                f"{', '.join(others)} would be restarted too, so nothing was touched. Declare "
                f'program = "{disk.group}", or run `supervisorctl update {disk.group}` by hand.'
            )

    async def _order(self, method: str, child: str) -> None:
        answer = await self._rpc.ask(method, child, False)
        if isinstance(answer, Refusal) and answer.fault not in _HARMLESS:
            raise Rejected(f"supervisord cannot {method.removesuffix('Process')} {child}: {answer.text}.")

    async def _until_running(self) -> None:
        """Supervisord may try again for a moment: what it needs may be starting too."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._spec.timeout_s
        given_up, known = deadline, _Known()
        while True:
            disk, children = await self._look()
            if all_run(children) and (disk.start_s or known.for_s(children) > _NOTICE_S):
                return
            failed = next((child for child in children if child.state in FAILED), None)
            if failed:
                given_up = min(given_up, loop.time() + _PATIENCE_S[failed.state])
            if failed and loop.time() >= given_up:
                said = await self._last_words(failed)
                raise Rejected(f"{self._service} does not stay up: {summed_up(children)}.{said}")
            if loop.time() > deadline:
                told = f"{self._service} is not up after {self._spec.timeout_s:g} s: {summed_up(children)}"
                raise Rejected(f"{told}. Look at its log and at `startsecs`.")
            await asyncio.sleep(_POLL_S)

    async def _until_at_rest(self, disk: Disk) -> None:
        """By two looks in a row: after an exit, supervisord may be about to start it again."""
        loop = asyncio.get_running_loop()
        patience = disk.stop_wait_s + self._spec.timeout_s
        deadline, quiet = loop.time() + patience, 0
        while quiet < 2:
            moving = [child for child in (await self._look())[1] if not child.is_at_rest]
            quiet = 0 if moving else quiet + 1
            if loop.time() > deadline:
                raise Rejected(f"{self._service} does not stop within {patience:g} s: {summed_up(moving)}.")
            for child in moving:
                if child.state is not State.STOPPING:
                    await self._order("stopProcess", child.spec)
            await asyncio.sleep(_POLL_S / 2)

    async def _look(self) -> tuple[Disk, tuple[Child, ...]]:
        disk, found = await asyncio.to_thread(disk_of, self._spec), await self._all()
        own = tuple(child for child in found if disk.owns(child))
        self._logs = disk.absolute(log for child in own for log in child.logs) or self._logs
        return disk, own

    async def _all(self) -> tuple[Child, ...]:
        return children_in(await self._rpc.call("getAllProcessInfo"))

    async def _last_words(self, child: Child) -> str:
        """The end of what it printed, errors first; "" when it said nothing, or supervisord cannot tell."""
        for stream in ("Stderr", "Stdout"):
            try:
                answer = await self._rpc.ask(f"tailProcess{stream}Log", child.spec, 0, _TAIL_BYTES)
            except PrunellaError:
                return ""
            said = "" if isinstance(answer, Refusal) else str(answer[0]).strip()
            if said:
                last = "\n".join(said.splitlines()[-_TAIL_LINES:])
                return f" Its last words:\n{last}"
        return ""


class _Known:
    """For how long the same processes have been there: with startsecs=0 supervisord says RUNNING at once."""

    def __init__(self) -> None:
        self._pids: tuple[int | None, ...] = ()
        self._since = 0.0

    def for_s(self, children: tuple[Child, ...]) -> float:
        now, pids = asyncio.get_running_loop().time(), tuple(child.pid for child in children)
        if pids != self._pids:
            self._pids, self._since = pids, now
        return now - self._since
