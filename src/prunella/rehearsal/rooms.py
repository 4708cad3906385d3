"""Private copies of the folders that a service may write in, with the shadow's files in them."""

import os
import shutil
import stat
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from prunella.domain.service import Service
from prunella.errors import Rejected

# Real path → the bytes that the state has there; None for no file. All other files are as they lie on the disk.
Files = Mapping[Path, bytes | None]

_MOST_FILES = 1000
_MOST_BYTES = 32 * 1024 * 1024
_LARGEST_BYTES = 8 * 1024 * 1024
_LENT_NAMES = frozenset({".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", "site-packages"})
_NOBODYS = frozenset(
    Path("/", *parts.split("/"))
    for parts in (
        "", "bin", "boot", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "proc", "root", "run", "sbin",
        "srv", "sys", "tmp", "usr", "usr/bin", "usr/local", "usr/sbin", "usr/share", "var", "var/lib", "var/log",
        "var/run", "var/tmp", "var/www",
    )
)  # fmt: skip


@dataclass
class Room:
    """`copy` stands for `place`. What is `lent` is too large to be copied: it is there for reading only."""

    place: Path
    copy: Path
    lent: list[Path] = field(default_factory=list[Path])

    def inside(self, path: Path) -> Path | None:
        """Where the copy of `path` is; None for what is lent or lies elsewhere."""
        if not path.is_relative_to(self.place) or any(path.is_relative_to(lent) for lent in self.lent):
            return None
        return self.copy / path.relative_to(self.place)


@dataclass(frozen=True)
class Layout:
    """`laid` are files that lie outside of all rooms, each with what stands in for it. `seen` is a folder for what is
    seen of a trial.
    """

    rooms: tuple[Room, ...]
    laid: tuple[tuple[Path, Path], ...]
    seen: Path


def lay_out(service: Service, files: Files, folder: Path, leave_out: frozenset[Path]) -> Layout:
    """Copies of the service's folders below `folder`, with `files` in their places. Blocks; never writes elsewhere.

    Logs and what is in `leave_out` are not copied. Raises Rejected where a file cannot be laid in its place.
    """
    rooms: list[Room] = []
    seen = folder / "seen"
    seen.mkdir(parents=True, mode=0o700)
    logs = frozenset(Path(os.path.realpath(path)) for path in logs_of(service))
    for number, place in enumerate(_outermost(folders_of(service))):
        room = Room(place, folder / "rooms" / str(number))
        _copy_folder(room, leave_out | logs)
        rooms.append(room)
    for number, place in enumerate(_outermost(path.parent for path in logs)):
        if not any(place.is_relative_to(room.place) for room in rooms) and place.is_dir():
            empty = folder / "logs" / str(number)
            empty.mkdir(parents=True)
            _dress(empty, place.stat())
            rooms.append(Room(place, empty))
    laid = [each for path, data in files.items() if (each := _lay(path, data, rooms, folder))]
    return Layout(tuple(rooms), tuple(laid), seen)


def folders_of(service: Service) -> frozenset[Path]:
    """Where it lives and works, as far as these are folders of its own."""
    named = {service.folder, working_folder(service)}
    real = {Path(os.path.realpath(path)) for path in named}
    return frozenset(path for path in real if path.is_dir() and path not in _NOBODYS and path != Path.home())


def working_folder(service: Service) -> Path:
    return service.supervisor.cwd if service.supervisor else service.folder


def logs_of(service: Service) -> tuple[Path, ...]:
    """The declared logs, and where the supervisor puts what it prints."""
    output = getattr(service.supervisor, "output", None)
    return (*service.logs, output) if isinstance(output, Path) else service.logs


def _outermost(folders: Iterable[Path]) -> tuple[Path, ...]:
    found: list[Path] = []
    for each in sorted(set(folders) - _NOBODYS):
        if not any(each.is_relative_to(other) for other in found):
            found.append(each)
    return tuple(found)


def _copy_folder(room: Room, leave_out: frozenset[Path]) -> None:
    """What lies near the top first, until it is enough; the rest is lent."""
    room.copy.mkdir(parents=True)
    budget = _Budget()
    waiting, dressing = deque([room.place]), [(room.copy, room.place.stat())]
    while waiting:
        folder = waiting.popleft()
        for entry in _entries(folder):
            path, target = Path(entry.path), room.copy / Path(entry.path).relative_to(room.place)
            with suppress(FileNotFoundError):
                facts = entry.stat(follow_symlinks=False)
                if path in leave_out:
                    continue
                if stat.S_ISLNK(facts.st_mode):
                    target.symlink_to(os.readlink(path))  # noqa: PTH115 -- the link as it is written
                elif stat.S_ISDIR(facts.st_mode):
                    target.mkdir()
                    if budget.is_spent or _is_lent(path):
                        room.lent.append(path)
                    else:
                        dressing.append((target, facts))
                        waiting.append(path)
                elif stat.S_ISREG(facts.st_mode) and not _copied(path, target, facts, budget):
                    target.touch()
                    room.lent.append(path)
    for target, facts in reversed(dressing):
        _dress(target, facts)


class _Budget:
    """How much is copied of one folder."""

    def __init__(self) -> None:
        self.files, self.size = 0, 0

    @property
    def is_spent(self) -> bool:
        return self.files >= _MOST_FILES or self.size >= _MOST_BYTES

    def take(self, size: int) -> bool:
        if self.is_spent or size > _LARGEST_BYTES:
            return False
        self.files, self.size = self.files + 1, self.size + size
        return True


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


def _is_lent(folder: Path) -> bool:
    return folder.name in _LENT_NAMES or (folder / "pyvenv.cfg").exists() or not os.access(folder, os.R_OK | os.X_OK)


def _copied(path: Path, target: Path, facts: os.stat_result, budget: _Budget) -> bool:
    """False for what is too large, or not ours to read."""
    if not budget.take(facts.st_size):
        return False
    try:
        shutil.copyfile(path, target, follow_symlinks=False)
    except PermissionError:
        return False
    _dress(target, facts)
    os.utime(target, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    return True


def _dress(target: Path, facts: os.stat_result) -> None:
    """Owner, as far as we may, then mode; a folder of ours stays ours to clear away."""
    with suppress(PermissionError):
        os.chown(target, facts.st_uid, facts.st_gid)
    with suppress(PermissionError):
        target.chmod(stat.S_IMODE(facts.st_mode))


def _lay(path: Path, data: bytes | None, rooms: list[Room], folder: Path) -> tuple[Path, Path] | None:
    """Put one file in its room; what it is laid over when it is in none."""
    for room in rooms:
        inside = room.inside(path)
        if inside is not None:
            _put(inside, path, data)
            return None
    if data is None or not path.exists():
        raise Rejected(f"{path} is made or removed, and a shadow has no copy of its folder.")
    stand_in = folder / "files" / str(path).replace("/", "+").lstrip("+")
    stand_in.parent.mkdir(exist_ok=True)
    _put(stand_in, path, data)
    return path, stand_in


def _put(target: Path, path: Path, data: bytes | None) -> None:
    """The mode and owner are those of the real file; a new one is for its owner only."""
    target.unlink(missing_ok=True)
    if data is None:
        return
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    with suppress(FileNotFoundError):
        _dress(target, path.stat())
