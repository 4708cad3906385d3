"""Does a query answer, and with what it should? What holds for every database."""

from dataclasses import dataclass

from prunella.domain.probe import SqlProbe
from prunella.domain.report import Reach
from prunella.probes.bounded import Answer

SQLITE = "sqlite:///"
LOCKS_SHARE = 0.8
"""How much of a query's time may go by waiting for a lock: so that this is what the error says, and not slowness."""
_QUOTED_CHARACTERS = 120


@dataclass(frozen=True)
class Value:
    """The first value of the first row; None is NULL."""

    text: str | None

    def __str__(self) -> str:
        return "NULL" if self.text is None else f'"{_short(self.text)}"'


def judged(spec: SqlProbe, value: Value | None) -> Answer:
    """`value` None: there was no row."""
    if spec.expect is None:
        return Answer(Reach.RIGHT, "the query answers")
    if value is not None and value.text == spec.expect:
        return Answer(Reach.RIGHT, f"the query answers {value}")
    found = "no row" if value is None else str(value)
    return Answer(Reach.WRONG, f'{_short(spec.query)} gave {found}, expected "{spec.expect}"')


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _QUOTED_CHARACTERS else f"{words[:_QUOTED_CHARACTERS]}…"
