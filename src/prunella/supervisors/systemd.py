"""A unit that systemd starts, stops and reports, asked through systemctl."""

import asyncio

import psutil

from prunella.commands import NOT_FOUND, NOT_RUNNABLE, run_command
from prunella.domain.supervisor import CommandResult, ServiceStatus, SystemdSupervisor
from prunella.errors import Rejected
from prunella.nearest import did_you_mean
from prunella.supervisors.running_on import RunningOn

_POLL_S = 0.1
_SETTLE_S = 3.0
_SAID_CHARACTERS = 2000
_PLAIN = {"LC_ALL": "C", "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""}
_UP = {"active", "reloading", "refreshing"}
_PROPERTIES = (
    "LoadState", "LoadError", "ActiveState", "SubState", "MainPID", "Result", "ExecMainStatus", "NRestarts",
    "NeedDaemonReload", "UnitFileState", "StatusText",
)  # fmt: skip
_Shown = dict[str, str]


class SystemdService:
    """Supervisor of a systemd unit. A changed unit file is taken over (`daemon-reload`) before it is started."""

    def __init__(
        self,
        spec: SystemdSupervisor,
        *,
        service: str,
        running_on: RunningOn,
        systemctl: str = "systemctl",
        notice_s: float = 1.0,
    ) -> None:
        """For `notice_s` it has to stay up: systemctl returns before a simple service has died."""
        self._spec, self._service, self._running_on, self._notice_s = spec, service, running_on, notice_s
        self._systemctl = (systemctl, *(("--user",) if spec.user else ()), "--no-pager", "--no-ask-password")

    async def status(self) -> ServiceStatus:
        """Running means active. Raises Rejected when systemd cannot be asked, or has no such unit."""
        shown = await self._show()
        pid = int(shown.get("MainPID") or 0) or None
        status = ServiceStatus(
            running=_is_up(shown), pid=pid, started=_start_of(pid), detail=", ".join(_told(self._spec.unit, shown))
        )
        return self._running_on.told(status)

    async def start(self) -> None:
        """Does nothing when it runs. Raises Rejected when it cannot be started, or ends at once."""
        shown = await self._show()
        if not _is_up(shown):
            await self._bring_up("start", shown)

    async def stop(self) -> None:
        if (await self._show())["ActiveState"] in {"inactive", "failed"}:
            return
        await self._order("stop")
        await self._until_down()

    async def restart(self) -> None:
        await self._bring_up("restart", await self._show())

    async def note_reload(self, config: str) -> None:
        """It has read the configuration of that digest again, without a stop."""
        self._running_on.note(await self.status(), config)

    async def _bring_up(self, order: str, shown: _Shown) -> None:
        self._must_be_loaded(shown)
        config = self._running_on.digest()
        if shown.get("NeedDaemonReload") == "yes":
            await self._must(await self._run("daemon-reload"), "daemon-reload")
        if shown["ActiveState"] == "failed":  # systemd counts starts, and refuses after too many
            await self._run("reset-failed", self._spec.unit)
        await self._order(order)
        await self._until_up(order)
        self._running_on.note(await self.status(), config)

    def _must_be_loaded(self, shown: _Shown) -> None:
        """Raises Rejected for a unit that systemd will not start whatever happens."""
        if shown["LoadState"] not in {"loaded", "stub", "merged"}:
            why = shown.get("LoadError", "").strip() or shown["LoadState"]
            raise Rejected(f"systemd cannot start {self._spec.unit}: {why}. Correct or unmask the unit by hand.")

    async def _until_up(self, order: str) -> None:
        """It has to be active, and to stay so for a moment."""
        loop = asyncio.get_running_loop()
        deadline, since = loop.time() + self._spec.timeout_s, None
        while since is None or loop.time() < since + self._notice_s:
            shown = await self._show()
            since = (since or loop.time()) if _is_up(shown) else None
            if shown["ActiveState"] in {"failed", "inactive"} or shown.get("SubState") == "auto-restart":
                told = ", ".join(_told(self._spec.unit, shown))
                raise Rejected(f"{self._service} does not stay up after {order}: {told}.{await self._last_words()}")
            if loop.time() > deadline:
                told = ", ".join(_told(self._spec.unit, shown))
                raise Rejected(f"{self._service} is not up after {self._spec.timeout_s:g} s: {told}.")
            await asyncio.sleep(_POLL_S)

    async def _until_down(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _SETTLE_S
        while (shown := await self._show())["ActiveState"] not in {"inactive", "failed"}:
            if loop.time() > deadline:
                told = ", ".join(_told(self._spec.unit, shown))
                raise Rejected(f"{self._service} was stopped and is {told}. Look what starts it again.")
            await asyncio.sleep(_POLL_S)

    async def _show(self) -> _Shown:
        result = await self._run("show", self._spec.unit, f"--property={','.join(_PROPERTIES)}")
        await self._must(result, "show")
        pairs = (line.partition("=") for line in result.output.splitlines())
        shown = {name: value for name, equals, value in pairs if equals}
        if "ActiveState" not in shown or "LoadState" not in shown:
            raise Rejected(
                f"Nobody can tell whether {self._service} runs: {self._systemctl[0]} says {result.output!r}."
            )
        if shown["LoadState"] == "not-found":
            raise Rejected(f"systemd has no unit {self._spec.unit}. {await self._nearest()}")
        return shown

    async def _nearest(self) -> str:
        listed = await self._run("list-unit-files", "--no-legend", "--plain")
        names = [line.split()[0] for line in listed.output.splitlines() if line.strip()] if listed.ok else []
        return did_you_mean(self._spec.unit, names) or "Look at `systemctl list-unit-files`."

    async def _order(self, order: str) -> None:
        result = await self._run(order, self._spec.unit)
        if not result.ok:
            raise Rejected(f"{order} of {self._service} failed: {_said(result)}{await self._last_words()}")

    async def _must(self, result: CommandResult, order: str) -> None:
        """Raises Rejected for an order that systemd itself did not take."""
        if result.exit_code in {NOT_FOUND, NOT_RUNNABLE}:
            raise Rejected(
                f"{self._service} is a systemd unit, and systemctl cannot be run on this machine: "
                f"{result.output.strip()} Declare how it is really started."
            )
        if not result.ok:
            raise Rejected(f"systemd does not answer {order} for {self._service}: {_said(result)}")

    async def _last_words(self) -> str:
        """What its journal says last, as far as this user may read it."""
        result = await self._run("status", self._spec.unit, "--full", "--lines=10")
        said = result.output.strip()[-_SAID_CHARACTERS:]
        return f"\n{said}" if said else ""

    async def _run(self, *words: str) -> CommandResult:
        return await run_command((*self._systemctl, *words), self._spec.cwd, self._spec.timeout_s, env=_PLAIN)


def _is_up(shown: _Shown) -> bool:
    return shown["ActiveState"] in _UP


def _told(unit: str, shown: _Shown) -> list[str]:
    """Its state, and what of it is out of the ordinary."""
    told = [f"{unit} is {shown['ActiveState']} ({shown.get('SubState', '')})"]
    if shown.get("Result", "success") not in {"", "success"}:
        told.append(f"result {shown['Result']}")
    if shown.get("ExecMainStatus", "0") not in {"", "0"}:
        told.append(f"exit status {shown['ExecMainStatus']}")
    if shown.get("NRestarts", "0") not in {"", "0"}:
        told.append(f"systemd restarted it {shown['NRestarts']} times")
    if shown["LoadState"] != "loaded":
        told.append(f"its unit is {shown['LoadState']} {shown.get('LoadError', '')}".rstrip())
    if shown.get("NeedDaemonReload") == "yes":
        told.append("its unit file has changed on disk")
    if shown.get("UnitFileState") == "disabled" and not _is_up(shown):
        told.append("it is disabled: it does not start at boot")
    return told + ([shown["StatusText"]] if shown.get("StatusText") else [])


def _start_of(pid: int | None) -> float | None:
    try:
        return psutil.Process(pid).create_time() if pid else None
    except psutil.Error:
        return None


def _said(result: CommandResult) -> str:
    how = f"no answer within {result.duration_s:.0f} s" if result.exit_code is None else f"exit {result.exit_code}"
    return f"{how}. {result.output.strip()[-_SAID_CHARACTERS:]}".rstrip()
