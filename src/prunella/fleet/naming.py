"""Which services an operator's sentence is about."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prunella.domain.service import Fleet
from prunella.errors import Misuse
from prunella.nearest import likeness, nearest

__all__ = ["nearest", "services_in"]

_WORD = re.compile(r"\w[\w.-]*\w|\w")
_QUOTE = r"[\"'`]"
_STRAIGHT = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'})
_NOUN = re.compile(
    rf"(?P<before>\b(?:the|our|my|your)\s+)?{_QUOTE}?(?P<name>\w[\w.-]*){_QUOTE}?\s+services?\b", re.IGNORECASE
)
_LABEL = re.compile(
    rf"\bservice\s+(?P<called>(?:called|named)\s+)?(?P<quote>{_QUOTE}?)(?P<name>\w(?:[\w.-]*\w)?){_QUOTE}?(?P<end>\s*(?:[.,;:!?)]|$|and\b|or\b))?",
    re.IGNORECASE,
)
_EXCEPT = re.compile(
    r"\b(?:except(?: for)?|excluding|apart from|other than|but not|leav(?:e|ing)|ignor(?:e|ing)"
    r"|(?:do not|don't|never|without) (?:touch|chang|restart|stopp?|modify)(?:e|ing)?)\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"(?:[\s,/&\"'`]|\b(?:the|and|or|nor|service|services|its|my|our)\b)*", re.IGNORECASE)

# Words of everyday goals that never name a service by themselves.
_WORDS = """
a able about affected again alive all an and any are at available back bad be been being both bring bringing broken
but by can cannot check checking config configuration could crash crashed crashing customer dead debug diagnose did do
does done down downstream each ensure entire error errors every everything failed failing fails failure fault faults
faulty find first fix fixed fixing for from get go gone had has have having heal healing health healthy help if
improve in inspect into investigate is issue issues it its keep last let look make may me monitor must my need no
normal not now of off ok okay on one online only or other our out please problem problems put quickly repair resolve
restart restarted restore restoring run running save see should slow so some sort start started status stop stopped
such that the their them then these this those to trouble unavailable unhealthy unknown unreachable up upstream verify
via was we well were what whatever when where which while whole why will with work working works wrong your
"""
_PLAIN = frozenset(_WORDS.split())


@dataclass(frozen=True)
class _Mention:
    name: str
    start: int
    end: int


def services_in(goal: str, fleet: Fleet) -> tuple[str, ...]:
    """The services that `goal` names, in the order of its words; all of the fleet's when it names none.

    Case, hyphens and an `s` at the end do not count; "all but X" and "do not touch X" leave X out. Raises Misuse,
    with the nearest names, when it calls something a service that is not in the fleet, or seems to misspell one.
    """
    goal = goal.translate(_STRAIGHT)
    mentions = _mentions(goal, tuple(fleet.services))
    _refuse_unknown(goal, mentions, tuple(fleet.services))
    left_out = _left_out(goal, mentions)
    named = dict.fromkeys(mention.name for mention in mentions if mention.name not in left_out)
    return tuple(named) or tuple(name for name in fleet.services if name not in left_out)


def _mentions(goal: str, known: tuple[str, ...]) -> tuple[_Mention, ...]:
    """Where services are named, left to right; of overlapping ones the longest, then the one spelled exactly so."""
    found = [_Mention(name, *match.span()) for name in known for match in _spelling(name).finditer(goal)]
    found.sort(key=lambda one: (one.start - one.end, goal[one.start : one.end].casefold() != one.name.casefold()))
    kept: list[_Mention] = []
    for one in found:
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: one.start))


def _spelling(name: str) -> re.Pattern[str]:
    parts = [re.escape(part) for part in re.split(r"[-_.\s]+", name) if part] or [re.escape(name)]
    stem, last = parts[:-1], parts[-1]
    if len(last) > 3 and last.casefold().endswith("s") and not last.casefold().endswith("ss"):
        last = last[:-1]
    plural = "" if name.casefold().endswith("ss") else "s?"
    return re.compile(rf"(?<![\w-]){'[-_. ]?'.join([*stem, last])}{plural}(?:'s?)?(?![\w-])", re.IGNORECASE)


def _left_out(goal: str, mentions: tuple[_Mention, ...]) -> frozenset[str]:
    return frozenset(name for phrase in _EXCEPT.finditer(goal) for name in _listed_after(goal, phrase.end(), mentions))


def _listed_after(goal: str, at: int, mentions: tuple[_Mention, ...]) -> Iterator[str]:
    for mention in mentions:
        if mention.start < at:
            continue
        if not _BETWEEN.fullmatch(goal, at, mention.start):
            return
        yield mention.name
        at = mention.end


def _refuse_unknown(goal: str, mentions: tuple[_Mention, ...], known: tuple[str, ...]) -> None:
    for name, start in (*_called_services(goal, known), *(() if mentions else _misspelled(goal, known))):
        if not any(mention.start <= start < mention.end for mention in mentions):
            raise Misuse(_no_such(name, known))


def _called_services(goal: str, known: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """Words that stand where a service's name stands: `the NAME service`, `service NAME`."""
    for match in _NOUN.finditer(goal):
        is_plural = match[0].casefold().endswith("s")
        is_name = not is_plural and bool(match["before"] or not _is_described(goal, match.start("name")))
        if _could_name(match["name"]) and (is_name or _is_odd(match["name"], known)):
            yield match["name"], match.start("name")
    for match in _LABEL.finditer(goal):
        is_name = bool(
            match["called"] or match["quote"] or (match["end"] is not None and not _has_article(goal, match))
        )
        if _could_name(match["name"]) and (is_name or _is_odd(match["name"], known)):
            yield match["name"], match.start("name")


def _misspelled(goal: str, known: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    for match in _WORD.finditer(goal):
        if len(match[0]) > 3 and _could_name(match[0]) and _is_almost(match[0], known, 0.8):
            yield match[0], match.start()


def _could_name(word: str) -> bool:
    return word.casefold() not in _PLAIN


def _is_odd(word: str, known: tuple[str, ...]) -> bool:
    """It looks like a name in itself, or nearly like a known one."""
    return bool(re.search(r"[\d_-]", word)) or _is_almost(word, known, 0.75)


def _is_almost(word: str, known: tuple[str, ...], least: float) -> bool:
    return any(likeness(word, name) >= least for name in known)


def _is_described(goal: str, at: int) -> bool:
    """`any flaky service`: the word before says that no name follows."""
    return bool(
        re.search(r"\b(?:an?|any|every|each|some|whatever|which|what|no|this|that)\s+\W?$", goal[:at], re.IGNORECASE)
    )


def _has_article(goal: str, match: re.Match[str]) -> bool:
    return bool(
        re.search(r"\b(?:the|a|this|that|any|each|every|my|our)\s+(?:\w+\s+)?$", goal[: match.start()], re.IGNORECASE)
    )


def _no_such(name: str, known: tuple[str, ...]) -> str:
    near = nearest(name, known)
    guess = f" Did you mean {' or '.join(near)}?" if near else ""
    return f'There is no service "{name}".{guess} Known: {", ".join(known)}.'
