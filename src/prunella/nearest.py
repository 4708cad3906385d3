"""What somebody probably meant."""

from collections.abc import Iterable
from difflib import SequenceMatcher


def nearest(name: str, known: Iterable[str], least: float = 0.6, most: int = 3) -> tuple[str, ...]:
    """At most `most` of `known`, likeliest first; empty when nothing is near. Case does not count.

    `least` is the likeness from 0 to 1 that difflib must see; names that contain `name`, or are contained in it,
    come after those.
    """
    ranked = sorted(((likeness(name, other), other) for other in dict.fromkeys(known)), key=lambda pair: -pair[0])
    close = [other for score, other in ranked if score >= least]
    holding = [other for score, other in ranked if score < least and _contains(name, other)]
    return tuple((close + holding)[:most])


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`Did you mean a or b?`, or "" when nothing is near."""
    found = nearest(name, known)
    return f"Did you mean {' or '.join(found)}?" if found else ""


def likeness(name: str, other: str) -> float:
    """From 0 to 1, as difflib sees it; case does not count."""
    return SequenceMatcher(None, name.casefold(), other.casefold(), autojunk=False).ratio()


def _contains(name: str, other: str) -> bool:
    short, long = sorted((name.casefold(), other.casefold()), key=len)
    return len(short) >= 3 and short in long
