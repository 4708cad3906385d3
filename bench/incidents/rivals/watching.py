"""What every rival without a model sees: the probes that `prunella.toml` declares, read with the standard library.

Of its probes http, tls, command and process are read; sql, redis, disk and log are not, as a restart rule or a shell
script has no client for them.
"""

import asyncio
import shlex
import socket
import ssl
import sys
import sysconfig
import tomllib
import urllib.error
import urllib.request
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.incidents.contender import Ground

_TIMEOUT_S = 10.0
Table = Mapping[str, Any]


def services_of(ground: Ground) -> Mapping[str, Table]:
    """The services as declared, by name."""
    return tomllib.loads(ground.fleet_file.read_text(encoding="utf-8")).get("service", {})


def program_of(service: Table) -> str:
    """What supervisord calls it; "" when it stands under none."""
    supervisor = service.get("supervisor", {})
    return supervisor.get("program", "") if supervisor.get("kind") == "supervisord" else ""


async def red(ground: Ground) -> list[str]:
    """Every probe that fails, by service and what it says."""
    looks = [
        _say(name, _look(ground, service, probe))
        for name, service in services_of(ground).items()
        for probe in service.get("probes", [])
    ]
    return [said for said in await asyncio.gather(*looks) if said]


async def green_within(ground: Ground, limit_s: float) -> bool:
    """Whether everything answers before the time is over."""
    end = asyncio.get_running_loop().time() + limit_s
    while await red(ground):
        if asyncio.get_running_loop().time() > end:
            return False
        await asyncio.sleep(0.5)
    return True


async def supervisorctl(ground: Ground, *words: str) -> str:
    """What it printed; never raises for what it refuses."""
    program = str(Path(sysconfig.get_path("scripts")) / "supervisorctl")
    return (await run(ground, sys.executable, program, "-c", "supervisor/supervisord.conf", *words))[1]


async def run(ground: Ground, *words: str, timeout_s: float = 60.0) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *words, cwd=ground.folder, env=dict(ground.env),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, stdin=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        output, _ = await asyncio.wait_for(process.communicate(), timeout_s)
    except TimeoutError:
        process.kill()
        await process.wait()
        return -1, f"{shlex.join(words)}: no end within {timeout_s:.0f} s"
    return process.returncode or 0, output.decode(errors="replace")


async def _say(service: str, look: Awaitable[str]) -> str:
    try:
        said = await look
    except (OSError, ValueError, TimeoutError) as error:
        said = f"{type(error).__name__}: {error}"
    return f"{service}: {said[:200]}" if said else ""


async def _look(ground: Ground, service: Table, probe: Table) -> str:
    """Nothing for green, and for what is not read."""
    if "http" in probe:
        return await asyncio.to_thread(_http, probe)
    if "tls" in probe:
        return await asyncio.to_thread(_tls, ground, probe)
    if "command" in probe:
        code, said = await run(ground, *probe["command"], timeout_s=_TIMEOUT_S)
        return "" if code == probe.get("expect", 0) else said.strip()[-200:] or f"exit code {code}"
    if "process" in probe and program_of(service):
        return _not_running(await supervisorctl(ground, "status", f"{program_of(service)}:*"))
    return ""


def _http(probe: Table) -> str:
    try:
        with urllib.request.urlopen(probe["http"], timeout=_TIMEOUT_S) as answer:  # noqa: S310 (the fleet's own)
            status, body = answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        status, body = error.code, error.read().decode(errors="replace")
    if status != probe.get("expect", 200):
        return f"{probe['http']} answered {status}"
    return "" if probe.get("contains", "") in body else f"{probe['http']}: unexpected body"


def _tls(ground: Ground, probe: Table) -> str:
    host, _, port = probe["tls"].rpartition(":")
    context = ssl.create_default_context(cafile=str(ground.folder / probe["ca"]) if "ca" in probe else None)
    with socket.create_connection((host, int(port)), timeout=_TIMEOUT_S) as plain:
        context.wrap_socket(plain, server_hostname=probe["name"]).close()
    return ""


def _not_running(status: str) -> str:
    lines: Sequence[str] = [line for line in status.splitlines() if line.strip()]
    return "; ".join(line for line in lines if "RUNNING" not in line)
