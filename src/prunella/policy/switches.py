"""Guards that are on, off or graded, and holes that are open or closed, by the words of their names."""

from prunella.domain.posture import Aspect
from prunella.policy import guard_words as words
from prunella.policy import strengths
from prunella.policy.told import Guard, Told


def switch(told: Told) -> tuple[Guard, ...] | None:
    """A guard that is on, off or graded; or a hole that is open or closed."""
    own = told.words
    aspect, hole, phrase = _aspect_of(own), _hole_in(own), _phrase_in(own)
    is_phrase = phrase is not None or (hole is not None and hole[1] - hole[0] > 1)
    if (aspect is None and hole is None) or (frozenset(own) & words.TECHNICAL and not is_phrase):
        return None
    if hole is None and not frozenset(own) & words.NEGATIONS:
        return (Guard(aspect or Aspect.AUTH, *strengths.of_switch(told.value)),)
    word = strengths.plain(told.value)
    if word not in words.YES | words.NO:
        return None
    is_open = (word in words.YES) is not (hole is not None and _is_denied(own, hole))
    return (Guard(aspect or Aspect.AUTH, word or "empty", -1.0 if is_open else 0.0),)


def _aspect_of(own: tuple[str, ...]) -> Aspect | None:
    phrase = _phrase_in(own)
    if phrase is not None:
        return Aspect.TLS if words.PHRASES[phrase] == "tls" else Aspect.AUTH
    if frozenset(own) & words.TLS:
        return Aspect.TLS
    return Aspect.AUTH if frozenset(own) & words.AUTH else None


def _phrase_in(own: tuple[str, ...]) -> tuple[str, ...] | None:
    return next((phrase for phrase in words.PHRASES if _place(phrase, own) is not None), None)


def _hole_in(own: tuple[str, ...]) -> tuple[int, int] | None:
    """Where the words that mean something open begin and end."""
    for phrase in (*words.HOLE_PHRASES, *((word,) for word in own if word in words.HOLES)):
        at = _place(phrase, own)
        if at is not None:
            return at, at + len(phrase)
    return None


def _place(phrase: tuple[str, ...], own: tuple[str, ...]) -> int | None:
    return next((at for at in range(len(own)) if own[at : at + len(phrase)] == phrase), None)


def _is_denied(own: tuple[str, ...], hole: tuple[int, int]) -> bool:
    """`disable_anonymous`, `anonymous_access_disabled`: on means closed."""
    begin, end = hole
    return bool({*own[max(0, begin - 1) : begin], *own[end:]} & words.DENIALS)
