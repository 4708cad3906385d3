"""Copying one file to another disk and back: whole, settled there and read again; holes stay holes."""

import errno
import hashlib
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from prunella.errors import Rejected

_CHUNK = 1024 * 1024
_PLAIN = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


@contextmanager
def opened_folder(folder: Path) -> Generator[int]:
    """A descriptor for what is done with names in it. Raises Rejected where a link is on the way."""
    flags = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)
    descriptor = os.open(folder.anchor, flags)
    try:
        for part in folder.parts[1:]:
            inner = os.open(part, flags, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    except NotADirectoryError as error:
        raise Rejected(f"{folder} is reached by a link, or is no folder; it was left alone.") from error
    finally:
        os.close(descriptor)


@contextmanager
def opened_file(name: str, folder: int, flags: int, mode: int = 0) -> Generator[int]:
    """A descriptor of a file in an opened folder; never through a link."""
    descriptor = os.open(name, flags | _PLAIN, mode, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def copy(source: int, target: int) -> None:
    """All bytes of `source` into the empty `target`, which is on its disk when it returns and was read again.

    Raises OSError, with EIO when it does not hold the same.
    """
    size, said = os.fstat(source).st_size, hashlib.sha256()
    stretches = tuple(_stretches(source, size))
    os.ftruncate(target, size)
    for at, data in _chunks(source, stretches):
        said.update(data)
        _write_at(target, at, data)
    os.fsync(target)
    again = hashlib.sha256()
    for _, data in _chunks(target, stretches):
        again.update(data)
    if again.digest() != said.digest() or os.fstat(target).st_size != size:
        raise OSError(errno.EIO, "the copy does not hold the same")


def settle_folder(folder: Path) -> None:
    """Makes the names in it last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _stretches(source: int, size: int) -> Iterator[tuple[int, int]]:
    """(from, to) of all that is no hole."""
    to = 0
    while to < size:
        try:
            start = os.lseek(source, to, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            raise
        to = min(os.lseek(source, start, os.SEEK_HOLE), size)
        yield start, to


def _chunks(source: int, stretches: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, bytes]]:
    for start, to in stretches:
        at = start
        while at < to and (data := os.pread(source, min(_CHUNK, to - at), at)):
            yield at, data
            at += len(data)


def _write_at(target: int, at: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        done = os.pwrite(target, view, at)
        view, at = view[done:], at + done
