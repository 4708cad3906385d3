"""A container that is there, started and stopped through docker's own API."""

import asyncio
import importlib
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar, cast

import psutil

from prunella.domain.supervisor import DockerSupervisor, ServiceStatus
from prunella.errors import Rejected, Transient
from prunella.nearest import did_you_mean
from prunella.supervisors.running_on import RunningOn

_T = TypeVar("_T")
_POLL_S = 0.1
_NOTICE_S = 1.0
_STOP_S = 10
_SAME_START_S = 5.0
_TAIL_LINES = 10
_USUAL = "unix:///var/run/docker.sock"


class DockerService:
    """Supervisor of a container; none is ever made or removed. Needs the extra `docker`."""

    def __init__(self, spec: DockerSupervisor, *, service: str, running_on: RunningOn) -> None:
        self._spec, self._service, self._running_on = spec, service, running_on

    async def status(self) -> ServiceStatus:
        """Running means that it runs and is not paused. Raises Rejected when docker cannot be asked, or it is gone."""
        status = _status_of(await self._inspect())
        return self._running_on.told(status)

    async def start(self) -> None:
        """Does nothing when it runs. Raises Rejected when it cannot be started, or ends at once."""
        found = await self._inspect()
        if _status_of(found).running:
            return
        config = self._running_on.digest()
        name = self._spec.container
        paused = bool(found["State"].get("Paused"))
        await self._call("start", lambda api: api.unpause(name) if paused else api.start(name))
        await self._stays_up(config)

    async def stop(self) -> None:
        """It gets ten seconds, then it is killed."""
        state = (await self._inspect())["State"]
        if not (state.get("Running") or state.get("Restarting")):
            return
        if state.get("Paused"):
            await self._call("unpause", lambda api: api.unpause(self._spec.container))
        await self._call("stop", lambda api: api.stop(self._spec.container, timeout=_STOP_S))
        if (await self._inspect())["State"].get("Running"):
            raise Rejected(f"{self._service} was stopped and runs again. Look who starts it.")

    async def restart(self) -> None:
        if (await self._inspect())["State"].get("Paused"):
            await self._call("unpause", lambda api: api.unpause(self._spec.container))
        config = self._running_on.digest()
        await self._call("restart", lambda api: api.restart(self._spec.container, timeout=_STOP_S))
        await self._stays_up(config)

    async def note_reload(self, config: str) -> None:
        """It has read the configuration of that digest again, without a stop."""
        self._running_on.note(await self.status(), config)

    async def _stays_up(self, config: str) -> None:
        """Docker returns when the process was made, not when it has come to stay."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _NOTICE_S
        while loop.time() < until:
            found = await self._inspect()
            if not _status_of(found).running or found["State"].get("Restarting"):
                detail = _status_of(found).detail
                raise Rejected(f"{self._service} does not stay up: {detail}.{await self._last_words()}")
            await asyncio.sleep(_POLL_S)
        self._running_on.note(await self.status(), config)

    async def _last_words(self) -> str:
        with suppress(Rejected, Transient):
            name = self._spec.container
            said = await self._call("logs", lambda api: api.logs(name, tail=_TAIL_LINES, stdout=True, stderr=True))
            text = cast("bytes", said).decode(errors="replace").strip()
            return f" Its last words:\n{text}" if text else " It said nothing."
        return ""

    async def _inspect(self) -> dict[str, Any]:
        return await self._call("inspect", lambda api: api.inspect_container(self._spec.container))

    async def _call(self, order: str, ask: Callable[[Any], _T]) -> _T:
        """What docker answers. Raises Rejected or Transient with what to do."""
        limit_s = self._spec.timeout_s + _STOP_S
        try:
            async with asyncio.timeout(limit_s):
                return await asyncio.to_thread(self._ask, order, ask)
        except TimeoutError as error:
            raise Transient(f"docker did not answer {order} of {self._service} within {limit_s:g} s.") from error

    def _ask(self, order: str, ask: Callable[[Any], _T]) -> _T:
        try:
            docker: Any = importlib.import_module("docker")
            import requests
        except ImportError as error:
            raise Rejected(
                f"{self._service} is a container, and docker's library is missing: pip install 'prunella[docker]'."
            ) from error
        options: Any = {"base_url": self._spec.host} if self._spec.host else docker.utils.kwargs_from_env()
        place = str(options.get("base_url") or _USUAL)
        timeout_s = int(self._spec.timeout_s) + _STOP_S
        try:
            _must_listen(place)
            api: Any = docker.APIClient(**options, timeout=timeout_s)
            try:
                return ask(api)
            except docker.errors.NotFound as error:
                raise Rejected(self._missing(api, order, str(error.explanation))) from error
            finally:
                api.close()
        except docker.errors.APIError as error:
            raise Rejected(f"docker refuses {order} of {self._service}: {error.explanation or error}") from error
        except (docker.errors.DockerException, requests.RequestException, OSError) as error:
            raise Rejected(
                f"docker does not answer at {place} ({error}). Start its daemon, or correct `host` of {self._service}."
            ) from error

    def _missing(self, api: Any, order: str, why: str) -> str:
        """A 404 of a start may also be of what the container needs: an image, a network, a program."""
        names = [name.lstrip("/") for each in api.containers(all=True) for name in each.get("Names") or ()]
        wanted = self._spec.container
        if wanted in names or "no such container" not in why.casefold():
            return f"docker refuses {order} of {self._service}: {why}"
        known = did_you_mean(wanted, names) or f"It has: {', '.join(sorted(names)[:10]) or 'none'}."
        return f"docker has no container {wanted}. {known}"


def _must_listen(place: str) -> None:
    """Raises OSError for a socket behind which nobody is: docker's library would leave it open."""
    if place.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as trial:
            trial.settimeout(_STOP_S)
            trial.connect(place.removeprefix("unix://"))


