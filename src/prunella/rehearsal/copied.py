"""The second-best way, where nothing can be shut in: the command runs on copies, with its paths turned to them."""

from pathlib import Path

from prunella.errors import Rejected
from prunella.rehearsal.rooms import Layout


def rebased(command: tuple[str, ...], cwd: Path, layout: Layout) -> tuple[tuple[str, ...], Path]:
    """The command and its folder, turned to the copies. Raises Rejected for a file that it could not be turned to."""
    for room in layout.rooms:
        for lent in room.lent:
            _lend(room.copy / lent.relative_to(room.place), lent)
    pairs = [(str(room.place), str(room.copy)) for room in layout.rooms]
    for path, stand_in in layout.laid:
        if not any(str(path) in word for word in command):
            raise Rejected(f"it cannot be turned to a copy of {path}, which its command does not name")
        pairs.insert(0, (str(path), str(stand_in)))
    inside = next((room.inside(cwd) for room in layout.rooms if room.inside(cwd)), None)
    if inside is None:
        raise Rejected(f"its folder {cwd} is not one that is copied")
    return tuple(_turned(word, pairs) for word in command), inside


def _lend(target: Path, lent: Path) -> None:
    if target.is_dir():
        target.rmdir()
    else:
        target.unlink(missing_ok=True)
    target.symlink_to(lent)


def _turned(word: str, pairs: list[tuple[str, str]]) -> str:
    for real, copy in pairs:
        if word == real or f"{real}/" in word or word.endswith(f"={real}"):
            return word.replace(real, copy)
    return word
