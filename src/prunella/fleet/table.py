"""Typed reading of one TOML table: what is wrong is written down with its line, and reading goes on."""

import json
import math
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeVar, cast

from prunella.errors import Mistake
from prunella.fleet.lines import Place
from prunella.nearest import did_you_mean

_Choice = TypeVar("_Choice", bound=StrEnum)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg]?)(i?)b", re.IGNORECASE)
_POWER = {"": 0, "k": 1, "m": 2, "g": 3}


@dataclass(frozen=True)
class Page:
    """The fleet file at the absolute `path` while it is read, with every mistake found so far."""

    path: Path
    lines: Mapping[Place, int]
    mistakes: list[Mistake] = field(default_factory=list[Mistake])

    def note(self, place: Place, message: str, suggestion: str = "") -> None:
        self.mistakes.append(Mistake(self.path, self.line(place), message, suggestion))

    def line(self, place: Place) -> int | None:
        """That of the nearest entry around `place` that stands in the file."""
        around = (self.lines.get(place[:length]) for length in range(len(place), 0, -1))
        return next((line for line in around if line), None)


@dataclass(frozen=True)
class Table:
    """One table of the file. Every reader returns its default when the key is absent or its value was a mistake."""

    page: Page
    place: Place
    values: Mapping[str, object]

    @property
    def title(self) -> str:
        """As people write it: `[service.payments]`, or `probes.0 of [service.payments]`."""
        return f"[{'.'.join(str(part) for part in self.place)}]" if self.place else "the file"

    def note(self, key: str, message: str, suggestion: str = "") -> None:
        self.page.note((*self.place, key), message, suggestion)

    def refuse_unknown(self, *known: str) -> None:
        for key in self.values:
            if key not in known:
                suggestion = did_you_mean(key, known) or f"Known: {', '.join(known)}."
                self.note(key, f'There is no "{key}" in {self.title}.', suggestion)

    def require(self, key: str, example: str) -> None:
        if key not in self.values:
            self.page.note(self.place, f"{self.title} has no `{key}`.", f"Write {key} = {example}.")

    def text(self, key: str, default: str = "") -> str:
        """Never empty, unless that is the default."""
        value = self.values.get(key, default)
        if isinstance(value, str) and (value.strip() or not default):
            return value
        written = f'Write {key} = "{value}".' if isinstance(value, int | float) else ""
        self.wrong(key, "a text in quotes, not empty", written)
        return default

    def texts(self, key: str, example: str = '["…"]') -> tuple[str, ...]:
        """An array of texts, none of them empty."""
        value = self.values.get(key, [])
        if not isinstance(value, list):
            self.wrong(key, "an array of texts", f"Write {key} = {_as_array(value, example)}.")
            return ()
        return tuple(self._texts_of(key, cast("list[object]", value)))

    def command(self, key: str) -> tuple[str, ...] | None:
        """A program and its arguments; None when there is none."""
        if key not in self.values:
            return None
        words = self.texts(key, '["program", "argument"]')
        if self.values[key] == []:
            self.note(key, f"`{key}` is empty.", f'Write {key} = ["program", "argument"].')
        return words or None

    def whole(self, key: str, default: int, least: int, most: int | None = None) -> int:
        value = self.values.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= (most or value):
            return value
        self.wrong(key, f"a whole number from {least}" + (f" to {most}" if most is not None else " up"))
        return default

    def number(self, key: str, default: float, least: float = 0.0) -> float:
        value = self.values.get(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= least:
            return float(value)
        self.wrong(key, f"a number from {least:g} up")
        return default

    def seconds(self, key: str, default: float, *, or_none: bool = False) -> float:
        """A duration above zero (`or_none`: or zero): "5s", "500ms", "2m", "1h", "3d" or a number of seconds."""
        if key not in self.values:
            return default
        found = _seconds(self.values[key])
        if found is not None and (found > 0 or or_none):
            return found
        wanted = "a duration" if or_none else "a duration above zero"
        self.wrong(key, wanted, 'Write "5s", "500ms", "2m" or a number of seconds.')
        return default

    def size(self, key: str, default: int) -> int:
        """Bytes, written as "64KB", "1MiB" or their number."""
        if key not in self.values:
            return default
        found = _size(self.values[key])
        if found is None:
            self.wrong(key, "a number of bytes", 'Write "64KB", "1MiB" or a whole number.')
        return default if found is None else found

    def choice(self, key: str, kind: type[_Choice]) -> _Choice | None:
        if key not in self.values:
            return None
        value, known = self.values[key], [str(member) for member in kind]
        if isinstance(value, str) and value in known:
            return kind(value)
        self.wrong(key, f"one of {', '.join(known)}", did_you_mean(str(value), known))
        return None

    def table(self, key: str, example: str = "") -> "Table":
        """Empty when absent."""
        value = self.values.get(key, {})
        if isinstance(value, dict):
            return Table(self.page, (*self.place, key), cast("dict[str, object]", value))
        self.wrong(key, "a table", example)
        return Table(self.page, (*self.place, key), {})

    def has_table(self, key: str) -> bool:
        return isinstance(self.values.get(key), dict)

    def tables(self, key: str, example: str) -> "tuple[Table, ...]":
        """An array of tables."""
        value = self.values.get(key, [])
        if not isinstance(value, list):
            self.wrong(key, "an array of tables", example)
            return ()
        found: list[Table] = []
        for index, item in enumerate(cast("list[object]", value)):
            place = (*self.place, key, index)
            if isinstance(item, dict):
                found.append(Table(self.page, place, cast("dict[str, object]", item)))
            else:
                self.page.note(place, f"Each of `{key}` must be a table, not {shown(item)}.", example)
        return tuple(found)

    def wrong(self, key: str, wanted: str, suggestion: str = "") -> None:
        self.note(key, f"`{key}` must be {wanted}, not {shown(self.values[key])}.", suggestion)

    def note_item(self, key: str, item: str, message: str, suggestion: str = "") -> None:
        """A mistake in one element of the array `key`."""
        value = self.values.get(key)
        index = cast("list[object]", value).index(item) if isinstance(value, list) else 0
        self.page.note((*self.place, key, index), message, suggestion)

    def _texts_of(self, key: str, items: list[object]) -> Iterator[str]:
        for index, item in enumerate(items):
            if isinstance(item, str) and item:
                yield item
                continue
            suggestion = f'Write "{item}".' if isinstance(item, int | float) else ""
            self.page.note((*self.place, key, index), f"Each of `{key}` must be a text, not {shown(item)}.", suggestion)


def shown(value: object) -> str:
    """A value as TOML writes it, at most forty characters."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else text[:39] + "…"


def _as_array(value: object, example: str) -> str:
    if not isinstance(value, str) or not value.strip():
        return example
    try:
        return json.dumps(shlex.split(value), ensure_ascii=False)
    except ValueError:
        return json.dumps([value], ensure_ascii=False)


def _seconds(value: object) -> float | None:
    if isinstance(value, str):
        found = _DURATION.fullmatch(value.strip())
        value = float(found[1]) * _UNIT_S[found[2]] if found else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if value >= 0 and math.isfinite(value) else None


def _size(value: object) -> int | None:
    if isinstance(value, str):
        found = _SIZE.fullmatch(value.strip())
        unit = 1024 if found and found[3] else 1000
        value = int(float(found[1]) * unit ** _POWER[found[2].casefold()]) if found else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
