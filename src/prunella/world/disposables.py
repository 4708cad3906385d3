"""Files that an operator declared disposable, where they lie, and which of them are nobody's any more."""

import os
import stat
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from prunella.domain.facts import DiskFacts, ServerFact
from prunella.domain.service import Fleet, Service
from prunella.fleet.globs import EVERY_DEPTH, beginning, matches
from prunella.world.disks import disk_under, in_bytes, is_nearly_full, used_share
from prunella.world.processes import Processes, open_files

DISPOSABLE = "disk.disposable"
MOST_TOLD = 32
_MOST_LOOKED_AT = 10_000
_SETTLED_S = 2.0
_SETTLED_UNSEEN_S = 60.0


def disposer_of(fleet: Fleet, path: Path) -> str | None:
    """The service that declares the path disposable; None for none. By the words alone."""
    services = fleet.services.items()
    return next((name for name, service in services if any(matches(each, path) for each in service.disposable)), None)


def lying(service: Service) -> tuple[Path, ...]:
    """Plain files that are disposable, each once; of each glob those among the first 10,000 entries. Blocks."""
    return tuple(dict.fromkeys(path for pattern in service.disposable for path in _matching(pattern)))


def disposable_facts(
    service: Service, files: Iterable[Path], disks: tuple[DiskFacts, ...], processes: Processes
) -> tuple[ServerFact, ...]:
    """One for each of `files` that can go, on disks that are nearly full; the largest 32. Blocks."""
    full = tuple(disk for disk in disks if is_nearly_full(disk))
    places = ((path, disk_under(Path(os.path.realpath(path)), disks)) for path in files) if full else ()
    there = [(path, disk) for path, disk in places if disk in full]
    held = _open_paths(processes) if there else frozenset[str]()
    sized = ((taken(path), path, disk) for path, disk in there if os.path.realpath(path) not in held)
    largest = sorted((each for each in sized if each[0]), key=lambda each: (-each[0], each[1]))
    return tuple(_told(service, path, size, disk) for size, path, disk in islice(largest, MOST_TOLD))


def taken(path: Path) -> int:
    """The bytes that come back when it goes; 0 for what is no plain file, has other names, or is younger than a writer
    may need to give it its own. Blocks.
    """
    try:
        facts = path.lstat()
    except OSError:
        return 0
    is_alone = stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1
    return facts.st_blocks * 512 if is_alone and not is_young(facts) else 0


def is_young(facts: os.stat_result) -> bool:
    """Changed a moment ago; a minute where the files of other users' processes are not to be seen."""
    return time.time() - facts.st_ctime < (_SETTLED_S if os.geteuid() == 0 else _SETTLED_UNSEEN_S)


def _matching(pattern: str) -> Iterator[Path]:
    left, top = _MOST_LOOKED_AT, beginning(pattern)
    deepest = None if EVERY_DEPTH in Path(pattern).parts else len(Path(pattern).parts)
    folders = [top]
    for folder in folders:
        entries = _entries(folder, left)
        left -= len(entries)
        is_last = deepest is not None and len(folder.parts) + 1 >= deepest
        for entry in entries:
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                folders += [] if is_last else [path]
            elif entry.is_file(follow_symlinks=False) and matches(pattern, path):
                yield path


def _entries(folder: Path, most: int) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as found:
            return sorted(islice(found, most), key=lambda entry: entry.name)
    except OSError:
        return []


def _open_paths(processes: Processes) -> frozenset[str]:
    return frozenset(target for pid in processes.parents for _, target in open_files(pid) if target.startswith("/"))


def _told(service: Service, path: Path, size: int, disk: DiskFacts) -> ServerFact:
    return ServerFact(
        code=DISPOSABLE, service=service.name,
        text=f"{path} ({in_bytes(size)}) is disposable, and lies on {disk.mount}, which is {used_share(disk):.0%} full",
        fields={"path": str(path), "size": str(size), "mount": str(disk.mount)},
    )  # fmt: skip
