"""Making a running service read its configuration again without a stop."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from prunella.cancelling import to_the_end
from prunella.commands import run_command
from prunella.domain.frozen import JsonValue
from prunella.domain.supervisor import ServiceStatus
from prunella.domain.tool import Prepared
from prunella.errors import Irrecoverable, Rejected
from prunella.protocols import Rereading, Tool
from prunella.supervisors.reloading import Reload, refusal_in, reload_of
from prunella.supervisors.roots import roots_of
from prunella.tools.choices import offering
from prunella.tools.packs.service_states import (
    Before,
    before_of,
    disk_digest,
    must_pass,
    prepared_for,
    put_back,
    supervisor_of,
)
from prunella.tools.tool import tool
from prunella.world.fleet_world import FleetWorld

ServiceName = Annotated[str, Field(description="a service of the fleet, as listed")]

_COMMAND_S = 30.0
_WATCHED_S = 0.7
_POLL_S = 0.1
_MOST_BYTES = 65_536


def reload_tools(world: FleetWorld) -> tuple[Tool, ...]:
    """The one tool, for those services that declare how, or are known to; none when there are none."""
    able = tuple(name for name in world.supervised if reload_of(world.fleet.services[name]) is not None)
    if not able:
        return ()
    deed = _Reloading(world)
    made = tool(
        risk="change", name="services.reload", before=deed.before, undo=deed.undo, applied=deed.applied, settles=True
    )(deed.reload)
    made.spec = offering(made.spec, service=able)
    return (made,)


@dataclass(frozen=True)
class _Reloading:
    world: FleetWorld

    async def reload(self, service: ServiceName) -> str:
        """Make a running service read its configuration again without a stop, after its pre-flight was green."""
        how = self._how(service)
        await must_pass(self.world, service)
        await to_the_end(self._carry_out(service, how))
        return f"{service} has read its configuration on disk again"

    async def before(self, service: str) -> Prepared:
        before = await before_of(self.world, service)
        self._how(service)
        if not before.status.running:
            return Prepared(instead="services.start", note=f"{service} does not run")
        return prepared_for(before)

    async def undo(self, before: JsonValue) -> None:
        """Read the files again, which are as before by now. Where they are not what it ran on, and it refuses them,
        it is left running on what it has.
        """
        was = Before.model_validate(before)
        now = await supervisor_of(self.world, was.service).status()
        if not now.running:
            await put_back(self.world, was)
        elif now.config is None or now.config != was.status.config:
            await self._read_again(was)

    async def applied(self, _: dict[str, JsonValue], before: JsonValue) -> bool | None:
        """Always: a signal leaves no trace, and to take back what did not take place does no harm."""
        del before
        return True

    async def _read_again(self, was: Before) -> None:
        ran_on_this = was.status.config == disk_digest(self.world, was.service)
        try:
            await must_pass(self.world, was.service)
            await self._carry_out(was.service, self._how(was.service))
        except Rejected as error:
            if ran_on_this:
                raise Irrecoverable(f"{was.service} does not take its old configuration back: {error}") from error

    async def _carry_out(self, service: str, how: Reload) -> None:
        supervisor, config = supervisor_of(self.world, service), disk_digest(self.world, service)
        was = await supervisor.status()
        logs = _Ends.of(self._logs(service))
        self.world.note_start(service)
        await (self._signal(service, how) if how.signal else self._command(service, how))
        await self._watch(service, was, logs)
        if isinstance(supervisor, Rereading):
            await supervisor.note_reload(config)

    async def _command(self, service: str, how: Reload) -> None:
        result = await run_command(how.command, how.cwd, _COMMAND_S)
        if not result.ok:
            ended = "no answer in time" if result.exit_code is None else f"exit code {result.exit_code}"
            said = result.output.strip()[-600:]
            raise Rejected(f"`{' '.join(how.command)}` did not reload {service}: {ended}. {said}".rstrip())

    async def _signal(self, service: str, how: Reload) -> None:
        """To its first process; to each of several that a supervisor runs side by side."""
        own = [root for root in await roots_of(self.world.supervised.get(service)) if not root.is_stray]
        if not own or how.signal is None:
            raise Rejected(f"No process of {service} is known, so none can be told to reload. Restart it.")
        try:
            for root in own:
                os.kill(root.pid, how.signal)
        except OSError as error:
            raise Rejected(f"{service} cannot be told to reload: {error}. Declare `reload`, or restart it.") from error

    async def _watch(self, service: str, was: ServiceStatus, logs: "_Ends") -> None:
        """For a moment. Whether it took effect is for the probes to say; that it did not, its log or its end may."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _WATCHED_S
        while loop.time() < until:
            now = await supervisor_of(self.world, service).status()
            if not now.running:
                raise Rejected(f"{service} ended at the reload (it was pid {was.pid}): {now.detail}")
            if said := refusal_in(logs.news()):
                told = self.world.redactor.text(said)
                raise Rejected(f"{service} runs on, but did not take its configuration over: {told}")
            await asyncio.sleep(_POLL_S)

    def _logs(self, service: str) -> tuple[Path, ...]:
        printed = getattr(self.world.supervised.get(service), "outputs", ())
        return tuple(dict.fromkeys((*self.world.log_paths(self.world.fleet.services[service]), *printed)))

    def _how(self, service: str) -> Reload:
        """Raises Rejected for a service that knows no reload."""
        supervisor_of(self.world, service)
        how = reload_of(self.world.fleet.services[service])
        if how is None:
            raise Rejected(f"{service} declares no `reload`: only a restart makes it read its configuration.")
        return how


@dataclass(frozen=True)
class _Ends:
    """Where each log ended."""

    sizes: Mapping[Path, int]

    @classmethod
    def of(cls, paths: tuple[Path, ...]) -> "_Ends":
        return cls({path: path.stat().st_size if path.is_file() else 0 for path in paths})

    def news(self) -> list[str]:
        """The lines that were written since."""
        return [line for path, size in self.sizes.items() for line in _read_from(path, size)]


def _read_from(path: Path, begin: int) -> list[str]:
    try:
        if not path.is_file():
            return []
        with path.open("rb") as file:
            file.seek(begin)
            return file.read(_MOST_BYTES).decode(errors="replace").splitlines()
    except OSError:
        return []
