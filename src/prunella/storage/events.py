"""The timeline of each run, in a file that outlives it."""

import json
import os
import sys
from pathlib import Path

from pydantic import ValidationError

from prunella.domain.run import Event, EventKind
from prunella.protocols import Sink
from prunella.storage.folder import make_private_folder


class EventFile(Sink):
    """Appends the events of one run to `folder/runs/<run>.jsonl` (mode 0600), one a line, without fsync.

    Never raises: when the file cannot be written, that costs one line on stderr and the rest of the timeline.
    """

    def __init__(self, folder: Path, run: str) -> None:
        self._path = event_path(folder, run)
        self._descriptor: int | None = None
        self._given_up = False

    def emit(self, event: Event) -> None:
        """What streams by while a model speaks is not kept: its call is told when it has ended."""
        if self._given_up or event.kind is EventKind.TOKENS:
            return
        try:
            self._append(json.dumps(dict(event)).encode() + b"\n")
        except (OSError, ValueError) as error:
            self._given_up = True
            print(f"The timeline {self._path} cannot be written any further: {error}", file=sys.stderr)

    def close(self) -> None:
        """Idempotent; an event after it opens the file again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _append(self, line: bytes) -> None:
        if self._descriptor is None:
            self._descriptor = _open(self._path)
        while line:
            line = line[os.write(self._descriptor, line) :]


def event_path(folder: Path, run: str) -> Path:
    return folder / "runs" / f"{run}.jsonl"


def read_events(folder: Path, run: str) -> tuple[Event, ...]:
    """All events of a run, oldest first; lines that a crash tore are left out. Empty when there are none."""
    try:
        text = event_path(folder, run).read_bytes()
    except FileNotFoundError:
        return ()
    events = (_parse(line) for line in text.split(b"\n"))
    return tuple(event for event in events if event is not None)


def _open(path: Path) -> int:
    """Opened for appending; a line that a crash tore is ended first, so that the next one stays whole."""
    make_private_folder(path.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    os.fchmod(descriptor, 0o600)
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        os.write(descriptor, b"\n")
    return descriptor


def _parse(line: bytes) -> Event | None:
    try:
        return Event.model_validate(json.loads(line))
    except (ValidationError, ValueError):
        return None
