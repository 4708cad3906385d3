"""Law 5: a value's source is re-read, not believed. What may be filled in without a human, given what was found; pure.

A value with an origin may be filled in. One without is tainted, however many models it passed through: it may fill
only a number, a port, a boolean, a usual log level or a corrected spelling of an existing setting, in an action that
can be put back and neither weakens a guard nor lets go of a limit or of data.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from prunella.domain.ruling import Permission, Ruling
from prunella.policy.loosening import loosening
from prunella.policy.weakening import ON, TECHNICAL, as_number, is_guard, weakening
from prunella.policy.words import is_near, leaf, tokens
from prunella.redaction.keys import is_secret_key

_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?\s?(?:[nmuµ]?s|secs?|min|m|h|d|w|b|[kmg]i?b?|%)?", re.IGNORECASE)
_BOOLEANS = frozenset({"true", "false", "yes", "no", "on", "off", "enabled", "disabled"})
_LEVELS = frozenset({"info", "notice", "warning", "warn", "error", "err", "critical", "crit", "fatal"})
_WORD = re.compile(r"[A-Za-z][A-Za-z_-]{1,30}\d{0,2}")
_NAMES_WORDS = """
    host hosts hostname url urls uri uris dsn addr address addresses endpoint endpoints server servers upstream
    upstreams peer peers broker brokers proxy domain domains origin origins connection webhook callback redirect
    user users username owner group role roles name id database db schema table bucket queue topic path paths file
    files dir directory folder command cmd exec execute script program plugin plugins module modules hook hooks image
    include import package binary shell args arguments env query recipient recipients email to account tenant
"""
_NAMES = frozenset(_NAMES_WORDS.split())
"""Words of settings that name somebody or something: a figure or a slip there leads elsewhere."""
_MOST_REASONS = 4


@dataclass(frozen=True)
class Origin:
    """Where a value stands, as people find it: `known good`, `prunella.toml:12`.

    `is_own`: it is what this very setting was at a better time, or the operator asks for it by name; only that
    outweighs a weaker guard.
    """

    where: str
    is_own: bool = False


@dataclass(frozen=True)
class Filled:
    """One value that a step would put into the world.

    `place` and `shown` are for people, `shown` redacted. `key` is the setting's ("" for an argument, or a word of a
    text); `exists`: it is there already, with the value `before`. `after` None: it would be gone. A choice that a
    trusted text lists has that text as its origin.
    """

    place: str
    shown: str
    key: str = ""
    before: str | None = None
    after: str | None = None
    exists: bool = False
    origin: Origin | None = None


def rule_values(
    tool: str, filled: Iterable[Filled], *, complaints: Iterable[str] = (), reversible: bool
) -> Ruling:  # fmt: skip
    """Asks when one value may not be filled in without a human, and says why of each; allows otherwise.

    `complaints` are reasons that were found elsewhere.
    """
    filled = tuple(filled)
    wrong = [*complaints, *(why for each in filled if (why := objection(each, reversible=reversible)))]
    wrong = list(dict.fromkeys(wrong))
    if wrong:
        more = f"; and {len(wrong) - _MOST_REASONS} more" if len(wrong) > _MOST_REASONS else ""
        return Ruling(permission=Permission.ASK, reason="; ".join(wrong[:_MOST_REASONS]) + more + ".")
    known = dict.fromkeys(each.origin.where for each in filled if each.origin)
    said = f"from {', '.join(list(known)[:_MOST_REASONS])}" if known else "harmless"
    return Ruling(permission=Permission.ALLOW, reason=f"What {tool} fills in is {said}.")


def objection(filled: Filled, *, reversible: bool) -> str:
    """Why a human has to be asked, as a sentence without its full stop; "" for no reason."""
    what = f"{filled.place} → {filled.shown}"
    weaker = weakening(filled.key, filled.before, filled.after) if filled.key else ""
    if weaker and not (filled.origin and filled.origin.is_own):
        return f"{what}: {weaker}, and it was never so at a better time"
    if filled.origin is not None:
        return ""
    source = "stands in no goal, fleet file, example, known good or declared configuration, but in text of the world"
    if not reversible:
        return f"{what} {source}, and it could not be put back"
    if looser := loosening(filled.key, filled.before, filled.after):
        return f"{what} {source}, and {looser}"
    if filled.after is None or is_harmless(filled):
        return ""
    limit = "it is no number, boolean or corrected word of a plain setting" if filled.exists else "it is new there"
    return f"{what} {source}; {limit}"


def is_harmless(filled: Filled) -> bool:
    """A tainted value that an existing setting may hold all the same, as long as nothing is weakened by it."""
    key, after = filled.key, filled.after or ""
    if not filled.exists or not key or is_secret_key(key):
        return False
    if is_guard(key):
        return _is_plain(key, filled.before) and _keeps_guard(key, filled.before or "", after)
    if _is_plain(key, filled.before) and (_NUMBER.fullmatch(after) or after.lower() in _BOOLEANS):
        return True
    return _is_level(key, after) or _is_respelled(filled)


def _keeps_guard(key: str, before: str, after: str) -> bool:
    """A switch may be turned on, a figure follow a figure; many a program takes any other value for off."""
    is_figure = as_number(before) is not None or tokens(key)[-1] in TECHNICAL
    return after.lower() in ON or (is_figure and _NUMBER.fullmatch(after) is not None)


def _is_plain(key: str, before: str | None) -> bool:
    """It neither is an address, a path or a command, nor is it called so; the port of an address is plain."""
    words = set(tokens(leaf(key)))
    return not re.search(r"[/\\@\s]|://", before or "") and ("port" in words or not words & _NAMES)


def _is_level(key: str, after: str) -> bool:
    return bool({"level", "verbosity"} & set(tokens(key))) and after.lower() in _LEVELS


def _is_respelled(filled: Filled) -> bool:
    """A word that differs from the one that stands there by a slip of the fingers, or in case only."""
    before, after = filled.before or "", filled.after or ""
    if set(tokens(leaf(filled.key))) & _NAMES or not _WORD.fullmatch(after):
        return False
    return before.casefold() == after.casefold() or is_near(before.casefold(), after.casefold())