def _status_of(found: dict[str, Any]) -> ServiceStatus:
    state: dict[str, Any] = found["State"]
    runs = bool(state.get("Running")) and not state.get("Paused") and not state.get("Restarting")
    started = _time(str(state.get("StartedAt") or "")) if state.get("Running") else None
    return ServiceStatus(
        running=runs,
        pid=_pid_here(int(state.get("Pid") or 0), started),
        started=started,
        detail=", ".join(_told(found, state)),
    )


def _told(found: dict[str, Any], state: dict[str, Any]) -> Iterator[str]:
    """Its state, and what of it is out of the ordinary."""
    yield f"container {str(found.get('Name', '')).lstrip('/')} is {state.get('Status', 'in an unknown state')}"
    if not state.get("Running"):
        yield f"exit code {state.get('ExitCode', '?')}"
    if state.get("OOMKilled"):
        yield "it was killed for want of memory (OOMKilled)"
    if state.get("Error"):
        yield str(state["Error"])
    if found.get("RestartCount"):
        yield f"docker restarted it {found['RestartCount']} times"
    health = cast("dict[str, Any]", state.get("Health") or {})
    if health.get("Status") not in {None, "none", "healthy"}:
        checks = cast("list[dict[str, Any]]", health.get("Log") or [])
        said = str(checks[-1].get("Output", "")).strip()[-200:] if checks else ""
        yield f"its health check says {health['Status']}" + (f": {said}" if said else "")


def _pid_here(pid: int, started: float | None) -> int | None:
    """None when the daemon's processes are not ours to see: another machine, or a virtual one."""
    try:
        born = psutil.Process(pid).create_time() if pid else None
    except psutil.Error:
        return None
    return pid if born is not None and started is not None and abs(born - started) <= _SAME_START_S else None


def _time(text: str) -> float | None:
    """`2024-05-06T07:08:09.123456789Z` in epoch seconds."""
    try:
        seconds, _, fraction = text.rstrip("Z").partition(".")
        return datetime.fromisoformat(f"{seconds}+00:00").timestamp() + float(f"0.{fraction or 0}")
    except ValueError:
        return None
