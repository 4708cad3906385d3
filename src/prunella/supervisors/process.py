"""A service that Prunella starts itself. The child outlives us, and /proc is the only record of it."""

import asyncio
import os
import pwd
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

from prunella.commands import for_children, open_to_append
from prunella.domain.supervisor import ProcessSupervisor, ServiceStatus
from prunella.errors import Rejected, Transient
from prunella.supervisors.matching import CONFIG, TAG
from prunella.supervisors.ports import ports_of
from prunella.supervisors.processes import Instance, end_process, find_instances, uid_of
from prunella.supervisors.running_on import RunningOn, record_in

_NOTICE_S = 0.3
_POLL_S = 0.02
_LOOK_TIMEOUT_S = 10.0
_TAIL_BYTES = 4096
_TAIL_LINES = 10
_STOP_ROUNDS = 3


class ProcessService:
    """Supervisor of a `process` service; it knows its children by the tag in their environment, or adopts them."""

    def __init__(
        self,
        spec: ProcessSupervisor,
        *,
        service: str,
        tag: str,
        config_digest: Callable[[], str],
        output_folder: Path,
    ) -> None:
        self._spec, self._service, self._tag, self._config_digest = spec, service, tag, config_digest
        self.output = spec.output or output_folder / f"{service}.out"
        self._running_on = RunningOn(record_in(output_folder, service), config_digest)

    async def status(self) -> ServiceStatus:
        found = await self.instances()
        if not found:
            return ServiceStatus(running=False, detail="not running")
        first, strays = found[0], found[1:]
        also = f"; also running: {', '.join(f'pid {each.pid}' for each in strays)}" if strays else ""
        how = "" if first.tagged else ", started by somebody else"
        return ServiceStatus(
            running=True,
            pid=first.pid,
            started=first.started,
            config=self._running_on.config_of(first.pid, first.started) or first.config,
            detail=f"running as pid {first.pid}{how}{also}",
        )

    async def note_reload(self, config: str) -> None:
        """It has read the configuration of that digest again, without a stop."""
        self._running_on.note(await self.status(), config)

    async def instances(self) -> tuple[Instance, ...]:
        """The one that counts as the service (it listens, or is the oldest), then the strays."""
        try:
            async with asyncio.timeout(_LOOK_TIMEOUT_S):
                return await asyncio.to_thread(self._instances)
        except TimeoutError as error:
            raise Transient(f"The process table did not answer within {_LOOK_TIMEOUT_S:g} s.") from error

    def _instances(self) -> tuple[Instance, ...]:
        spec = self._spec
        found = find_instances(self._tag, spec.command, spec.cwd, spec.env, self.output, user=spec.user)
        if len(found) < 2:
            return found
        return tuple(sorted(found, key=lambda each: not ports_of(each.pid)))

    async def start(self) -> None:
        """Does nothing when it runs. Raises Rejected when it cannot be started, or ends at once."""
        if await self.instances():
            return
        self._must_exist()
        begin = self._output_size()
        child = await asyncio.to_thread(self._spawn)
        exit_code = await _early_exit(child)
        if exit_code is not None and not await self.instances():
            raise Rejected(f"{self._service} ended at once with exit code {exit_code}.{self._said_since(begin)}")

    async def stop(self) -> None:
        """Ends every instance, strays and orphans included. Raises Rejected when one does not end."""
        for _ in range(_STOP_ROUNDS):
            found = await self.instances()
            if not found:
                return
            ending = (end_process(each.pid, each.started, self._spec.stop_timeout_s) for each in found)
            for outcome in await asyncio.gather(*ending, return_exceptions=True):
                if isinstance(outcome, BaseException):
                    raise outcome
        if left := await self.instances():
            raise Rejected(f"{self._service} comes back when it is stopped (pid {left[0].pid}). Look who starts it.")

    async def restart(self) -> None:
        """Leaves it running when it could not be started again: that is found out first."""
        self._must_exist()
        await self.stop()
        await self.start()

    def _must_exist(self) -> None:
        """Raises Rejected when the executable, the folder or the user is missing."""
        name, cwd = self._spec.command[0], self._spec.cwd
        if not cwd.is_dir():
            raise Rejected(f"{self._service} cannot start: its folder {cwd} does not exist. Correct `cwd`.")
        path = self._spec.env.get("PATH", os.environ.get("PATH", os.defpath))
        if shutil.which(str(cwd / name) if "/" in name else name, path=path) is None:
            place = cwd if "/" in name else "PATH"
            raise Rejected(f"{self._service} cannot start: no executable {name} in {place}. Correct `command`.")
        if uid_of(self._spec.user) is None:
            raise Rejected(f"{self._service} cannot start: there is no user {self._spec.user}. Correct `user`.")

    def _spawn(self) -> "subprocess.Popen[bytes]":
        """The child, in a session of its own; a thread of ours reaps it so that it never stays a zombie."""
        own = {**self._spec.env, TAG: self._tag, CONFIG: self._config_digest()}
        environment = {**for_children(os.environ), **_home_of(self._spec.user), **own}
        try:
            with open_to_append(self.output) as output:
                child = subprocess.Popen(
                    self._spec.command,
                    cwd=self._spec.cwd,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    **_identity(self._spec.user),
                )
        except OSError as error:
            raise Rejected(f"{self._service} cannot start: {error}.") from error
        threading.Thread(target=child.wait, name=f"reap {self._service}", daemon=True).start()
        return child

    def _output_size(self) -> int:
        return self.output.stat().st_size if self.output.is_file() else 0

    def _said_since(self, begin: int) -> str:
        with self.output.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(begin, end - _TAIL_BYTES))
            lines = file.read(_TAIL_BYTES).decode(errors="replace").strip().splitlines()
        last = "\n".join(lines[-_TAIL_LINES:])
        return f" Its last words:\n{last}" if last else " It said nothing."


class _Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _identity(user: str) -> _Identity:
    """What the child becomes, with the groups of that user; nothing when it is to run as we do."""
    uid = uid_of(user)
    if uid is None or uid == os.getuid():
        return {}
    entry = pwd.getpwuid(uid)
    groups = os.getgrouplist(entry.pw_name, entry.pw_gid)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": groups}


def _home_of(user: str) -> dict[str, str]:
    uid = uid_of(user)
    if uid is None or uid == os.getuid():
        return {}
    entry = pwd.getpwuid(uid)
    return {"HOME": entry.pw_dir, "USER": entry.pw_name, "LOGNAME": entry.pw_name}


async def _early_exit(child: "subprocess.Popen[bytes]") -> int | None:
    """The exit code when the child ends within a moment, else None."""
    try:
        async with asyncio.timeout(_NOTICE_S):
            while (exit_code := child.poll()) is None:  # noqa: ASYNC110  a child sends no event
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        return None
    return exit_code
