"""Files and folders that services need, and the ways to them: rights, owners, links and sizes as they lie there."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from prunella.domain.facts import PathFacts
from prunella.domain.service import Service
from prunella.domain.setting import FileState

MOST_IN_FOLDER = 64
MOST_FOLDERS_BESIDE = 8
MOST_BELOW = 24
SMALL_BYTES = 64 * 1024
_MOST_LOOKED_AT = 1024
_STARTS_PEM = b"-----BEGIN "


def paths_of(service: Service, top: Path, logs: Iterable[Path] = ()) -> tuple[PathFacts, ...]:
    """The declared files and folders with the folders on the way to them, outermost first, then what lies beside.

    Bounded: of each declared folder, and of the folder around each declared file, 64 entries by name; and below the
    first eight folders among these 24 entries each, so that a renewed certificate in `certs/next` is seen. What a
    declared link leads to is looked at as well, and so are its `logs` with those that were rotated away beside them.
    Only declared files are read, for their digest, when they are small.
    """
    declared = declared_of(service)
    ways = (folder for path in declared for folder in way_to(path, top))
    led = led_to(declared)
    reads = frozenset((*declared, *led))
    beside = (path for folder in _rooms(service, top) for path in _around(folder))
    known = dict.fromkeys((*ways, *declared, *led, *beside, *(path for log in logs for path in rotations_of(log))))
    return tuple(found for path in known if (found := look_at(path, reads=path in reads)) is not None)


def kept_paths(service: Service, top: Path) -> tuple[PathFacts, ...]:
    """What is worth remembering of a good day: what is declared, the ways to it, and what lies directly in declared
    folders; with the digests of small declared files, which a later day can be compared with. Of configuration files
    there are none: their bytes are kept.
    """
    within = (path for folder in service.paths if folder.is_dir() for path, _ in _entries(folder)[:MOST_IN_FOLDER])
    ways = (folder for path in declared_of(service) for folder in way_to(path, top))
    reads = frozenset((*service.paths, *led_to(service.paths)))
    known = dict.fromkeys((*ways, *declared_of(service), *led_to(declared_of(service)), *within))
    found = (look_at(path, reads=path in reads) for path in known)
    return tuple(each for each in found if each is not None and each.state.exists)


def declared_of(service: Service) -> tuple[Path, ...]:
    """What it needs: its own configuration, and its `paths`."""
    return tuple(dict.fromkeys((*service.paths, *service.config)))


def led_to(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Where those that are links lead in the end."""
    return tuple(Path(os.path.realpath(path)) for path in paths if path.is_symlink())


def way_to(path: Path, top: Path) -> tuple[Path, ...]:
    """The folders on the way, outermost first: those in `top` and itself; of others all but the system's own first
    one below the root.
    """
    parents = tuple(reversed(path.parents))
    if path.is_relative_to(top):
        return tuple(folder for folder in parents if folder.is_relative_to(top))
    return parents[2:]


def look_at(path: Path, *, reads: bool = False) -> PathFacts | None:
    """By lstat; None for what may not be looked at. With `reads` a small plain file has its digest."""
    try:
        facts = path.lstat()
        link = os.readlink(path) if stat.S_ISLNK(facts.st_mode) else None  # noqa: PTH115 -- Path would normalise it
    except (FileNotFoundError, NotADirectoryError):
        return PathFacts(state=FileState(path=path, exists=False))
    except OSError:
        return None
    is_small = stat.S_ISREG(facts.st_mode) and facts.st_size <= SMALL_BYTES
    state = FileState(
        path=path, exists=True, sha256=_digest(path) if reads and is_small else "", mode=stat.S_IMODE(facts.st_mode),
        uid=facts.st_uid, gid=facts.st_gid, link=link, mtime_ns=facts.st_mtime_ns,
    )  # fmt: skip
    return PathFacts(
        state=state, is_folder=stat.S_ISDIR(facts.st_mode), size=facts.st_size, modified=facts.st_mtime
    )  # fmt: skip


def surveyed(service: Service, top: Path) -> Iterator[tuple[Path, str]]:
    """(path, digest of its rights) of what it declares under `paths`, and of the ways to it.

    A server writes what it needs, too: so of contents only certificates and keys count, which no server writes.
    """
    ways = (folder for path in service.paths for folder in way_to(path, top))
    for path in dict.fromkeys((*ways, *service.paths)):
        found = look_at(path, reads=is_pem(path))
        if found is not None:
            yield path, found.state.digest


def is_pem(path: Path) -> bool:
    """A certificate or key, by how it begins."""
    return start_of(path, len(_STARTS_PEM)) == _STARTS_PEM


def start_of(path: Path, most: int) -> bytes:
    """The first bytes of a plain file; none of what is anything else or may not be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return b""
    try:
        return os.read(descriptor, most) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def _digest(path: Path) -> str:
    data = start_of(path, SMALL_BYTES + 1)
    return hashlib.sha256(data).hexdigest() if data and len(data) <= SMALL_BYTES else ""


def _rooms(service: Service, top: Path) -> Iterator[Path]:
    """The folders that are declared, and those around declared files; not the fleet's own folder, where all lies."""
    for path in service.paths:
        folder = path if path.is_dir() and not path.is_symlink() else path.parent
        if folder != top:
            yield folder


def _around(folder: Path) -> Iterator[Path]:
    entries = _entries(folder)
    yield from (path for path, _ in entries[:MOST_IN_FOLDER])
    for path in [path for path, is_folder in entries[:MOST_IN_FOLDER] if is_folder][:MOST_FOLDERS_BESIDE]:
        yield from (inner for inner, _ in _entries(path)[:MOST_BELOW])


def rotations_of(log: Path) -> tuple[Path, ...]:
    """The log, and what was rotated away beside it: `app.log.1`, `app.log-20250101.gz`; at most 64."""
    beside = (path for path, _ in _entries(log.parent) if path.name.startswith((f"{log.name}.", f"{log.name}-")))
    return (log, *islice(beside, MOST_IN_FOLDER))


def _entries(folder: Path) -> list[tuple[Path, bool]]:
    """By name; of a folder with more than 1024 entries, of those that the system gives first."""
    try:
        with os.scandir(folder) as found:
            listed = [(Path(each.path), each.is_dir(follow_symlinks=False)) for each in islice(found, _MOST_LOOKED_AT)]
    except OSError:
        return []
    return sorted(listed)
