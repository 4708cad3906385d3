"""A harbour of small real services in a folder of its own, and the real command line to point at it."""

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from prunella.fleet.file import load_fleet
from prunella.protocols import Supervisor
from prunella.supervisors.factory import supervisor_for
from prunella.testing.ports import free_ports
from prunella.world.fleet_world import digest_of

PRUNELLA = Path(sys.executable).parent / "prunella"
BERTH = Path(__file__).parent / "berth.py"
FILES = {
    "lamp": ("lamp/.env", "# the lamp\nLAMP_LISTEN={port}\nLAMP_COLOUR=green\n"),
    "tide": ("tide/tide.ini", "; the tide\n[door]\nnumber = {port}\nnight = no\n"),
    "pilot": ("pilot/pilot.toml", "# the pilot\n[listen]\nat = {port}\nhail = 'ahoy'\n"),
    "crane": ("crane/crane.yaml", "# the crane\nquay:\n  door: {port}\n  load: 12\n"),
    "buoy": ("buoy/buoy.json", '{{\n  "socket": {{"port": {port}, "bell": true}}\n}}\n'),
}
CAREFUL = {"tide", "crane"}
"""Those with a pre-flight; the others are known by what they say and do."""


@dataclass(frozen=True)
class Ended:
    """How a command line ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of `--json`; fails for a line that is none."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Harbour:
    """`services` by name; each has a port of its own. State is kept in `home`, outside of `folder`."""

    folder: Path
    home: Path
    services: Sequence[str]
    ports: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.ports = dict(zip(self.services, free_ports(len(self.services), step=2), strict=True))
        (self.folder / "log").mkdir(parents=True)
        for name in self.services:
            self.write(name, self.wholesome(name))
        self.declare()

    def declare(self, policy: str = 'autonomy = "auto"', extra: str = "", **own: str) -> None:
        """Write the fleet file; `own` replaces lines of single services, `extra` follows at the end."""
        tables = [own.get(name, self.table(name)) for name in self.services]
        self.fleet.write_text(f"[policy]\n{policy}\n\n" + "\n".join(tables) + f"\n{extra}", encoding="utf-8")

    def table(self, name: str, more: str = "") -> str:
        file = FILES[name][0]
        command = json.dumps([sys.executable, str(BERTH), file])
        check = json.dumps([sys.executable, str(BERTH), file, "--check"])
        preflight = f"preflight = {check}\n" if name in CAREFUL else ""
        return (
            f"[service.{name}]\n"
            f'supervisor = {{ kind = "process", command = {command} }}\n'
            f'config = ["{file}"]\nlogs = ["log/{name}.log"]\n{preflight}'
            f'probes = [{{ http = "{self.url(name)}" }}]\n{more}'
        )

    @property
    def fleet(self) -> Path:
        return self.folder / "prunella.toml"

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}/alive"

    def file(self, name: str) -> Path:
        return self.folder / FILES[name][0]

    def wholesome(self, name: str) -> str:
        return FILES[name][1].format(port=self.ports[name])

    def write(self, name: str, text: str) -> None:
        self.file(name).parent.mkdir(exist_ok=True)
        self.file(name).write_text(text, encoding="utf-8")

    def supervisor(self, name: str) -> Supervisor:
        service = load_fleet(self.fleet).services[name]
        found = supervisor_for(service, self.fleet, self.home / "output", lambda: digest_of(service.config))
        assert found is not None
        return found

    def start(self, *names: str) -> None:
        """Started as Prunella would, and answering or ended when this returns."""
        for name in names:
            with suppress(Exception):
                asyncio.run(self.supervisor(name).start())
        until(lambda: all(self.has_settled(name) for name in names))

    def stop(self, *names: str) -> None:
        for name in names:
            asyncio.run(self.supervisor(name).stop())

    def has_settled(self, name: str) -> bool:
        log = self.folder / "log" / f"{name}.log"
        return log.exists() and any(word in log.read_text(encoding="utf-8") for word in ("open at", "FATAL"))

    def is_alive(self, name: str) -> bool:
        try:
            with urllib.request.urlopen(self.url(name), timeout=2) as answer:  # noqa: S310 -- our own
                return answer.status == 200
        except OSError:
            return False

    def pids(self) -> dict[str, int]:
        """What runs here, by the file that it was started with."""
        return {process.cmdline()[2]: process.pid for process in self.processes()}

    def processes(self) -> list[psutil.Process]:
        return [each for each in psutil.process_iter() if self._is_ours(each)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return str(BERTH) in process.cmdline() and Path(process.cwd()) == self.folder
        except psutil.Error:
            return False

    def picture(self) -> dict[str, tuple[bytes, int, int]]:
        """Every file but the logs: bytes, mode and time of the last change."""
        files = (path for path in sorted(self.folder.rglob("*")) if path.is_file() and path.parent.name != "log")
        return {
            str(path.relative_to(self.folder)): (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime_ns)
            for path in files
        }

    def run(self, *words: str, **environ: str) -> Ended:
        """`prunella WORDS` in the folder, with nothing of the tester's own environment."""
        ended = subprocess.run(
            [PRUNELLA, *words], cwd=self.folder, env=self.environ(environ), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def launch(self, *words: str, **environ: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [PRUNELLA, *words], cwd=self.folder, env=self.environ(environ), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def environ(self, more: Mapping[str, str]) -> dict[str, str]:
        plain = {"PATH": os.environ["PATH"], "HOME": str(self.home.parent), "PRUNELLA_HOME": str(self.home)}
        return {**plain, "LANG": "C.UTF-8", **more}

    def close(self) -> None:
        for process in self.processes():
            with suppress(psutil.Error):
                process.kill()
                process.wait(5)


def until(is_so: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.03)
