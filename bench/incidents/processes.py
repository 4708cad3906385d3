"""The processes of one fleet, by the tag that each of them got in its environment."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PATIENCE_S = 5.0


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    command: str


def of_yard(folder: Path) -> Iterator[Process]:
    """All that run now; not those of others, and no zombie."""
    tag = f"FLEET={folder}\0".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if tag in (entry / "environ").read_bytes() + b"\0" or _works_in(entry, folder):
                    yield _process(entry)


def _works_in(entry: Path, folder: Path) -> bool:
    """Nginx and PostgreSQL overwrite their environment with a title; where they work remains."""
    where = (entry / "cwd").readlink()
    return where.is_relative_to(folder)


def _process(entry: Path) -> Process:
    stat = (entry / "stat").read_text().rpartition(")")[2].split()
    if stat[0] == "Z":
        raise ProcessLookupError(entry.name)
    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return Process(int(entry.name), int(stat[1]), command)


def end_all(folder: Path) -> None:
    """Kills every one, again until none is left. Raises TimeoutError."""
    end = time.monotonic() + _PATIENCE_S
    while found := list(of_yard(folder)):
        for process in found:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        if time.monotonic() > end:
            raise TimeoutError(f"These do not end: {', '.join(each.command for each in found)}")
        time.sleep(0.02)
