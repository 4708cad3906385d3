"""How long the journal was and how it ended, told outside of its database."""

import os
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_WIDTH = 128


@dataclass(frozen=True)
class Head:
    """So many lines, the last of them with this hash."""

    lines: int
    hash: str


class HeadFile:
    """`audit.head` beside the database, mode 0600; it may lag behind by what a crash kept from it, never run ahead."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def beside(cls, connection: sqlite3.Connection) -> Self | None:
        """None for a database in memory."""
        path = str(connection.execute("PRAGMA database_list").fetchone()[2])
        return cls(Path(path).with_name("audit.head")) if path else None

    def note(self, head: Head) -> None:
        """Written in place, without fsync, and only forward. A failure costs the anchor its newest step, nothing else:
        the line itself is on the disk by now.
        """
        with suppress(OSError):
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                known = _parsed(os.pread(descriptor, _WIDTH, 0))
                if known is None or known.lines < head.lines:
                    os.pwrite(descriptor, f"{head.lines} {head.hash}".ljust(_WIDTH - 1).encode() + b"\n", 0)
            finally:
                os.close(descriptor)

    def read(self) -> Head | None:
        """None where there is none that can be read."""
        with suppress(OSError):
            return _parsed(self.path.read_bytes())
        return None


def _parsed(content: bytes) -> Head | None:
    lines, _, hashed = content.decode("ascii", "replace").strip().partition(" ")
    return Head(int(lines), hashed) if lines.isdecimal() and hashed else None
