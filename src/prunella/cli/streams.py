"""Standard streams that may be closed, narrow in their encoding, or no longer read."""

import os
import sys
from io import TextIOWrapper
from typing import TextIO


def open_closed_streams() -> None:
    """A stream that the caller closed is the null device: else the next file opened would take its number."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, _null_device(number, mode))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def point_nowhere(stream: TextIO) -> None:
    """What is still written to `stream` is thrown away, also what Python flushes at its exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _null_device(number: int, mode: str) -> TextIO:
    descriptor = os.open(os.devnull, os.O_RDWR)
    if descriptor != number:
        os.dup2(descriptor, number)
        os.close(descriptor)
    return open(number, mode, encoding="utf-8", closefd=False)  # noqa: PTH123, SIM115 -- a number, open to the end
