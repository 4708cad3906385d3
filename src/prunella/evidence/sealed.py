"""A kept text on the disk, sealed piece by piece where there is a key, so that any part is read without the rest."""

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from typing_extensions import override

from prunella.sealing import OVERHEAD_BYTES, Sealer

PIECE_BYTES = 1 << 16
_ID_BYTES = 16
_SEALED_BYTES = PIECE_BYTES + OVERHEAD_BYTES


@dataclass(frozen=True)
class KeptFile:
    """A file that reads as the text that was put into it. `sealer` None: it is plain."""

    path: Path
    sealer: Sealer | None = None

    @property
    def size_bytes(self) -> int:
        """Of the text. Raises OSError."""
        size = self.path.stat().st_size
        return size if self.sealer is None else _text_bytes(size)

    def open(self) -> BinaryIO:
        """For reading and seeking. Raises OSError; reading raises Misuse without the right key."""
        file = self.path.open("rb")
        return file if self.sealer is None else cast("BinaryIO", io.BufferedReader(_Reader(file, self.sealer)))


class SealingFile:
    """Takes a text in any portions and writes it to `file` in sealed pieces; whole when it is closed."""

    def __init__(self, file: BinaryIO, sealer: Sealer) -> None:
        self._file, self._sealer = file, sealer
        self._id, self._number, self._rest = os.urandom(_ID_BYTES), 0, bytearray()
        file.write(self._id)

    def write(self, data: bytes) -> None:
        self._rest += data
        while len(self._rest) > PIECE_BYTES:
            self._put(bytes(self._rest[:PIECE_BYTES]), is_last=False)
            del self._rest[:PIECE_BYTES]

    def close(self) -> None:
        """Idempotent."""
        if not self._file.closed:
            self._put(bytes(self._rest), is_last=True)
            self._file.close()

    def _put(self, piece: bytes, *, is_last: bool) -> None:
        self._file.write(self._sealer.seal(piece, _place(self._id, self._number, is_last=is_last)))
        self._number += 1


class _Reader(io.RawIOBase):
    def __init__(self, file: BinaryIO, sealer: Sealer) -> None:
        self._file, self._sealer, self._at = file, sealer, 0
        self._id, size = file.read(_ID_BYTES), os.fstat(file.fileno()).st_size
        self._size, self._last = _text_bytes(size), max(0, -(-(size - _ID_BYTES) // _SEALED_BYTES) - 1)
        self._held: tuple[int, bytes] = (-1, b"")

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    @override
    def tell(self) -> int:
        return self._at

    @override
    def readinto(self, buffer: bytearray | memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride] -- `Buffer` is 3.12's
        """At most to the end of a piece, as a raw file may."""
        if self._at >= self._size:
            return 0
        number, start = divmod(self._at, PIECE_BYTES)
        part = self._piece(number)[start : start + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    @override
    def close(self) -> None:
        self._file.close()
        super().close()

    def _piece(self, number: int) -> bytes:
        if self._held[0] != number:
            self._file.seek(_ID_BYTES + number * _SEALED_BYTES)
            place = _place(self._id, number, is_last=number == self._last)
            self._held = (number, self._sealer.open(self._file.read(_SEALED_BYTES), place))
        return self._held[1]


def _text_bytes(size: int) -> int:
    pieces = max(1, -(-(size - _ID_BYTES) // _SEALED_BYTES))
    return max(0, size - _ID_BYTES - pieces * OVERHEAD_BYTES)


def _place(file: bytes, number: int, *, is_last: bool) -> str:
    return f"Evidence {file.hex()}, {'last ' if is_last else ''}piece {number},"
