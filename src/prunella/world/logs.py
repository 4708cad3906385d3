"""The newest lines of a service's logs, since it was last started by us where that is known."""

from dataclasses import dataclass, field
from pathlib import Path

TAIL_BYTES = 65_536
TAIL_LINES = 200


@dataclass
class LogTails:
    """Remembers where each log ended when its service was last started, so that old errors are not read again."""

    marks: dict[Path, int] = field(default_factory=dict[Path, int])

    def mark(self, paths: tuple[Path, ...]) -> None:
        """From now on only what is appended to these files counts, once there is any."""
        for path in paths:
            self.marks[path] = _size_of(path)

    def read(self, path: Path) -> tuple[str, ...]:
        """At most 200 lines, oldest first; of a log that grew since its mark only the new ones. None for what is
        missing, unreadable or no plain file: a pipe would wait for ever. A line that would begin in its middle is left
        out: a secret could not be told by its tail.
        """
        size, mark = _size_of(path), self.marks.get(path, 0)
        start = mark if mark < size else 0
        if not path.is_file():
            return ()
        try:
            with path.open("rb") as file:
                begin = max(start, size - TAIL_BYTES)
                file.seek(begin)
                text = file.read(TAIL_BYTES).decode(errors="replace")
        except OSError:
            return ()
        lines = text.splitlines()
        return tuple((lines[1:] if begin > start and len(lines) > 1 else lines)[-TAIL_LINES:])


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
