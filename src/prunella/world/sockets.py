"""The TCP sockets that listen in our network namespace, asked of the kernel; read from /proc where it does not answer.

The kernel has few that listen in a list of their own, and for /proc walks the table of all that there may be.
"""

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_LISTENS = 10
_SOCK_DIAG, _BY_FAMILY, _DONE, _ERROR = 4, 20, 3, 2
_REQUEST_DUMP = 0x301
_HEADER, _MESSAGE = struct.Struct("=IHHII"), struct.Struct("=4BH2s16s16s3I5I")
_REQUEST = struct.Struct("=4BI48x")
_MAPPED = b"\0" * 10 + b"\xff\xff"
_WAIT_S = 1.0


@dataclass(frozen=True)
class Door:
    """A socket that listens, by its inode: `socket:[INODE]` is what processes that hold it are open on."""

    inode: str
    host: str
    port: int


def doors() -> tuple[Door, ...]:
    """All of them, of IPv4 and IPv6; empty where the system tells neither way."""
    with suppress(OSError, struct.error):
        return tuple(door for family in (socket.AF_INET, socket.AF_INET6) for door in _asked(family))
    return listed_doors()


def _asked(family: socket.AddressFamily) -> Iterator[Door]:
    """By a dump of sock_diag(7)."""
    request = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, 0, 1 << _LISTENS)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _SOCK_DIAG) as line:
        line.settimeout(_WAIT_S)
        line.send(_HEADER.pack(_HEADER.size + len(request), _BY_FAMILY, _REQUEST_DUMP, 1, 0) + request)
        while True:
            for kind, body in _messages(line.recv(65536)):
                if kind == _DONE:
                    return
                if kind == _ERROR:
                    raise OSError(-struct.unpack_from("=i", body)[0], "sock_diag")
                yield _door(family, body)


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, *_ = _HEADER.unpack_from(data, at)
        yield kind, data[at + _HEADER.size : at + length]
        at += (length + 3) & ~3


def _door(family: socket.AddressFamily, body: bytes) -> Door:
    told = _MESSAGE.unpack_from(body)
    port, source = socket.ntohs(told[4]), told[6]
    return Door(str(told[-1]), _host(source[:4] if family == socket.AF_INET else source), port)


def listed_doors() -> tuple[Door, ...]:
    """The same, as /proc lists them."""
    return tuple(_listed())


def _listed() -> Iterator[Door]:
    for table in _TABLES:
        with suppress(OSError), open(table, encoding="ascii") as file:  # noqa: PTH123 -- no path of ours
            for words in (line.split() for line in file.readlines()[1:]):
                if int(words[3], 16) == _LISTENS:
                    host, _, port = words[1].partition(":")
                    yield Door(words[9], _host(_bytes(host)), int(port, 16))


def _bytes(text: str) -> bytes:
    """Words of four bytes, each in the machine's own order."""
    return b"".join(struct.pack("=I", int(text[at : at + 8], 16)) for at in range(0, len(text), 8))


def _host(raw: bytes) -> str:
    if len(raw) == 16 and raw.startswith(_MAPPED):
        return socket.inet_ntop(socket.AF_INET, raw[12:])
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)
