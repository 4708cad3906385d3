"""Events for other programs: JSON, one a line."""

import json
import os
from io import UnsupportedOperation
from typing import TextIO

from prunella.domain.run import Event
from prunella.protocols import Sink


class JsonLines(Sink):
    """Writes every event to `file` as one line of ASCII JSON, and flushes.

    A reader that went away does not end the run: the rest is thrown away without a word, also what Python would
    flush at its exit.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._is_read = True

    def emit(self, event: Event) -> None:
        if not self._is_read:
            return
        try:
            self._file.write(json.dumps(event.model_dump()) + "\n")
            self._file.flush()
        except (BrokenPipeError, ValueError):  # ValueError: the file was closed
            self._is_read = False
            _point_nowhere(self._file)


def _point_nowhere(file: TextIO) -> None:
    """As https://docs.python.org/3/library/signal.html#note-on-sigpipe advises; a file in memory is left alone."""
    try:
        descriptor = file.fileno()
    except (UnsupportedOperation, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
