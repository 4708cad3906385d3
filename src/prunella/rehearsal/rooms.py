"""Private copies of the folders that a service may write in, with the shadow's files in them."""

import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from prunella.domain.service import Service
from prunella.errors import Rejected
from prunella.rehearsal.copying import AROUND, USUAL, WITH_DATABASES, Copying, dress, entries_of
from prunella.rehearsal.homes import keeps_database, named_folders

# Real path → the bytes that the state has there; None for no file. All other files are as they lie on the disk.
Files = Mapping[Path, bytes | None]

_SPARE_BYTES = 1024 * 1024 * 1024
_MOST_AROUND = 200
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

    def copy_of(self, path: Path) -> Path:
        """Where the shadow has it; the path itself where it has none."""
        real = Path(os.path.realpath(path))
        found = (inside for room in self.rooms if (inside := room.inside(real)) is not None)
        return dict(self.laid).get(real) or next(found, path)

    def said(self, text: str) -> str:
        """A text about copies, as one about what they stand for."""
        pairs = (*((str(r.copy), str(r.place)) for r in self.rooms), *((str(to), str(path)) for path, to in self.laid))
        for copy, place in pairs:
            text = text.replace(copy, place)
        return text


def lay_out(
    service: Service, files: Files, folder: Path, leave_out: frozenset[Path], *, to_run: bool = False
) -> Layout:
    """Copies of the service's folders below `folder`, with `files` in their places. Blocks; never writes elsewhere.

    Logs and what is in `leave_out` are not copied; the data of PostgreSQL is only if it is `to_run`, and where there is
    room for it. Raises Rejected where a file cannot be laid in its place.
    """
    rooms: list[Room] = []
    seen = folder / "seen"
    seen.mkdir(parents=True, mode=0o700)
    logs = frozenset(Path(os.path.realpath(path)) for path in logs_of(service))
    named = frozenset(path for path in named_folders(service, files) if _is_somebodys(path))
    own = folders_of(service)
    around = _around(own, named)
    places = _outermost((own | named) - around)
    has_space = to_run and shutil.disk_usage(folder).free > _SPARE_BYTES
    limits = WITH_DATABASES if has_space and keeps_database(service) else USUAL
    for number, place in enumerate((*places, *sorted(around))):
        copying = Copying(
            place, folder / "rooms" / str(number), leave_out | logs, AROUND if place in around else limits, place in own
        )
        copying.run()
        rooms.append(Room(place, copying.copy, copying.lent))
    for number, place in enumerate(_outermost(path.parent for path in logs)):
        if place.is_dir() and not any(room.inside(place) is not None for room in rooms):
            empty = folder / "logs" / str(number)
            empty.mkdir(parents=True)
            dress(empty, place.stat())
            rooms.append(Room(place, empty))
    laid = [each for path, data in files.items() if (each := _lay(path, data, rooms, folder))]
    return Layout(tuple(rooms), tuple(laid), seen)


def folders_of(service: Service) -> frozenset[Path]:
    """Where it lives and works, as far as these are folders of its own."""
    named = {service.folder, working_folder(service)}
    return frozenset(path for path in (Path(os.path.realpath(each)) for each in named) if _is_somebodys(path))


def _around(own: Iterable[Path], named: Iterable[Path]) -> frozenset[Path]:
    """Those of the named that hold one of its own: new files may be made there, all else is not ours to copy."""
    own = frozenset(own)
    holding = (path for path in named if path not in own and any(each.is_relative_to(path) for each in own))
    return frozenset(path for path in holding if len(entries_of(path)) <= _MOST_AROUND)


def _is_somebodys(path: Path) -> bool:
    return path.is_dir() and path not in _NOBODYS and path != Path.home()


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
        dress(target, path.stat())
