"""A figure that an error expects, right before a word of the setting's name: `expected 1.5 percent`, `rate_percent`."""

import re
from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.names import tokens
from prunella.brains.reflex.places import Place

_EXPECTS = re.compile(r"expect|should|must|needs?\b|require|instead of|rather than", re.IGNORECASE)
_FIGURE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?) ?([A-Za-z]{4,})")


def candidates(case: Case) -> Iterator[Candidate]:
    for clue in case.clues:
        if clue.weight < 0.6 or not _EXPECTS.search(clue.line):
            continue
        for figure, word in _FIGURE.findall(clue.line):
            meant = [p for name in case.suspects for p in case.places_of(name) if _is_meant(p, word)]
            if len(meant) == 1 and meant[0].value != figure:
                yield from _adopt(case, meant[0], figure, clue)


def _is_meant(place: Place, word: str) -> bool:
    """A number whose name holds the word, be it in the plural."""
    is_number = re.fullmatch(r"-?\d+(\.\d+)?", place.value) is not None
    return is_number and bool({word.lower(), word.lower().removesuffix("s")} & set(tokens(place.leaf)))


def _adopt(case: Case, place: Place, figure: str, clue: Clue) -> Iterator[Candidate]:
    cause = f"{place.name} is {place.value}, and {clue.source} expects {figure}."
    step = place.set_to(figure, f"{figure} is what is expected.")
    yield from repair(case, "figures", 0.6 * clue.weight * case.scope(place.service), cause, [step], explains=[clue])
