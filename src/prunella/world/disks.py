"""The file systems under a fleet: how much is left of each, and which of them refuse writes."""

import os
import re
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import islice
from pathlib import Path

from prunella.domain.facts import DiskFacts

_TABLE = Path("/proc/self/mountinfo")
_MOST_BELOW = 16
_ESCAPED = re.compile(r"\\([0-7]{3})")
FULL = 0.9
"""From this share on a disk counts as nearly full."""


def disks_of(paths: Iterable[Path]) -> tuple[DiskFacts, ...]:
    """One for each mount that a path lies on, and for the first 16 below one; by mount. What does not exist lies where
    it would be made. Blocks.
    """
    mounts = _mounts()
    places: dict[Path, Path] = {}
    reals = frozenset(Path(os.path.realpath(path)) for path in paths)
    for real in reals:
        there = next(each for each in (real, *real.parents) if each.exists())
        places.setdefault(mount_of(there, mounts), there)
    below = (mount for mount in sorted(mounts) if (reals - {Path("/")}) & frozenset(mount.parents))
    for mount in islice(below, _MOST_BELOW):
        places.setdefault(mount, mount)
    return tuple(found for mount in sorted(places) if (found := _facts(mount, places[mount])) is not None)


def is_nearly_full(disk: DiskFacts) -> bool:
    """Of space, or of inodes where the file system counts them."""
    return used_share(disk) >= FULL or (disk.inodes > 0 and 1 - disk.free_inodes / disk.inodes >= FULL)


def used_share(disk: DiskFacts) -> float:
    return 1 - disk.free / disk.total if disk.total else 0.0


def disk_under(path: Path, disks: Iterable[DiskFacts]) -> DiskFacts | None:
    """The one that the path lies on, links aside."""
    holding = [disk for disk in disks if path.is_relative_to(disk.mount)]
    return max(holding, key=lambda disk: len(disk.mount.parts), default=None)


def mount_of(path: Path, mounts: Mapping[Path, int]) -> Path:
    """The innermost mount above a real path; by device numbers where the system lists no mounts."""
    above = (path, *path.parents)
    if mounts:
        return next((each for each in above if each in mounts), Path("/"))
    device = path.stat().st_dev
    return [each for each in above if each.stat().st_dev == device][-1]


def _mounts() -> dict[Path, int]:
    try:
        lines = _TABLE.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return {}
    return {Path(_unescaped(line.split()[4])): number for number, line in enumerate(lines)}


_unescaped = partial(_ESCAPED.sub, lambda match: chr(int(match[1], 8)))


def _facts(mount: Path, path: Path) -> DiskFacts | None:
    try:
        told = os.statvfs(path)
    except OSError:
        return None
    return DiskFacts(
        mount=mount, total=told.f_blocks * told.f_frsize, free=told.f_bavail * told.f_frsize,
        inodes=told.f_files, free_inodes=told.f_favail, read_only=bool(told.f_flag & os.ST_RDONLY),
    )  # fmt: skip


def in_bytes(count: int) -> str:
    """As people read it: `1.5 MB`."""
    for unit, least in (("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000)):
        if count >= least:
            return f"{count / least:.1f} {unit}"
    return f"{count} bytes"
