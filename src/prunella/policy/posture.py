"""Which guards are weaker than before; pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from prunella.domain.posture import Aspect, Downgrade, Posture, Stance
from prunella.policy.guard_words import KNOWN
from prunella.policy.words import is_near, tokens

SOMEWHERE = "…"
"""Begins the names of guards in a file that does not parse: only the last part of their keys can be trusted."""

_LAST = re.compile(r"(?:\"[^\"]*\"|[^.\"]+)(?: \([^()]*\))?$")
_Guard = tuple[str, Aspect, str]


def downgrades(before: Posture, after: Posture) -> tuple[Downgrade, ...]:
    """Every guard that got weaker, came with an open door, or went; in the order in which `before` and `after` tell.

    Several stances of one guard (the items of a list, lines of one kind) are compared one by one. A name that was
    mended is another name for the same guard.
    """
    vague = {each.subject for each in (*before.stances, *after.stances) if each.name.startswith(SOMEWHERE)}
    was, now = _by_guard(before, vague), _by_guard(after, vague)
    pairs = [pair for guard in dict.fromkeys((*was, *now)) for pair in _matched(was.get(guard, ()), now.get(guard, ()))]
    fresh = [new for old, new in pairs if old is None and new is not None]
    weaker = [(old, new) for old, new in pairs if _is_weaker(old, new)]
    return tuple(_told(old, new) for old, new in weaker if not _is_there(old, new, fresh))


def _by_guard(posture: Posture, vague: set[str]) -> dict[_Guard, tuple[Stance, ...]]:
    found: dict[_Guard, tuple[Stance, ...]] = {}
    for each in posture.stances:
        stance = each.model_copy(update={"name": without_place(each.name)}) if each.subject in vague else each
        found[stance.guard] = (*found.get(stance.guard, ()), stance)
    return found


def without_place(name: str) -> str:
    """`server.auth.enabled` becomes `…enabled`; what follows the key, ` (scheme)`, stays."""
    last = _LAST.search(name.removeprefix(SOMEWHERE))
    return f"{SOMEWHERE}{last[0] if last else name}"


def _matched(
    was: tuple[Stance, ...], now: tuple[Stance, ...]
) -> Iterable[tuple[Stance, Stance | None] | tuple[None, Stance]]:
    """As many as before: one by one. Else those that say the same belong together, and the rest by their strength."""
    if len(was) == len(now):
        return zip(was, now, strict=True)
    kept = Counter(_what(each) for each in was) & Counter(_what(each) for each in now)
    old, new = (sorted(_without(each, kept), key=_order, reverse=True) for each in (was, now))
    return zip_longest(old, new)  # pyright: ignore[reportReturnType] -- never None on both sides


def _what(stance: Stance) -> tuple[str, float | None]:
    return stance.says, stance.strength


def _order(stance: Stance) -> float:
    return stance.strength or 0.0


def _without(stances: tuple[Stance, ...], some: Counter[tuple[str, float | None]]) -> Iterator[Stance]:
    left = some.copy()
    for stance in stances:
        if left[_what(stance)]:
            left[_what(stance)] -= 1
        else:
            yield stance


def _is_weaker(old: Stance | None, new: Stance | None) -> bool:
    if old is None:
        return new is not None and new.strength is not None and new.strength < 0
    if new is None:
        return not old.may_go and (old.strength is None or old.strength > 0)
    if old.strength is None or new.strength is None:
        return old.says != new.says and (new.strength is None or new.strength <= 0)
    return new.strength < old.strength


def _is_there(old: Stance | None, new: Stance | None, fresh: list[Stance]) -> bool:
    """It went, and came under the name that it should have had."""
    if old is None or new is not None:
        return False
    same = (each for each in fresh if (each.subject, each.aspect) == (old.subject, old.aspect))
    return any(not _is_weaker(old, each) and _is_mended(old.name, each.name) for each in same)


def _is_mended(name: str, other: str) -> bool:
    """A slip apart, in a word that nobody knows or in its case: a known word is never a slip of another one."""
    if name.lower() == other.lower():
        return other in {other.lower(), other.upper()} and name not in {name.lower(), name.upper()}
    changed = set(tokens(name)) - set(tokens(other))
    return is_near(name.lower(), other.lower()) and bool(changed) and not changed & KNOWN


def _told(old: Stance | None, new: Stance | None) -> Downgrade:
    stance = old or new
    if stance is None:
        raise AssertionError("A downgrade has a side.")
    return Downgrade(
        subject=stance.subject, aspect=stance.aspect, name=stance.name,
        before=old.says if old else "", after=new.says if new else "",
    )  # fmt: skip
