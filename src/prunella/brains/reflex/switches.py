"""A switch that an error speaks of, and that stands the wrong way: turned off, under maintenance, read-only."""

import re
from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.names import normal, tokens
from prunella.brains.reflex.places import Place
from prunella.brains.reflex.values import from_witnesses

_OPPOSITE = {"true": "false", "false": "true", "yes": "no", "no": "yes", "on": "off", "off": "on",
             "enabled": "disabled", "disabled": "enabled"}  # fmt: skip
_TURNED = re.compile(
    r"switched off|turned off|disabled|not enabled|(?:is|are|was|were) off\b|not accept"
    r"|read-?_? ?only|maintenance|not active"
    r"|deactivated"
    r"|suspended|paused|frozen|closed for|unavailable|stopped by",
    re.IGNORECASE,
)


def candidates(case: Case) -> Iterator[Candidate]:
    for clue in case.clues:
        if clue.weight < 0.6 or not _TURNED.search(clue.line):
            continue
        for service in case.suspects:
            for place in case.places_of(service):
                degree = _spoken_of(place, clue)
                if degree and place.value.lower() in _OPPOSITE:
                    yield from _turn(case, place, clue, degree)


def _spoken_of(place: Place, clue: Clue) -> float:
    """How surely the line means this switch: by its whole name, else by the telling words of it."""
    if len(normal(place.leaf)) > 4 and normal(place.leaf) in normal(clue.line):
        return 0.9
    words = {
        word for word in tokens(place.leaf) if len(word) > 3 and word not in {"enabled", "enable", "mode", "active"}
    }
    shared = words & set(tokens(clue.line))
    return 0.6 * len(shared) / len(words) if words else 0.0


def _turn(case: Case, place: Place, clue: Clue, degree: float) -> Iterator[Candidate]:
    other = _OPPOSITE[place.value.lower()]
    value = other.upper() if place.value.isupper() else other.capitalize() if place.value[0].isupper() else other
    witness = any(guess.value.lower() == other for guess in from_witnesses(case, place))
    score = clue.weight * degree * (0.85 if witness else 0.65) * case.scope(place.service)
    cause = f"{place.name} is {place.value}, and that is what {clue.source} complains of."
    step = place.set_to(value, "The switch stands the wrong way.")
    yield from repair(case, "switches", score, cause, [step], explains=[clue])
