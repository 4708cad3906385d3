"""A large text in blocks of whole lines: never held whole."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from threading import Event
from typing import BinaryIO, NamedTuple

BLOCK_BYTES = 4 << 20


class Block(NamedTuple):
    """Some lines; the first of them is line `first` (from 1) of the text and begins at byte `offset`."""

    first: int
    offset: int
    data: bytes

    @property
    def lines(self) -> list[bytes]:
        lines = self.data.split(b"\n")
        return lines if lines[-1] else lines[:-1]


def blocks_of(source: Path | str, size_bytes: int = BLOCK_BYTES, stopped: Event | None = None) -> Iterator[Block]:
    """All of a file, or of a text, in order, until it is stopped.

    A line longer than a block is cut, and its pieces share its number.
    """
    opened = source.open("rb") if isinstance(source, Path) else BytesIO(source.encode("utf-8", "replace"))
    with opened as file:
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


def ends_of(source: Path | str, size_bytes: int) -> tuple[list[str], list[str]]:
    """Its first and its last lines, within so many bytes each."""
    if isinstance(source, str):
        return _lines(source[:size_bytes].encode("utf-8", "replace")), _lines(
            source[-size_bytes:].encode("utf-8", "replace")
        )
    with source.open("rb") as file:
        head = file.read(size_bytes)
        file.seek(max(0, source.stat().st_size - size_bytes))
        tail = file.read(size_bytes)
    return _lines(head), _lines(tail)


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "replace").removesuffix("\n").split("\n")
