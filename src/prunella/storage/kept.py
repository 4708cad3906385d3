"""What was moved aside so that it can be put back: copies of emptied logs, and files that were discarded."""

from pathlib import Path

KEPT_LOGS = "kept-logs"
KEPT_FILES = "kept-files"


def sweep_kept(folder: Path, until: float) -> tuple[Path, ...]:
    """Deletes what was kept before `until` (seconds since the epoch), by when it was put there; what was deleted."""
    swept: list[Path] = []
    for name in (KEPT_LOGS, KEPT_FILES):
        for path in sorted((folder / name).glob("*")):
            if path.is_file() and path.lstat().st_ctime < until:
                path.unlink(missing_ok=True)
                swept.append(path)
    return tuple(swept)
