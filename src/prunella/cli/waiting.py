"""Who waits for what: a note in the state folder for as long as a command line waits its turn."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from prunella.storage.folder import make_private_folder
from prunella.storage.holder import is_alive, this_process


@dataclass(frozen=True)
class Wait:
    """One who waits: its goal, the service it needs, the run that holds that, and since when (epoch seconds)."""

    goal: str
    service: str
    run: str
    since: float
    holder: str = ""


@contextmanager
def announced(home: Path, wait: Wait) -> Generator[None]:
    """`waits` tells of it while the block lasts, and not after this process died."""
    holder = this_process()
    path = home / "waiting" / f"{holder}.json"
    make_private_folder(path.parent)
    path.write_text(json.dumps(asdict(wait) | {"holder": holder}), encoding="utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def waits(home: Path) -> tuple[Wait, ...]:
    """All that wait now, the longest first; what dead processes left is taken away."""
    found: list[Wait] = []
    for path in (home / "waiting").glob("*.json"):
        if not is_alive(path.stem):
            path.unlink(missing_ok=True)
            continue
        try:
            found.append(Wait(**json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError):
            continue
    return tuple(sorted(found, key=lambda wait: wait.since))
