"""All processes of this machine in one look at /proc: who descends from whom, who listens, as whom they run."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from prunella.supervisors.ports import RawListener, family_of
from prunella.supervisors.ports import listeners as all_listeners
from prunella.world.sockets import doors

_PROC = Path("/proc")


@dataclass(frozen=True)
class Ids:
    """As whom a process acts: its effective user, its effective group and all that it belongs to."""

    uid: int
    gids: frozenset[int]


@dataclass(frozen=True)
class Processes:
    """The processes as they were when it was made; `parents` maps each to its parent. What ends meanwhile says nothing.

    `parents` is empty where the system has no /proc: then everything is asked of psutil, which is slower.
    """

    parents: Mapping[int, int] = field(default_factory=lambda: dict(_parents()))

    @cached_property
    def _children(self) -> Mapping[int, list[int]]:
        found: dict[int, list[int]] = {}
        for pid, parent in self.parents.items():
            found.setdefault(parent, []).append(pid)
        return found

    def family_of(self, pid: int) -> frozenset[int]:
        """The process and all its descendants; empty when it is gone."""
        if not self.parents:
            return family_of(pid)
        if pid not in self.parents:
            return frozenset()
        family = [pid]
        for member in family:
            family += self._children.get(member, ())
        return frozenset(family)

    @cached_property
    def listeners(self) -> tuple[RawListener, ...]:
        """As `supervisors.ports.listeners`, but without the times of their starts."""
        if not self.parents:
            return all_listeners()
        places = {door.inode: (door.host, door.port) for door in doors()}
        owned = {(*places[inode], pid) for inode, pid in self._sockets(places)}
        known = {(host, port) for host, port, _ in owned}
        nameless = {(*place, None) for place in places.values() if place not in known}
        found = sorted(owned | nameless, key=lambda each: (each[1], each[0], each[2] or 0))
        return tuple(RawListener(host, port, pid, None, words_of(pid) if pid else ()) for host, port, pid in found)

    def _sockets(self, wanted: Iterable[str]) -> Iterator[tuple[str, int]]:
        """(inode, pid) of those sockets that a process holds which we may look at."""
        names = {f"socket:[{inode}]": inode for inode in wanted}
        for pid in self.parents if names else ():
            for _, target in open_files(pid):
                if target in names:
                    yield names[target], pid


def open_files(pid: int) -> Iterator[tuple[str, str]]:
    """(number, what it is open on) of each descriptor; nothing of a process that is gone or not to be looked at."""
    folder = f"/proc/{pid}/fd"
    with suppress(OSError):
        for number in os.listdir(folder):  # noqa: PTH208 -- a Path for each would cost more than the look
            with suppress(OSError):
                yield number, os.readlink(f"{folder}/{number}")  # noqa: PTH115 -- as above


def words_of(pid: int) -> tuple[str, ...]:
    """The command line; empty when it is gone."""
    words = _read(f"/proc/{pid}/cmdline").decode(errors="replace").split("\0")
    return tuple(words[:-1] if words[-1] == "" else words)


def environment_of(pid: int) -> Mapping[str, str]:
    """What the process was started with; empty when it is gone, hidden, or has overwritten it."""
    lines = _read(f"/proc/{pid}/environ").decode(errors="replace").split("\0")
    pairs = (line.partition("=") for line in lines)
    return {name: value for name, mark, value in pairs if mark and name.isidentifier()}


def folder_of(pid: int) -> Path | None:
    """Where it works; None when it is gone or hidden."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None


def ids_of(pid: int) -> Ids | None:
    """None when it is gone or hidden."""
    lines = _read(f"/proc/{pid}/status").decode(errors="replace").splitlines()
    told = {name: rest.split() for name, _, rest in (line.partition(":") for line in lines)}
    try:
        return Ids(int(told["Uid"][1]), frozenset(map(int, (told["Gid"][1], *told.get("Groups", ())))))
    except (KeyError, IndexError, ValueError):
        return None


def _parents() -> Iterator[tuple[int, int]]:
    with suppress(OSError):
        for name in os.listdir(_PROC):  # noqa: PTH208 -- a Path for each would cost more than the look
            if name.isdecimal() and (stat := _read(f"/proc/{name}/stat")):
                yield int(name), int(stat.rpartition(b")")[2].split()[1])


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 -- many times a second
            return file.read()
    except OSError:
        return b""
