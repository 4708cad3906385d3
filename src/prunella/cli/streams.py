"""Standard streams that may be closed, narrow in their encoding, or no longer read."""

import os
import sys
from io import TextIOWrapper
from typing import Literal, TextIO


def open_closed_streams() -> None:
    """A stream that the caller closed is the null device: else the next file opened would take its number."""
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] -- so says the documentation of sys.stdin
        sys.stdin = _null_device(0, "r")
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]
        sys.stdout = _null_device(1, "w")
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison]
        sys.stderr = _null_device(2, "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def point_nowhere(stream: TextIO) -> None:
    """What is still written to `stream` is thrown away, also what Python flushes at its exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _null_device(number: int, mode: Literal["r", "w"]) -> TextIO:
    descriptor = os.open(os.devnull, os.O_RDWR)
    if descriptor != number:
        os.dup2(descriptor, number)
        os.close(descriptor)
    return open(number, mode, encoding="utf-8", closefd=False)
