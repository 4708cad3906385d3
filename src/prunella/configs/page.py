"""A parsed text that knows where the characters of each setting lie."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from prunella.configs.keys import Parts, join
from prunella.domain.setting import Setting


@dataclass(frozen=True)
class Spot:
    """One setting and its own characters: `text[start:end]`, quotes included; `line` counts from 1.

    `is_own` False: the value is written elsewhere (a YAML alias or merge) and only shows here.
    """

    parts: Parts
    value: str | None
    kind: str
    line: int
    start: int
    end: int
    is_own: bool = True

    @property
    def key(self) -> str:
        return join(self.parts)

    @property
    def setting(self) -> Setting:
        return Setting(key=self.key, value=self.value, line=self.line, kind=self.kind)


class Page(Protocol):
    """One text of one format, and what it would read after one change. Nothing is proven here: `editor.py` does."""

    @property
    def spots(self) -> tuple[Spot, ...]:
        """In the order of the text, each name once."""
        ...

    def replaced(self, spot: Spot, value: str, kind: str | None) -> str: ...

    def added(self, parts: Parts, value: str, kind: str | None) -> str:
        """Raises Rejected when the parent cannot be made."""
        ...

    def removed(self, spot: Spot) -> str: ...


class Lines:
    """Finds the line of a character, and where lines begin and end; only a newline ends a line."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(at + 1 for at, letter in enumerate(text) if letter == "\n")]

    def number(self, at: int) -> int:
        """Counts from 1."""
        return bisect_right(self._starts, at)

    def begin(self, at: int) -> int:
        return self._starts[self.number(at) - 1]

    def end(self, at: int) -> int:
        """Behind the line's newline, or the end of the text."""
        number = self.number(at)
        return self._starts[number] if number < len(self._starts) else len(self.text)


def newline_of(text: str) -> str:
    """How this text ends its lines."""
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def splice(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]


def insert_lines(text: str, at: int, lines: Iterable[str]) -> str:
    """New lines at the beginning of a line or at the end of the text; a missing final newline stays missing."""
    newline = newline_of(text)
    block = newline.join(lines)
    if at == len(text) and text and not text.endswith("\n"):
        return text + newline + block
    return splice(text, at, at, block + newline)


def cut_lines(text: str, start: int, end: int) -> str:
    """Without whole lines; when they were the last and had no final newline, the rest ends without one too."""
    if end == len(text) and not text.endswith("\n"):
        return text[:start].removesuffix("\n").removesuffix("\r")
    return splice(text, start, end, "")
