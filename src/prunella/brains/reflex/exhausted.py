"""A limit that was reached: the setting that sets it goes back to what it was, when that was more."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue, is_errorish
from prunella.brains.reflex.known_good import is_copy, trust
from prunella.brains.reflex.names import tokens
from prunella.brains.reflex.places import Place

_AMOUNT = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>[A-Za-z]*)")
_ANSWERED: Final = r"(?:answered|status|code|HTTP(?:/\d(?:\.\d)?)?\"?) ?:?"
_FILES = frozenset({"worker_rlimit_nofile", "ulimit-n"})
_CONNECTIONS = frozenset({"worker_connections", "maxconn"})
_IDLE = frozenset({"keepalive", "idle", "ttl", "interval"})
_GREATLY = 8.0
_UNITS: Final = {
    "": 1.0, "k": 2**10, "kb": 2**10, "m": 2**20, "mb": 2**20, "g": 2**30, "gb": 2**30, "tb": 2**40, "us": 1e-6,
    "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0,
}  # fmt: skip


@dataclass(frozen=True)
class Limit:
    """How servers say that something is used up, and the words that settings of its size are made of."""

    said: re.Pattern[str]
    words: frozenset[str]


def _limit(said: str, words: str) -> Limit:
    return Limit(re.compile(said, re.IGNORECASE), frozenset(words.split()))


LIMITS: Final = (
    _limit(
        r"too many open files|EMFILE|ENFILE|worker_connections are not enough|accept4?\(\) failed \(24",
        "nofile rlimit files descriptors fds minfds connections maxconn",
    ),
    _limit(
        r"too many (?:clients|connections)|remaining connection slots|max(?:imum)? number of clients|pool .{0,40}"
        r"(?:exhausted|timed? ?out|limit)|connection limit|maxconn|QueuePool",
        "connections maxconn maxclients clients pool reserved overflow",
    ),
    _limit(
        r"used memory > 'maxmemory'|out of memory|cannot allocate|MemoryError|\boom\b|heap space|shared memory",
        "memory maxmemory heap mem buffers as rlimit",
    ),
    _limit(rf"time[sd]? ?-?out|deadline|took too long|{_ANSWERED}(?:408|504)", "timeout deadline wait queue"),
    _limit(
        rf"too many requests|overload|queue (?:is )?full|backlog|not served|rate limit|limiting|\b[a-z]Q[-NV]*|\bbusy\b"
        rf"|{_ANSWERED}(?:429|503)",
        "maxconn workers threads processes concurrency rate burst queue backlog connections limit capacity",
    ),
    _limit(rf"too large|exceeds? (?:the )?(?:max|limit|size)|{_ANSWERED}413", "size body limit max length"),
)


@dataclass(frozen=True)
class Lowered:
    """A setting that allowed for `times` as much before, when its value was `before`."""

    place: Place
    before: str
    origin: str
    times: float


def candidates(case: Case) -> Iterator[Candidate]:
    clues = [clue for clue in case.clues if clue.weight >= 0.4 and is_errorish(clue.line)]
    for limit in LIMITS:
        speaking = [clue for clue in clues if limit.said.search(clue.line)]
        for service in case.suspects if speaking else ():
            own = tuple(clue for clue in speaking if _concerns(case, clue, service))
            places = [place for place in case.places_of(service) if _is_of(limit, place)] if own else []
            yield from _below_demand(case, service, own)
            yield from _restore(case, service, [each for place in places for each in _lowered(case, place)], own)


def _is_of(limit: Limit, place: Place) -> bool:
    """The name speaks of it, or a word in its value does (`127.0.0.1:80 maxconn 1`)."""
    named = set(tokens(place.key))
    inner = {word for word in place.value.split() if word.isalpha()}
    return bool(limit.words & (named | inner)) and not _IDLE & named


def _below_demand(case: Case, service: str, clues: tuple[Clue, ...]) -> Iterator[Candidate]:
    """Files are limited to fewer than the connections that the same file allows for: each takes two."""
    if not any(LIMITS[0].said.search(clue.line) for clue in clues):
        return
    places = case.places_of(service)
    wanted = [(p.file, int(p.value)) for p in places if p.leaf in _CONNECTIONS and p.value.isdigit()]
    for place in places:
        most = max((number for file, number in wanted if file == place.file), default=0)
        if place.leaf in _FILES and place.value.isdigit() and int(place.value) < most:
            cause = f"{place.name} is {place.value}, less than the {most} connections that {service} may have."
            step = place.set_to(str(2 * most), f"{most} connections take two files each.")
            yield from repair(case, "exhausted", 0.7 * case.scope(service), cause, [step], explains=clues[:3])


def _concerns(case: Case, clue: Clue, service: str) -> bool:
    """It says so itself, or who needs it does."""
    return clue.service in {service, None} or service in case.all_needs(clue.service or "")


def _lowered(case: Case, place: Place) -> Iterator[Lowered]:
    for reference in case.references(place.file):
        before = next((s.value for s in reference.settings if s.key == place.key), None)
        times = how_much_less(place.value, before or "")
        if before and times > 1 and not is_copy(reference.origin):
            yield Lowered(place, before, reference.origin, times)


def how_much_less(now: str, before: str) -> float:
    """How often the first goes into the second, where they differ in one amount only; 0 when that cannot be told."""
    ours, theirs = now.split(), before.split()
    differing = [(a, b) for a, b in zip(ours, theirs, strict=False) if a != b]
    if len(ours) != len(theirs) or len(differing) != 1:
        return 0.0
    one, other = (_AMOUNT.fullmatch(word) for word in differing[0])
    if one is None or other is None or {one["unit"].lower(), other["unit"].lower()} - _UNITS.keys():
        return 0.0
    less, more = (float(each["number"]) * _UNITS[each["unit"].lower()] for each in (one, other))
    return more / less if less > 0 else 0.0


def _restore(case: Case, service: str, lowered: list[Lowered], clues: tuple[Clue, ...]) -> Iterator[Candidate]:
    """Each by itself, and together those that were lowered greatly: limits are lowered in company."""
    greatly = [each for each in lowered if each.times >= _GREATLY]
    for group in [[one] for one in lowered] + ([greatly] if 1 < len(greatly) <= 4 else []):
        steps = [each.place.set_to(each.before, f"It was {each.before} in {each.origin}.") for each in group]
        names = "; ".join(f"{each.place.name} is {each.place.value}, was {each.before}" for each in group)
        weight = max(clue.weight * (1.0 if clue.service == service else 0.85) for clue in clues) * case.scope(service)
        surety = min(1.0, 0.3 + 0.4 * math.log10(min(each.times for each in group)))
        whole = 0.8 if len(greatly) > len(group) else 1.1 if len(group) > 1 else 1.0
        score = min(trust(each.origin) for each in group) * weight * surety * whole
        cause = f"A limit of {service} is reached: {names}."
        yield from repair(case, "exhausted", min(score, 0.9), cause, steps, explains=clues[:3])
