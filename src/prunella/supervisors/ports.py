"""Who listens where, as far as the system shows it to us."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class RawListener:
    """A TCP socket that listens. `pid`, `started` and `argv` are empty where the system does not show its owner.

    A socket that a parent shares with its children appears once for each.
    """

    host: str
    port: int
    pid: int | None = None
    started: float | None = None
    argv: tuple[str, ...] = ()


def listeners() -> tuple[RawListener, ...]:
    """All listening TCP sockets, by port; those of other users without an owner, or not at all where that is hidden."""
    found = {(row.ip, row.port, row.pid) for row in _sockets()}
    return tuple(_described(*place) for place in sorted(found, key=lambda p: (p[1], p[0], p[2] or 0)))


def ports_of(pid: int) -> tuple[int, ...]:
    """The ports on which the process or one of its descendants listens, sorted; empty when it is gone or hidden."""
    return tuple(sorted({row.port for member in family_of(pid) for row in _sockets_of(member)}))


def family_of(pid: int) -> frozenset[int]:
    """The process and all its descendants; empty when it is gone."""
    try:
        process = psutil.Process(pid)
        return frozenset([pid, *(child.pid for child in process.children(recursive=True))])
    except psutil.Error:
        return frozenset()


@dataclass(frozen=True)
class _Row:
    ip: str
    port: int
    pid: int | None


def _sockets() -> Iterator[_Row]:
    try:
        for row in psutil.net_connections(kind="tcp"):
            if row.status == psutil.CONN_LISTEN and row.laddr:
                yield _Row(row.laddr.ip, row.laddr.port, row.pid)
    except (psutil.Error, OSError):
        for pid in psutil.pids():
            yield from _sockets_of(pid)


def _sockets_of(pid: int) -> Iterator[_Row]:
    with suppress(psutil.Error, OSError):
        for row in psutil.Process(pid).net_connections(kind="tcp"):
            if row.status == psutil.CONN_LISTEN and row.laddr:
                yield _Row(row.laddr.ip, row.laddr.port, pid)


def _described(host: str, port: int, pid: int | None) -> RawListener:
    if pid is None:
        return RawListener(host, port)
    try:
        process = psutil.Process(pid)
        return RawListener(host, port, pid, process.create_time(), tuple(process.cmdline()))
    except psutil.Error:
        return RawListener(host, port, pid)
