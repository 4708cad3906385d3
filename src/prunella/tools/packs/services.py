"""The services pack: look at services, start, stop and restart them, so that it can be put back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from prunella.cancelling import to_the_end
from prunella.domain.frozen import JsonValue
from prunella.domain.supervisor import ServiceStatus
from prunella.domain.tool import Prepared
from prunella.errors import Rejected
from prunella.protocols import Supervisor, Tool
from prunella.supervisors.ports import ports_of
from prunella.supervisors.processes import end_process
from prunella.supervisors.roots import Root, roots_of
from prunella.supervisors.strays import Stray, revive
from prunella.tools.choices import offering
from prunella.tools.packs.service_reload import ServiceName, reload_tools
from prunella.tools.packs.service_states import Before, before_of, must_pass, prepared_for, put_back, supervisor_of
from prunella.tools.tool import FunctionTool, tool
from prunella.world.fleet_world import FleetWorld, is_stale
from prunella.world.listening import who_listens


@dataclass(frozen=True)
class ServicesPack:
    """Tools over the services of one fleet. A start is preceded by the service's own pre-flight, so that a fault that
    sleeps on disk is not woken. Ctrl-C waits for a deed that has begun: a process on its way down looks like one that
    runs, and an undo would believe it.
    """

    world: FleetWorld

    def tools(self) -> tuple[Tool, ...]:
        """Three readers, four deeds, and a reload where a service knows one. Undoing a deed reads the files that other
        undos restore, hence `settles`.
        """
        tools = (
            tool(name="services.status")(self.status),
            tool(name="services.read_log")(self.read_log),
            tool(name="services.preflight")(self.preflight),
            self._deed("services.start", self.start, self.before_start, lambda now, _: now.running),
            self._deed("services.stop", self.stop, self.before_stop, lambda now, _: not now.running),
            self._deed("services.restart", self.restart, self.before_restart, _is_another),
            tool(
                risk="interrupt", name="services.free_address", before=self.before_free,
                undo=self.undo_free, applied=self.is_free, settles=True,
            )(self.free_address),
        )  # fmt: skip
        for each in tools:
            each.spec = offering(each.spec, service=tuple(self.world.supervised))
        return (*tools, *reload_tools(self.world))

    async def status(self, service: ServiceName) -> str:
        """Tell whether a service runs, since when, and on which ports it listens."""
        status = await self._supervisor(service).status()
        ports = [str(each.port) for each in await who_listens(self.world.supervised) if each.service == service]
        return (status.detail or f"running: {status.running}") + (f", listening on {', '.join(ports)}" if ports else "")

    async def read_log(
        self,
        service: ServiceName,
        lines: Annotated[int, Field(description="how many of the newest lines", ge=1, le=200)] = 40,
    ) -> str:
        """Read the newest lines of a service's logs, with secrets blacked out."""
        self._supervisor(service)
        paths = self.world.log_paths(self.world.fleet.services[service])
        text = "\n".join(line for path in paths for line in self.world.logs.read(path)[-lines:])
        return self.world.redactor.text(text)

    async def preflight(self, service: ServiceName) -> str:
        """Run a service's own pre-flight, which says whether its configuration on disk would be accepted."""
        self._supervisor(service)
        result = await self.world.preflight(service)
        if result is None:
            return f"{service} declares no pre-flight"
        return self.world.redactor.text(f"exit {result.exit_code}\n{result.output}")

    async def start(self, service: ServiceName) -> str:
        """Start a stopped service, after its pre-flight was green."""
        supervisor = self._supervisor(service)
        await must_pass(self.world, service)
        self.world.note_start(service)
        await to_the_end(supervisor.start())
        return f"{service} is running"

    async def stop(self, service: ServiceName) -> str:
        """Stop a running service and leave it stopped."""
        await to_the_end(self._supervisor(service).stop())
        return f"{service} is stopped"

    async def restart(self, service: ServiceName) -> str:
        """Restart a service so that it reads its configuration again, after its pre-flight was green."""
        supervisor = self._supervisor(service)
        await must_pass(self.world, service)
        self.world.note_start(service)
        await to_the_end(supervisor.restart())
        return f"{service} is running on its configuration on disk"

    async def before_start(self, service: str) -> Prepared:
        before = await before_of(self.world, service)
        if before.status.running:
            return Prepared(instead="services.restart", note=f"{service} runs already")
        return prepared_for(before)

    async def before_stop(self, service: str) -> Prepared:
        before = await before_of(self.world, service)
        if not before.status.running:
            raise Rejected(f"{service} does not run.")
        return prepared_for(before)

    async def before_restart(self, service: str) -> Prepared:
        before = await before_of(self.world, service)
        stale = is_stale(self.world.fleet.services[service], before.status)
        note = (
            "It runs on another configuration than the one on disk, so this restart cannot be undone." if stale else ""
        )
        return prepared_for(before).model_copy(update={"reversible": not stale, "note": note})

    async def put_back(self, before: JsonValue) -> None:
        """Running or stopped as before, on the configuration that it ran on before."""
        await put_back(self.world, Before.model_validate(before))

    async def free_address(
        self, service: ServiceName, port: Annotated[int, Field(description="the port that is held", ge=1, le=65535)]
    ) -> str:
        """End a stray process of ours (a second instance of the service) that holds a port."""
        stray = await self._stray(service, port)
        await to_the_end(end_process(stray.pid, stray.started, 10.0))
        return f"port {port} is free"

    async def before_free(self, service: str, port: int) -> Prepared:
        before = await before_of(self.world, service)
        stray, instances = await self._stray(service, port), await self._roots(service)
        before = before.model_copy(update={"stray": stray, "instances": len(instances)})
        return prepared_for(before, f"port:{port}")

    async def undo_free(self, before: JsonValue) -> None:
        """Start the stray again as it was: command, folder and environment; not when an undo that was cut short did."""
        was = Before.model_validate(before)
        if was.stray is not None and len(await self._roots(was.service)) < was.instances:
            await revive(was.stray)

    async def is_free(self, _: dict[str, JsonValue], before: JsonValue) -> bool:
        """The stray is gone; who took the port since does not matter."""
        was = Before.model_validate(before)
        left = {(each.pid, each.started) for each in await self._roots(was.service)}
        return was.stray is None or (was.stray.pid, was.stray.started) not in left

    def _deed(
        self,
        name: str,
        run: Callable[..., Awaitable[str]],
        before: Callable[..., Awaitable[Prepared]],
        is_done: Callable[[ServiceStatus, ServiceStatus], bool | None],
    ) -> FunctionTool[..., Awaitable[str]]:
        async def applied(_: dict[str, JsonValue], recorded: JsonValue) -> bool | None:
            was = Before.model_validate(recorded)
            return is_done(await self._supervisor(was.service).status(), was.status)

        return tool(
            risk="interrupt", name=name, before=before, undo=self.put_back, applied=applied, settles=True
        )(run)  # fmt: skip

    async def _stray(self, service: str, port: int) -> Stray:
        """Its root: what a wrapper started goes and comes with it."""
        self._supervisor(service)
        for each in await self._roots(service):
            if each.is_stray and port in ports_of(each.pid):
                return Stray.of(each.pid)
        raise Rejected(f"No stray process of {service} listens on port {port}.")

    async def _roots(self, service: str) -> tuple[Root, ...]:
        """The processes of a service as far as they can be told, strays last."""
        return await roots_of(self.world.supervised.get(service))

    def _supervisor(self, service: str) -> Supervisor:
        """Raises Rejected for a service that is unknown, or that nothing supervises."""
        return supervisor_of(self.world, service)


def _is_another(now: ServiceStatus, was: ServiceStatus) -> bool | None:
    """None when it is down: the restart may have been cut in two, or done and the process ended at once. None too
    when its supervisor tells no process from another.
    """
    if not now.running:
        return None
    if not was.running:
        return True
    if now.pid is None:
        return None
    return (now.pid, now.started) != (was.pid, was.started)
