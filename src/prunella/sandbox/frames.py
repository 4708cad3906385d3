"""What a command in a container says, as the daemon tells it: frames of one stream or the other."""

import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

STDOUT: Final = 1
STDERR: Final = 2
_HEADER = struct.Struct(">BxxxL")
_CHUNK = 65536


class Frames:
    """A connection that the docker SDK opened, to a command that runs. Every call blocks, the last one excepted."""

    def __init__(self, opened: Any) -> None:
        """`opened` is what the SDK returns for `socket=True`."""
        self._opened = opened
        self._socket: socket.socket = getattr(opened, "_sock", opened)
        # What came along with the answer's head stands in this buffer, and would be lost to a reader of the socket.
        self._reader: Any = opened._response.raw._fp.fp  # noqa: SLF001 - the SDK has no other way to it

    def write(self, content: bytes, timeout_s: float) -> None:
        self._socket.settimeout(timeout_s)
        self._socket.sendall(content)

    def follow(self, keep: Callable[[int, bytes], None], silence_s: float) -> None:
        """Passes on what is said until nobody is left to say anything. Raises OSError after a silence."""
        self._socket.settimeout(silence_s)
        while len(head := self._reader.read(_HEADER.size)) == _HEADER.size:
            stream, left = _HEADER.unpack(head)
            while left:
                chunk: bytes = self._reader.read1(min(left, _CHUNK))
                if not chunk:
                    return
                left -= len(chunk)
                keep(stream, chunk)

    def close(self) -> None:
        """Ends the connection, and a `follow` of it."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self._opened._response.close()  # noqa: SLF001 - the same
        with suppress(OSError):
            self._opened.close()
