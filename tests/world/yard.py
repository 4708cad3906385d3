"""A folder with a fleet file and small real services, and the real world and tools over it."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from prunella.configs.known_good import FileKnownGood
from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Step
from prunella.domain.service import Fleet
from prunella.domain.tool import Prepared
from prunella.fleet.file import load_fleet
from prunella.protocols import Tool, Toolbox
from prunella.redaction.redactor import Redactor
from prunella.tools.packs.config import ConfigPack
from prunella.tools.packs.files import FilesPack
from prunella.tools.packs.services import ServicesPack
from prunella.tools.toolbox import Tools
from prunella.world.fleet_world import FleetWorld

SERVER = Path(__file__).with_name("server.py")


@dataclass
class Yard:
    """`folder` has no links in its path. `environ` is where `env:` secrets are looked up."""

    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict[str, str])

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def command(self, file: str, *more: str) -> str:
        return json.dumps([sys.executable, "-S", "-E", str(SERVER), file, *more])

    def service(self, name: str, port: int, more: str = "", *, file: str = "", supervisor: str = "") -> str:
        """The table of a service whose configuration lies in `NAME.env`."""
        file = file or f"{name}.env"
        supervisor = supervisor or f'{{ kind = "process", command = {self.command(file)}, stop_timeout = "2s" }}'
        probe = f'probes = [{{ http = "http://127.0.0.1:{port}/", timeout = "1s" }}]\n'
        return f'[service.{name}]\nsupervisor = {supervisor}\nconfig = ["{file}"]\n{probe}{more}\n'

    def preflight(self, name: str) -> str:
        return f"preflight = {self.command(f'{name}.env', '--check')}\n"

    def fleet(self, *tables: str) -> Fleet:
        return load_fleet(self.write("prunella.toml", '[fleet]\nname = "yard"\n' + "".join(tables)))

    def world(self, fleet: Fleet, *targets: str) -> FleetWorld:
        state = self.folder / ".state"
        return FleetWorld(fleet, targets or tuple(fleet.services)[:1], state, FileKnownGood(state / "good"), Redactor())

    def tools(self, world: FleetWorld) -> Toolbox:
        packs = (ConfigPack(world, self.environ), ServicesPack(world), FilesPack(world))
        return Tools([tool for pack in packs for tool in pack.tools()], redacts=world.redactor)

    def commit(self, *files: str) -> None:
        """The folder as a git repository, with these files in its HEAD."""
        author = ("-c", "user.name=n", "-c", "user.email=e@x")
        for words in (("init", "-q", "."), ("add", *files), (*author, "commit", "-qm", "x")):
            subprocess.run(["git", *words], cwd=self.folder, check=True)

    def one(self, name: str = "app", text: str = "", more: str = "") -> tuple[FleetWorld, int]:
        """A fleet of one service, not started, with its port."""
        port = free_port()
        self.write(f"{name}.env", f"PORT={port}\n{text}")
        return self.world(self.fleet(self.service(name, port, more))), port


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def call(name: str, **arguments: JsonValue) -> Step:
    return Step(tool=name, arguments=arguments)


def found(tools: Toolbox, step: Step) -> Tool:
    """The tool that the step means; fails for one that does not fit."""
    tool = tools.find(step)
    assert not hasattr(tool, "ok"), tool
    return tool  # pyright: ignore[reportReturnType] -- an observation has `ok`


async def prepare(tools: Toolbox, step: Step) -> Prepared:
    return await found(tools, step).before(step.arguments)


async def carry_out(tools: Toolbox, step: Step) -> Prepared:
    """What undo needs; the effect took place."""
    prepared = await prepare(tools, step)
    observation = await tools.call(step)
    assert observation.ok, str(observation)
    return prepared


async def take_back(tools: Toolbox, step: Step, prepared: Prepared) -> None:
    await found(tools, step).undo(prepared.before)


async def has_applied(tools: Toolbox, step: Step, prepared: Prepared) -> bool | None:
    return await found(tools, step).applied(step.arguments, prepared.before)


async def until(truth: Callable[[], Awaitable[bool]], within_s: float = 5.0) -> None:
    async with asyncio.timeout(within_s):
        while not await truth():  # noqa: ASYNC110 -- processes send no event
            await asyncio.sleep(0.02)


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


def outside(command: list[str], cwd: Path, **env: str) -> "subprocess.Popen[bytes]":
    """Started by somebody else, who also reaps it."""
    silence = subprocess.DEVNULL
    child = subprocess.Popen(command, cwd=cwd, env={**os.environ, **env}, stdin=silence, stdout=silence, stderr=silence)
    threading.Thread(target=child.wait, daemon=True).start()
    return child


def end_all_in(folder: Path) -> None:
    """Ends every process that runs in the folder."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if Path(process.cwd()).is_relative_to(folder):
                process.kill()
