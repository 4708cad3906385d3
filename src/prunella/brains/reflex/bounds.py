"""Two settings of one service whose order is wrong: a least above a most, a pool above the connections there are."""

from collections.abc import Iterator
from itertools import combinations

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.endpoints import endpoints_of
from prunella.brains.reflex.names import tokens
from prunella.brains.reflex.places import Place
from prunella.brains.reflex.suspicion import mentioned
from prunella.brains.reflex.values import from_witnesses

_LEAST = frozenset({"min", "minimum", "least", "lower", "low", "floor", "initial", "start", "idle"})
_MOST = frozenset({"max", "maximum", "most", "upper", "high", "ceiling", "limit", "cap", "end"})


def candidates(case: Case) -> Iterator[Candidate]:
    for clue in case.clues:
        named = [p for p, degree in mentioned(case, clue.line).items() if degree >= 0.3 and _is_amount(p)]
        local = [p for p in named if p.service == clue.service or clue.service is None]
        for one, other in combinations(local[:6], 2):
            if one.service == other.service and one.leaf != other.leaf:
                yield from _reorder(case, one, other, clue)


def _reorder(case: Case, one: Place, other: Place, clue: Clue) -> Iterator[Candidate]:
    least, most = _by_sense(one, other, clue.line)
    low, high = _number(least), _number(most)
    if low is None or high is None or low <= high:
        return
    cause = f"{least.name} is {least.value}, more than {most.name} with {most.value}."
    for place, limit, is_least in ((least, high, True), (most, low, False)):
        for guess in from_witnesses(case, place):
            number = _as_number(guess.value)
            if number is not None and (number <= limit if is_least else number >= limit):
                step = place.set_to(guess.value, f"{guess.reason}.")
                yield from repair(
                    case, "bounds", guess.surety * clue.weight, cause, [step], because=[guess.reason], explains=[clue]
                )
    swap = [least.set_to(most.value, "They are exchanged."), most.set_to(least.value, "They are exchanged.")]
    yield from repair(case, "bounds", 0.5 * clue.weight, cause, swap, because=[], explains=[clue])
    for place, value, score in ((least, most.value, 0.45), (most, least.value, 0.4)):
        step = place.set_to(value, "The nearest value that agrees with the other.")
        yield from repair(case, "bounds", score * clue.weight, cause, [step], because=[], explains=[clue])


def _by_sense(one: Place, other: Place, line: str) -> tuple[Place, Place]:
    """(the one that must be less, the one that must be more): by their names, else by the order in the sentence."""
    words, others = set(tokens(one.leaf)), set(tokens(other.leaf))
    if words & _LEAST or (others & _MOST and not words & _MOST):
        return one, other
    if others & _LEAST or (words & _MOST and not others & _MOST):
        return other, one
    first, second = sorted((one, other), key=lambda place: line.lower().find(place.leaf.lower()))
    more = any(word in line.lower() for word in ("greater", "more", "larger", "at least", ">", "above"))
    return (second, first) if more and "exceed" not in line.lower() else (first, second)


def _is_amount(place: Place) -> bool:
    """A number that can be more or less; a port is a name."""
    return _number(place) is not None and not any(endpoint.port for endpoint in endpoints_of(place))


def _number(place: Place) -> float | None:
    return _as_number(place.value)


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
