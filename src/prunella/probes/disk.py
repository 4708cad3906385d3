"""Can a file system be written to, and is there room on it?"""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil

from prunella.domain.probe import DiskProbe
from prunella.domain.report import Reach, Reading
from prunella.probes.aside import Aside
from prunella.probes.bounded import Answer, silent

_UNITS = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


class DiskLook:
    """Probe: asks the file system how full it is; nothing is written."""

    def __init__(self, spec: DiskProbe) -> None:
        self._spec = spec
        self._asking = Aside(lambda: _found(spec))

    async def look(self) -> Reading:
        answer = await self._see()
        return Reading(probe=self._spec.name, reach=answer.reach, detail=answer.detail, body=answer.body)

    async def _see(self) -> Answer:
        try:
            return await self._asking.result(self._spec.timeout_s)
        except TimeoutError:
            return silent(self._spec.timeout_s)


def _found(spec: DiskProbe) -> Answer:
    path = spec.path
    try:
        usage, mount = os.statvfs(path), _mount_of(path)
    except (FileNotFoundError, NotADirectoryError):
        return Answer(Reach.NOBODY, f"there is no {path}; what exists of the way is {_existing(path)}")
    except OSError as error:
        return Answer(Reach.WRONG, f"the file system of {path} cannot be asked: {error.strerror or error}")
    return _judged(spec, usage, mount)


def _judged(spec: DiskProbe, usage: os.statvfs_result, mount: Path) -> Answer:
    room, inodes = _room(usage), _inodes(usage)
    told = f"{room}, {inodes} on {mount}"
    faults = tuple(_faults(spec, usage))
    if not faults:
        return Answer(Reach.RIGHT, told)
    return Answer(Reach.WRONG, f"{' and '.join(faults)}: {told}")


def _faults(spec: DiskProbe, usage: os.statvfs_result) -> Iterator[str]:
    if usage.f_flag & os.ST_RDONLY:
        yield "mounted read-only"
    if _left(usage.f_bavail, _usable(usage)) < spec.free:
        yield f"less than {spec.free:g} % of the space free"
    if _left(usage.f_favail, usage.f_files) < spec.inodes:
        yield f"less than {spec.inodes:g} % of the inodes free"


def _usable(usage: os.statvfs_result) -> int:
    """Blocks that are used or that anybody may use: what is kept for root counts as neither, as with df."""
    return usage.f_blocks - usage.f_bfree + usage.f_bavail


def _left(free: int, whole: int) -> float:
    """In percent; a file system that does not count is never full."""
    return 100.0 * free / whole if whole else 100.0


def _room(usage: os.statvfs_result) -> str:
    whole = _usable(usage)
    if not whole:
        return "space without a limit"
    size = whole * usage.f_frsize
    scale, unit = next((each for each in _UNITS if size >= 10 * each[0]), (1.0, "bytes"))
    free = usage.f_bavail * usage.f_frsize / scale
    return f"{free:.0f} of {size / scale:.0f} {unit} free ({_full(usage.f_bavail, whole)} % full)"


def _inodes(usage: os.statvfs_result) -> str:
    if not usage.f_files:
        return "inodes without a limit"
    return f"{usage.f_favail} of {usage.f_files} inodes free ({_full(usage.f_favail, usage.f_files)} % used)"


def _full(free: int, whole: int) -> int:
    return int(100 - _left(free, whole))


def _mount_of(path: Path) -> Path:
    """Also where one part of a file system is mounted a second time, with the same device."""
    place = path.resolve()
    mounts = {Path(each.mountpoint) for each in psutil.disk_partitions(all=True)}
    return next((each for each in (place, *place.parents) if each in mounts), Path(place.anchor))


def _existing(path: Path) -> Path:
    return next((place for place in path.parents if place.is_dir()), Path("/"))
