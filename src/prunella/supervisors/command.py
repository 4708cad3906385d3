"""A service that the operator's own commands start, stop and report; what they claim is checked with `status`."""

import asyncio
from pathlib import Path

from prunella.commands import NOT_FOUND, NOT_RUNNABLE, run_command
from prunella.domain.supervisor import CommandResult, CommandSupervisor, ServiceStatus
from prunella.errors import Rejected

_POLL_S = 0.1
_SAID_CHARACTERS = 2000


class CommandService:
    """Supervisor of a `command` service. After a start or stop, `status` has `settle_s` to confirm it.

    What the start command leaves running writes to `output`.
    """

    def __init__(self, spec: CommandSupervisor, *, service: str, output: Path, settle_s: float = 3.0) -> None:
        self._spec, self._service, self.output, self._settle_s = spec, service, output, settle_s

    async def status(self) -> ServiceStatus:
        """Exit code 0 means running. Raises Rejected when the status command is missing or does not answer."""
        result = await run_command(self._spec.status, self._spec.cwd, self._spec.timeout_s)
        if result.exit_code in (None, NOT_FOUND, NOT_RUNNABLE):
            raise Rejected(f"Nobody can tell whether {self._service} runs: {_told(result)}")
        return ServiceStatus(running=result.ok, detail=result.output.strip()[-_SAID_CHARACTERS:])

    async def start(self) -> None:
        if not (await self.status()).running:
            await self._order(self._spec.start, "start", leaves_running=True)
            await self._confirm(running=True, order="start")

    async def stop(self) -> None:
        if (await self.status()).running:
            await self._order(self._spec.stop, "stop")
            await self._confirm(running=False, order="stop")

    async def restart(self) -> None:
        if self._spec.restart is None:
            await self.stop()
            await self.start()
            return
        await self._order(self._spec.restart, "restart", leaves_running=True)
        await self._confirm(running=True, order="restart")

    async def _order(self, command: tuple[str, ...], order: str, *, leaves_running: bool = False) -> None:
        output = self.output if leaves_running else None
        result = await run_command(command, self._spec.cwd, self._spec.timeout_s, output=output)
        if not result.ok:
            raise Rejected(f"{order} of {self._service} failed: {_told(result)}")

    async def _confirm(self, *, running: bool, order: str) -> None:
        """Raises Rejected when `status` does not come to agree with what the command claimed."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._settle_s
        while (await self.status()).running is not running:
            if loop.time() > deadline:
                state = "stopped" if running else "running"
                raise Rejected(
                    f"{order} of {self._service} returned 0 but status says {state}. Look at what it really did."
                )
            await asyncio.sleep(_POLL_S)


def _told(result: CommandResult) -> str:
    name = " ".join(result.command)
    how = f"no answer within {result.duration_s:.0f} s" if result.exit_code is None else f"exit code {result.exit_code}"
    said = result.output.strip()[-_SAID_CHARACTERS:]
    return f"`{name}`: {how}." + (f"\n{said}" if said else "")
