"""A large text in blocks of whole lines: never held whole."""

from collections.abc import Iterator
from io import SEEK_END, BytesIO
from pathlib import Path
from threading import Event
from typing import BinaryIO, NamedTuple

from prunella.evidence.sealed import KeptFile

BLOCK_BYTES = 4 << 20

Source = Path | KeptFile | str
"""Where a text is: a file, a file that may be sealed, or itself."""


class Block(NamedTuple):
    """Some lines; the first of them is line `first` (from 1) of the text and begins at byte `offset`."""

    first: int
    offset: int
    data: bytes

    @property
    def lines(self) -> list[bytes]:
        lines = self.data.split(b"\n")
        return lines if lines[-1] else lines[:-1]


def blocks_of(source: Source, size_bytes: int = BLOCK_BYTES, stopped: Event | None = None) -> Iterator[Block]:
    """All of a file, or of a text, in order, until it is stopped.

    A line longer than a block is cut, and its pieces share its number.
    """
    with _opened(source) as file:
        yield from _blocks(file, size_bytes, stopped or Event())


def _blocks(file: BinaryIO, size_bytes: int, stopped: Event) -> Iterator[Block]:
    first, offset, rest = 1, 0, b""
    while not stopped.is_set() and (read := file.read(size_bytes)):
        data = rest + read
        end = data.rfind(b"\n") + 1 or len(data)
        yield Block(first, offset, data[:end])
        first, offset, rest = first + data.count(b"\n", 0, end), offset + end, data[end:]
    if rest and not stopped.is_set():
        yield Block(first, offset, rest)


def ends_of(source: Source, size_bytes: int) -> tuple[list[str], list[str]]:
    """Its first and its last lines, within so many bytes each."""
    if isinstance(source, str):
        return _lines(source[:size_bytes].encode("utf-8", "replace")), _lines(
            source[-size_bytes:].encode("utf-8", "replace")
        )
    with _opened(source) as file:
        head = file.read(size_bytes)
        file.seek(max(0, file.seek(0, SEEK_END) - size_bytes))
        tail = file.read(size_bytes)
    return _lines(head), _lines(tail)


def size_of(source: Source) -> int:
    """In bytes; of a text in characters."""
    match source:
        case str():
            return len(source)
        case Path():
            return source.stat().st_size
        case KeptFile():
            return source.size_bytes


def read_all(source: Source) -> str:
    """For short ones: the whole text."""
    if isinstance(source, str):
        return source
    with _opened(source) as file:
        return file.read().decode("utf-8", "replace")


def _opened(source: Source) -> BinaryIO:
    match source:
        case str():
            return BytesIO(source.encode("utf-8", "replace"))
        case Path():
            return source.open("rb")
        case KeptFile():
            return source.open()


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "replace").removesuffix("\n").split("\n")
