"""Which settings a line of error text means: by name, by the value it quotes, by the line it points to."""

import re
from collections.abc import Iterator

from prunella.brains.reflex.case import Case
from prunella.brains.reflex.hints import Hint
from prunella.brains.reflex.names import normal
from prunella.brains.reflex.places import Place

_LOG_FIELDS = re.compile(
    r"\b(?:time|ts|level|lvl|severity|svc|service|logger|caller|msg|message|pid|thread)\"?[=:]\s*\"?\w*"
)
_WORD = re.compile(r"([\"'`]?)([A-Za-z_][\w\-]*(?:\.[\w\-]+)*)\1")


def suspects_of(case: Case, hint: Hint) -> tuple[tuple[Place, float], ...]:
    """Settings with how surely (0 to 1) the line speaks of them, surest first; only within reach of the trouble."""
    degrees: dict[int, tuple[Place, float]] = {}
    for place, likely in (*_named(case, hint), *_quoted(case, hint), *_pointed_at(case, hint)):
        degree = likely * _nearness(case, place, hint)
        known = degrees[id(place)][1] if id(place) in degrees else 0.0
        degrees[id(place)] = (place, 1 - (1 - known) * (1 - degree))
    if hint.bad:
        degrees = {k: (p, d if p.value in hint.bad else d * 0.4) for k, (p, d) in degrees.items()}
    return tuple(sorted(((p, d) for p, d in degrees.values() if d > 0.05), key=lambda pair: -pair[1]))


def mentioned(case: Case, line: str) -> dict[Place, float]:
    """Settings whose names stand in a line; a common word counts less than one that looks like a key."""
    found: dict[Place, float] = {}
    for quote, word in _WORD.findall(_LOG_FIELDS.sub(" ", line)):
        looks_like_key = bool(quote) or "_" in word or "." in word or (word.isupper() and len(word) > 2)
        for place, degree in case.index.named(word):
            found[place] = max(found.get(place, 0.0), degree * (0.75 if looks_like_key else 0.5))
    return found


def _named(case: Case, hint: Hint) -> Iterator[tuple[Place, float]]:
    explicit = {normal(key) for key in hint.keys}
    best = {place: degree for key in hint.keys for place, degree in case.index.named(key)}
    for place, degree in best.items():
        yield place, degree * 0.9
    for place, degree in mentioned(case, hint.clue.line).items():
        if place not in best and normal(place.leaf) not in explicit:
            yield place, degree


def _quoted(case: Case, hint: Hint) -> Iterator[tuple[Place, float]]:
    """A setting that holds exactly the value complained of; short values are shared by chance."""
    holders = [place for value in hint.bad if value for place in case.index.holding(value)]
    near = [place for place in holders if hint.clue.service in {None, *case.owners(place.file)}]
    for place in holders:
        is_usual = len(place.value) < 3 or place.value.lower() in {"true", "false", "none", "null"}
        yield place, 0.85 if not is_usual else 0.7 if near == [place] else 0.45


def _pointed_at(case: Case, hint: Hint) -> Iterator[tuple[Place, float]]:
    for path, line in hint.locations:
        for place in case.index.at_line(line):
            same = str(place.file).endswith(path) if path else place.service == hint.clue.service
            if same:
                yield place, 0.8 if path else 0.5


def _nearness(case: Case, place: Place, hint: Hint) -> float:
    """A service's words are mostly about its own files."""
    if hint.clue.service is None or place.service == hint.clue.service or hint.clue.service in case.owners(place.file):
        return case.scope(place.service)
    related = place.service in case.needs(hint.clue.service) or hint.clue.service in case.needs(place.service)
    return (0.6 if related else 0.3) * case.scope(place.service)
