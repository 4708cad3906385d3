"""Deleted files that processes of a fleet still hold open, so that their space does not come back."""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from prunella.domain.facts import HeldFile
from prunella.world.processes import open_files

LEAST_BYTES = 1024 * 1024
_LEAST_ON_FULL = 4096
_DELETED = " (deleted)"


def held_files(owners: Mapping[int, tuple[str, bool]], full_devices: frozenset[int]) -> tuple[HeldFile, ...]:
    """Those of over 1 MB, the largest first; on the devices that are nearly full already those of over 4 KB.

    `owners` are the processes to look at, each with its service. Only what they hold for writing: the rest is libraries
    and the like. A file that several processes hold is told once, of the one with the lowest number. Blocks.
    """
    found: dict[tuple[int, int], HeldFile] = {}
    for pid in sorted(owners):
        for place, held in _held_by(pid, owners[pid][0]):
            least = _LEAST_ON_FULL if place[0] in full_devices else LEAST_BYTES
            if held.size > least:
                found.setdefault(place, held)
    return tuple(sorted(found.values(), key=lambda held: -held.size))


def _held_by(pid: int, service: str) -> Iterator[tuple[tuple[int, int], HeldFile]]:
    for number, target in open_files(pid):
        if target.startswith("/") and target.endswith(_DELETED) and not target.startswith(("/memfd:", "/dev/")):
            with suppress(OSError):
                facts = os.stat(f"/proc/{pid}/fd/{number}")  # noqa: PTH116 -- of what it is open on, not of a path
                if stat.S_ISREG(facts.st_mode) and _is_written(pid, number):
                    path = Path(target.removesuffix(_DELETED))
                    size = facts.st_blocks * 512
                    yield (facts.st_dev, facts.st_ino), HeldFile(path=path, pid=pid, size=size, service=service)


def _is_written(pid: int, number: str) -> bool:
    for line in Path(f"/proc/{pid}/fdinfo/{number}").read_text().splitlines():
        if line.startswith("flags:"):
            return bool(int(line.split()[1], 8) & (os.O_WRONLY | os.O_RDWR))
    return False
