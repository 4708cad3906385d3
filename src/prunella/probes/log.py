"""Was something written to a log that should not be there? Read from the end, so size costs nothing."""

import asyncio
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from prunella.domain.probe import LogProbe
from prunella.domain.report import Reach, Reading
from prunella.errors import Misuse
from prunella.probes.bounded import Answer

_READ_LIMIT_BYTES = 1024 * 1024
_LINE_LIMIT_BYTES = 4096
_QUOTED_CHARACTERS = 500
_DETAIL_CHARACTERS = 200


@dataclass(frozen=True)
class _Place:
    """How far a log was read: which file, up to where, and the unfinished line before that."""

    inode: int | None
    offset: int
    unfinished: bytes = b""


class LogLook:
    """Probe: red when a line that matches came since the last look; the first look reads the last lines.

    It remembers its place, and starts again at the top of a file that was truncated or put in place of the old one.
    """

    def __init__(self, spec: LogProbe) -> None:
        """Raises Misuse when `forbid` is no regular expression."""
        self._spec = spec
        self._place: _Place | None = None
        try:
            self._forbid = re.compile(spec.forbid)
        except re.error as error:
            raise Misuse(f"`forbid` of {spec.name} is no regular expression: {error} in {spec.forbid!r}.") from error

    async def look(self) -> Reading:
        answer = await asyncio.to_thread(self._see)
        return Reading(probe=self._spec.name, reach=answer.reach, detail=answer.detail, body=answer.body)

    def _see(self) -> Answer:
        path = self._spec.path
        try:
            lines = self._new_lines(path)
        except FileNotFoundError:
            self._place = _Place(None, 0)
            return Answer(Reach.RIGHT, "no log yet")
        except OSError as error:
            return Answer(Reach.WRONG, f"cannot read {path}: {error.strerror or error}")
        bad = [line for line in lines if self._forbid.search(line)]
        if not bad:
            return Answer(Reach.RIGHT, f"nothing new in {path.name}")
        quoted = "\n".join(line[:_QUOTED_CHARACTERS] for line in bad)[-_QUOTED_CHARACTERS:]
        return Answer(Reach.WRONG, f"{path.name}: {bad[-1].strip()[:_DETAIL_CHARACTERS]}", quoted)

    def _new_lines(self, path: Path) -> list[str]:
        with _open(path) as file:
            status = os.fstat(file.fileno())
            place = self._place
            if place is None:
                text = _tail(file, 0, status.st_size)
            else:
                goes_on = place.inode == status.st_ino and place.offset <= status.st_size
                text = _tail(file, place.offset if goes_on else 0, status.st_size)
                text = place.unfinished + text if goes_on and text else text
            self._place = _Place(status.st_ino, status.st_size, _unfinished(text, place))
        lines = _lines(text)
        return lines if place else lines[max(0, len(lines) - self._spec.lines) :]


def _open(path: Path) -> IO[bytes]:
    """Never waits for the other end of a pipe that lies there. Raises OSError for what is no file."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(f"{path.name} is no file")
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")


def _tail(file: IO[bytes], begin: int, end: int) -> bytes:
    """What stands between the two, no more than the last mebibyte of it."""
    file.seek(max(begin, end - _READ_LIMIT_BYTES))
    return file.read(min(end - begin, _READ_LIMIT_BYTES))


def _unfinished(text: bytes, place: _Place | None) -> bytes:
    if not text:
        return place.unfinished if place else b""
    return text.rpartition(b"\n")[2][-_LINE_LIMIT_BYTES:]


def _lines(text: bytes) -> list[str]:
    return [line[:_LINE_LIMIT_BYTES].decode(errors="replace") for line in text.splitlines()]
