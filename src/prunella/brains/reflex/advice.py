"""Does what the error text says: gives the setting it means the value it asks for."""

import re
from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue, is_errorish
from prunella.brains.reflex.hints import Hint
from prunella.brains.reflex.names import tokens
from prunella.brains.reflex.places import Place
from prunella.brains.reflex.suspicion import mentioned, suspects_of
from prunella.brains.reflex.values import Guess, right_values

_SLOW = re.compile(r"time[sd]? ?-?out|deadline exceeded|took too long", re.IGNORECASE)
_SUSPECTS = 4
_VALUES = 6


def candidates(case: Case) -> Iterator[Candidate]:
    for hint in case.hints:
        if hint.constrains or hint.locations:
            yield from _follow(case, hint)
    for clue in case.clues:
        if clue.weight >= 0.6 and (is_errorish(clue.line) or not clue.source.startswith("log")):
            yield from _follow_echoes(case, clue)


def _follow(case: Case, hint: Hint) -> Iterator[Candidate]:
    for place, degree in suspects_of(case, hint)[:_SUSPECTS]:
        for guess in right_values(case, place, hint)[:_VALUES]:
            score = hint.clue.weight * degree * guess.surety
            if score > 0.05:
                yield from _adopt(case, hint, place, guess, score)


def _follow_echoes(case: Case, clue: Clue) -> Iterator[Candidate]:
    """An error that names a setting, or repeats its value, without saying what would be right."""
    named = mentioned(case, clue.line)
    is_accepted = clue.service in case.facts.services and case.is_accepted(clue.service or "")
    is_slow = _SLOW.search(clue.line) is not None
    words = _words(clue.line)
    echoed = {place: None for word in words if len(word) > 3 for place in case.index.holding(word)}
    slowed = {p: None for p in case.places_of(clue.service or "") if "timeout" in tokens(p.key)} if is_slow else {}
    heard = [p for p in {**named, **echoed, **slowed} if p.service == clue.service in case.suspects]
    for place in heard:
        echoes = place in echoed
        slow = 0.5 * (place in slowed)
        degree = max(named.get(place, 0.0) * 0.7, 0.45 * echoes, slow, 0.85 * _says_outright(clue.line, place))
        if is_accepted and not echoes and degree < 0.8 and not slow:
            degree *= 0.4
        if degree < 0.3:
            continue
        hint = Hint(clue, bad=(place.value,)) if echoes else None
        for guess in right_values(case, place, hint)[:2]:
            if guess.surety >= 0.4 and guess.value.lower() != place.value.lower():
                score = clue.weight * degree * guess.surety * case.scope(place.service)
                yield from _adopt(case, hint or Hint(clue), place, guess, score)


def _says_outright(line: str, place: Place) -> bool:
    """The name of the setting with its value right behind it."""
    if not place.value or place.value.lower() not in line.lower():
        return False
    pattern = rf"(?<!\w){re.escape(place.leaf)}[\"']?[\s=:('\"]{{1,3}}(?:is |of )?{re.escape(place.value)}(?!\w)"
    return re.search(pattern, line, re.IGNORECASE) is not None


def _words(line: str) -> list[str]:
    return [word.strip("\"'`()[]{},;.") for word in line.split()]


def _adopt(case: Case, hint: Hint, place: Place, guess: Guess, score: float) -> tuple[Candidate, ...]:
    cause = f"{place.name} is {place.value!r}, which {place.service} does not accept; {guess.reason}."
    step = place.set_to(guess.value, f"{guess.reason}.")
    return repair(case, "advice", score, cause, [step], because=[], explains=[hint.clue])
