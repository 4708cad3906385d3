"""What could not be read, and what was read until there."""

from typing import Any, Self

from prunella.errors import Unparsable


class Cut(dict[str, Any]):
    """An object that is not whole: the pairs that were read, the last of them perhaps not whole either."""


class CutList(list[Any]):
    """A list that is not whole."""


class WrittenFloat(float):
    """A number whose text says more than its value: `1.10` may have been meant as a version."""

    text: str

    def __new__(cls, text: str) -> Self:
        made = super().__new__(cls, text)
        made.text = text
        return made


class Broken(Unparsable):
    """Not to be read. `place` counts from 0; `has_ended`: the text, or the block it stands in, ended too early.

    `partial` is what was read until there, with every part that is not whole marked as Cut.
    """

    code = "broken"

    def __init__(self, message: str, place: int, *, has_ended: bool = False, is_too_deep: bool = False) -> None:
        super().__init__(f"{message} at character {place + 1}")
        self.place, self.has_ended, self.is_too_deep = place, has_ended, is_too_deep
        self.partial: Cut | CutList | None = None


def is_whole(value: object) -> bool:
    """True when nothing in it was cut. Only the last part of anything can be: what stands before was read on."""
    while True:
        if isinstance(value, Cut | CutList):
            return False
        parts: list[Any] = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON of any shape
        if not parts:
            return True
        value = parts[-1]
