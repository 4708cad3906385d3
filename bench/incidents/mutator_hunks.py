"""A mutation as what it does to a few lines, so that it fits a file whose other lines were edited since."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True)
class Hunk:
    """`before` (lines with their ends) becomes `after`; `above` is the line before them, "" at the top.

    `at` is where they stood, counted from 0: of several places that fit, the nearest is meant.
    """

    at: int
    above: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def hunks(before: str, after: str) -> tuple[Hunk, ...]:
    """What leads from one text to the other, top down."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        Hunk(top, old[top - 1] if top else "", tuple(old[top:end]), tuple(new[start:stop]))
        for kind, top, end, start, stop in matcher.get_opcodes()
        if kind != "equal"
    )


def apply(text: str, changes: Sequence[Hunk]) -> str:
    """Every change where its lines stand now. Raises LookupError where they do no longer."""
    lines = text.splitlines(keepends=True)
    for change in changes:
        at = _place(lines, change)
        lines[at : at + len(change.before)] = change.after
    return "".join(lines)


def _place(lines: Sequence[str], change: Hunk) -> int:
    """Where the lines stand; else where they stood, below the line above them."""
    size = len(change.before)
    fits = [at for at in range(len(lines) - size + 1) if tuple(lines[at : at + size]) == change.before]
    below = [at for at in range(len(lines) + 1) if (lines[at - 1] if at else "") == change.above]
    for places in (sorted(set(fits) & set(below)), fits if size else [], below):
        if places:
            return min(places, key=lambda place: abs(place - change.at))
    raise LookupError(f"neither {change.before} nor {change.above!r} is there any more.")
