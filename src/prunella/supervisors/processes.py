"""Which processes belong to a service, read from the system each time: nothing is recorded that could be lost."""

import asyncio
import hashlib
import os
import pwd
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from prunella.errors import Rejected
from prunella.supervisors.matching import CONFIG, TAG, Declared

_SAME_START_S = 1.0
_KILL_S = 5.0
_POLL_S = 0.02
_Send = Callable[[psutil.Process], object]


@dataclass(frozen=True)
class Instance:
    """A running root process of a service. `tagged` False: adopted, as somebody else started it.

    `started` is in epoch seconds. `config` is the digest it was started with; None when it cannot be told.
    """

    pid: int
    started: float
    tagged: bool
    config: str | None
    argv: tuple[str, ...]


def uid_of(user: str) -> int | None:
    """Of a user by name or number, ours for ""; None when there is no such user."""
    if not user:
        return os.getuid()
    try:
        return pwd.getpwuid(int(user)).pw_uid if user.isdecimal() else pwd.getpwnam(user).pw_uid
    except KeyError:
        return None


def tag_of(fleet_path: Path, service: str) -> str:
    """What the service's processes carry in `PRUNELLA_SERVICE`; differs between fleets with equal names."""
    return f"{hashlib.sha256(os.fsencode(fleet_path.resolve())).hexdigest()[:12]}:{service}"


def find_instances(
    tag: str,
    command: tuple[str, ...],
    cwd: Path,
    env: Mapping[str, str] | None = None,
    output: Path | None = None,
    *,
    user: str = "",
) -> tuple[Instance, ...]:
    """The running roots of a service, oldest first; never ourselves or those we descend from.

    A process belongs to it when its environment carries `tag`, or (adoption) when it has the uid of `user` ("": ours),
    the folder `cwd` and the argv of `command`, and nothing in its environment speaks against it. Descendants are not
    listed.
    """
    declared = Declared(tag, command, cwd.resolve(), env or {}, output.resolve() if output else None, uid_of(user))
    likely = (pid for pid in psutil.pids() if _may_belong(pid, declared))
    known = {pid: instance for pid in likely if (instance := _instance(pid, declared))}
    ours = _own_line()
    roots = [i for pid, i in known.items() if pid not in ours and _parent_of(pid) not in known]
    return tuple(sorted(roots, key=lambda instance: (instance.started, instance.pid)))


def _may_belong(pid: int, declared: Declared) -> bool:
    """False where one cheap look rules it out: another service's tag, or an untagged process in another folder."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123 -- for every process, many times a second
            environment = b"\0" + file.read()
    except OSError:
        return True
    if f"\0{TAG}=".encode() in environment:
        return f"\0{TAG}={declared.tag}\0".encode() in environment + b"\0"
    try:
        if b"\0PATH=" not in environment:
            return bool(Path(f"/proc/{pid}/cmdline").read_bytes())  # a zombie has none
        return os.readlink(f"/proc/{pid}/cwd") == str(declared.cwd)  # noqa: PTH115 -- as above
    except OSError:
        return True


def _instance(pid: int, declared: Declared) -> Instance | None:
    try:
        process = psutil.Process(pid)
        environment = _environment(process)
        tagged = declared.is_tagged(environment) or _writes_to(process, environment, declared.output)
        argv = tuple(process.cmdline())
        if not tagged and not _is_adoptable(process, environment, argv, declared):
            return None
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return Instance(pid, process.create_time(), tagged, environment.get(CONFIG) if tagged else None, argv)
    except (psutil.Error, OSError):
        return None


def _environment(process: psutil.Process) -> Mapping[str, str]:
    try:
        return process.environ()
    except psutil.AccessDenied:
        return {}


def _writes_to(process: psutil.Process, environment: Mapping[str, str], output: Path | None) -> bool:
    """True when the process has overwritten its environment and its first streams are open on `output`."""
    if output is None or TAG in environment or "PATH" in environment:
        return False
    streams = (Path(f"/proc/{process.pid}/fd/{number}") for number in (1, 2))
    with suppress(OSError):
        return any(stream.readlink() == output for stream in streams)
    return False


def _is_adoptable(
    process: psutil.Process, environment: Mapping[str, str], argv: tuple[str, ...], declared: Declared
) -> bool:
    if not argv or process.uids().real != declared.uid or not declared.may_adopt(environment):
        return False
    return Path(process.cwd()) == declared.cwd and declared.matches(argv, process.exe())


def _own_line() -> frozenset[int]:
    """Ourselves and all that we descend from."""
    line = {os.getpid()}
    with suppress(psutil.Error):
        line.update(parent.pid for parent in psutil.Process().parents())
    return frozenset(line)


def _parent_of(pid: int) -> int | None:
    try:
        return psutil.Process(pid).ppid()
    except psutil.Error:
        return None


def is_same(process: psutil.Process, started: float) -> bool:
    """True when the process runs and is the one that started then: pids are used again."""
    try:
        if abs(process.create_time() - started) > _SAME_START_S:
            return False
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


async def end_process(pid: int, started: float, timeout_s: float) -> bool:
    """End the process, its group and all descendants: TERM, after `timeout_s` KILL, and wait until they are gone.

    False, and nothing touched, when it is gone already or `pid` is another process now. Raises Rejected when it
    cannot be ended.
    """
    try:
        root = psutil.Process(pid)
    except psutil.Error:
        return False
    if pid in _own_line() or not is_same(root, started):
        return False
    members = _members(root)
    _signal(members, psutil.Process.terminate)
    _signal(members, psutil.Process.resume)  # a stopped process takes no TERM
    if not await _gone(members, timeout_s):
        members = _with(members, (each for member in members if _runs(member) for each in _members(member)))
        _signal(members, psutil.Process.kill)
        if not await _gone(members, _KILL_S):
            left = ", ".join(str(member.pid) for member in members if _runs(member))
            raise Rejected(f"Process {left} does not end, not even when killed. Look at what it waits for.")
    return True


def _members(root: psutil.Process) -> tuple[psutil.Process, ...]:
    """The process, its descendants and, when it leads a group, the rest of that group; never ourselves."""
    ours = _own_line()
    try:
        found = _with((root,), root.children(recursive=True))
    except psutil.Error:
        found = (root,)
    with suppress(OSError):
        if os.getpgid(root.pid) == root.pid:
            found = _with(found, _group(root.pid))
    return tuple(member for member in found if member.pid not in ours)


def _with(some: tuple[psutil.Process, ...], more: Iterable[psutil.Process]) -> tuple[psutil.Process, ...]:
    return tuple(dict.fromkeys((*some, *more)))


def _group(leader: int) -> Iterator[psutil.Process]:
    for pid in psutil.pids():
        with suppress(OSError, psutil.Error):
            if os.getpgid(pid) == leader:
                yield psutil.Process(pid)


def _signal(members: tuple[psutil.Process, ...], send: _Send) -> None:
    for member in members:
        try:
            send(member)
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied as error:
            raise Rejected(f"Not allowed to end process {member.pid}: it belongs to another user.") from error


async def _gone(members: tuple[psutil.Process, ...], timeout_s: float) -> bool:
    try:
        async with asyncio.timeout(timeout_s):
            while any(_runs(member) for member in members):  # noqa: ASYNC110  processes send no event
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        return False
    return True


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
