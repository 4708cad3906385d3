"""Does what the error text says: gives the setting it means the value it asks for."""

from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.hints import Hint
from prunella.brains.reflex.places import Place
from prunella.brains.reflex.suspicion import suspects_of
from prunella.brains.reflex.values import Guess, right_values

_SUSPECTS = 4
_VALUES = 6


def candidates(case: Case) -> Iterator[Candidate]:
    for hint in case.hints:
        if hint.constrains or hint.locations:
            yield from _follow(case, hint)


def _follow(case: Case, hint: Hint) -> Iterator[Candidate]:
    for place, degree in suspects_of(case, hint)[:_SUSPECTS]:
        for guess in right_values(case, place, hint)[:_VALUES]:
            score = hint.clue.weight * degree * guess.surety
            if score > 0.05:
                yield from _adopt(case, hint, place, guess, score)


def _adopt(case: Case, hint: Hint, place: Place, guess: Guess, score: float) -> tuple[Candidate, ...]:
    cause = f"{place.name} is {place.value!r}, which {place.service} does not accept; {guess.reason}."
    step = place.set_to(guess.value, f"{guess.reason}.")
    return repair(case, "advice", score, cause, [step], [], [hint.clue])
