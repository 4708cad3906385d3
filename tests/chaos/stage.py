"""The world that is repaired: a folder with a fleet, its files, and one real service, found in a state of its own."""

import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from prunella.domain.plan import Plan
from prunella.supervisors.matching import CONFIG, TAG
from prunella.supervisors.processes import tag_of
from prunella.world.fleet_world import digest_of

SERVICE = Path(__file__).with_name("service.py")
Found = Literal["ours", "foreign", "stopped"]


@dataclass(frozen=True)
class Scenario:
    """A fault and the plans against it.

    `files` are as found. `check` is true of the healed files' `texts`. `healed` are the files that differ in the end;
    empty: the plans do not heal, and everything must be as found. `found` says who started the service ("ours":
    it carries our tag). `starts` is how often it is started at most, that of the stage included; 0: it is not counted.
    `stride` 1: killed at every place; 3: at every third, for variants of what others cover.
    """

    name: str
    files: Mapping[str, bytes]
    check: str
    plans: tuple[Plan, ...]
    healed: Mapping[str, bytes]
    is_healed: bool
    found: Found = "ours"
    starts: int = 0
    kind: Literal["process", "command"] = "process"
    links: Mapping[str, str] | None = None
    stride: int = 1


@dataclass(frozen=True)
class FileFacts:
    """All that law 3 speaks of."""

    data: bytes
    mode: int
    uid: int
    gid: int
    link: str


Picture = dict[str, FileFacts]


class Stage:
    """A scenario built in `folder`; `close` ends every process that runs from there."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.scenario, self.folder, self.port = scenario, folder, free_port()
        folder.mkdir(parents=True)
        for number, (name, data) in enumerate(scenario.files.items()):
            (folder / name).write_bytes(data)
            (folder / name).chmod((0o640, 0o600, 0o444)[number % 3])
            os.utime(folder / name, (1_700_000_000, 1_700_000_000))  # a service that runs is younger than its files
        for name, target in (scenario.links or {}).items():
            (folder / name).symlink_to(target)
        (folder / "prunella.toml").write_text(self._fleet(), encoding="utf-8")
        self._started: subprocess.Popen[bytes] | None = None
        if scenario.found != "stopped":
            self._start(with_tag=scenario.found == "ours")
        self.found_files = self.files()
        self.found_config = self.running_config()

    @property
    def command(self) -> tuple[str, ...]:
        return (
            sys.executable,
            "-S",
            "-E",
            str(SERVICE),
            str(self.port),
            self.scenario.check,
            *self.scenario.files,
        )

    def files(self) -> Picture:
        """Every file in the folder but our own records."""
        ours = {
            "home",
            "effects.log",
            "places.log",
            "starts.log",
            "stops.log",
            "pid",
            "app.out",
        }
        return {path.name: _facts(path) for path in sorted(self.folder.iterdir()) if path.name not in ours}

    def running_config(self) -> str | None:
        """The digest that the service says it was started on; None when nobody listens."""
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=2) as asking,
        ):
            asking.sendall(b"GET /config HTTP/1.1\r\n\r\n")
            return asking.makefile("rb").read().rpartition(b"\r\n")[2].decode()
        return None

    def starts(self) -> list[str]:
        log = self.folder / "starts.log"
        return log.read_text().splitlines() if log.exists() else []

    def processes(self) -> list[psutil.Process]:
        """All that run in the folder, zombies not counted."""
        found: list[psutil.Process] = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == self.folder:
                    found.append(process)
        return found

    def close(self) -> None:
        for process in self.processes():
            with suppress(psutil.Error):
                process.kill()
        if self._started is not None:
            self._started.wait(timeout=5)

    def _start(self, *, with_tag: bool) -> None:
        config = [self.folder / name for name in self.scenario.files]
        tags = (
            {
                TAG: tag_of(self.folder / "prunella.toml", "app"),
                CONFIG: digest_of(config),
            }
            if with_tag
            else {}
        )
        self._started = subprocess.Popen(
            self.command, cwd=self.folder, env={**os.environ, **tags}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        (self.folder / "pid").write_text(str(self._started.pid))
        deadline = time.monotonic() + 10
        while self.running_config() is None:
            if time.monotonic() > deadline or self._started.poll() is not None:
                raise AssertionError("The stage's own service does not start.")
            time.sleep(0.01)

    def _fleet(self) -> str:
        config = ", ".join(f'"{name}"' for name in self.scenario.files)
        return (
            f'[fleet]\nname = "chaos"\n[policy]\nautonomy = "auto"\n[service.app]\n{self._supervisor()}\n'
            f"config = [{config}]\n"
            f'probes = [{{ http = "http://127.0.0.1:{self.port}/", timeout = "1s" }}]\n'
        )

    def _supervisor(self) -> str:
        if self.scenario.kind == "process":
            return f'supervisor = {{ kind = "process", command = {json.dumps(self.command)}, stop_timeout = "3s" }}'
        quoted = " ".join(f"'{word}'" for word in self.command)
        (self.folder / "control.sh").write_text(_CONTROL.format(command=quoted))
        orders = ", ".join(f'{order} = ["sh", "control.sh", "{order}"]' for order in ("start", "stop", "status"))
        return f'supervisor = {{ kind = "command", {orders}, timeout = "5s" }}'


_CONTROL = """\
alive() {{ [ -f pid ] && [ -d /proc/$(cat pid) ] && ! grep -q '^State:.Z' /proc/$(cat pid)/status; }}
case $1 in
  start) alive && exit 0; setsid {command} >/dev/null 2>&1 </dev/null & echo $! >pid; sleep 0.1; alive;;
  stop) alive && kill $(cat pid); while alive; do sleep 0.02; done; exit 0;;
  status) alive;;
esac
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _facts(path: Path) -> FileFacts:
    facts = path.lstat()
    link = os.readlink(path) if path.is_symlink() else ""  # noqa: PTH115 -- the target as it is written
    data = path.read_bytes() if path.is_file() else b""
    return FileFacts(data, stat.S_IMODE(facts.st_mode), facts.st_uid, facts.st_gid, link)
