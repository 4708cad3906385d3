"""Where each entry of a TOML text stands. tomllib gives the values and no places; this gives only the places."""

import re
import tomllib
from dataclasses import dataclass, field

Place = tuple[str | int, ...]
"""Keys and array indices from the top: `("service", "payments", "probes", 0, "http")`."""

_GAP = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_PART = re.compile(r"""[ \t]*("(?:\\.|[^"\\])*"|'[^']*'|[\w-]+)[ \t]*""")
_STRING = re.compile(
    r'''"""(?:\\.|[^\\])*?"{3,5}(?!")|\'\'\'[\s\S]*?'{3,5}(?!')|"(?:\\.|[^"\\])*"|'[^']*\'''', re.DOTALL
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


def lines_of(text: str) -> dict[Place, int]:
    """The line (from 1) on which each table header, key and array element starts. `text` must be valid TOML."""
    return _Scan(text).document()


@dataclass
class _Scan:
    text: str
    at: int = 0
    lines: dict[Place, int] = field(default_factory=dict[Place, int])
    elements: dict[Place, int] = field(default_factory=dict[Place, int])
    """How many elements each array of tables has so far."""

    def document(self) -> dict[Place, int]:
        table: Place = ()
        self._skip_gap()
        while self.at < len(self.text):
            table = self._header() if self.text[self.at] == "[" else self._pair(table)
            self._skip_gap()
        return self.lines

    def _header(self) -> Place:
        is_array = self.text.startswith("[[", self.at)
        start = self.at
        self.at += 2 if is_array else 1
        table = self._within_arrays(self._key(), is_array=is_array)
        self.at += 2 if is_array else 1
        self._mark_all(table, 1, start)
        return table

    def _within_arrays(self, key: Place, *, is_array: bool) -> Place:
        place: Place = ()
        for part in key[:-1]:
            place = self._last_element((*place, part))
        place = (*place, key[-1])
        if not is_array:
            return place
        self.elements[place] = self.elements.get(place, 0) + 1
        return self._last_element(place)

    def _last_element(self, place: Place) -> Place:
        return (*place, self.elements[place] - 1) if place in self.elements else place

    def _pair(self, table: Place) -> Place:
        start, key = self.at, self._key()
        self._mark_all((*table, *key), len(table) + 1, start)
        self.at += 1
        self._value((*table, *key))
        return table

    def _key(self) -> Place:
        parts: list[str] = []
        while found := _PART.match(self.text, self.at):
            parts.append(_unquoted(found[1]))
            self.at = found.end()
            if not self.text.startswith(".", self.at):
                break
            self.at += 1
        return tuple(parts)

    def _value(self, place: Place) -> None:
        self._skip_gap()
        match self.text[self.at]:
            case "[":
                self._array(place)
            case "{":
                self._inline_table(place)
            case '"' | "'":
                self._skip(_STRING)
            case _:
                self._skip(_SCALAR)

    def _array(self, place: Place) -> None:
        index = 0
        while self._has_more("]"):
            self._mark((*place, index), self.at)
            self._value((*place, index))
            index += 1

    def _inline_table(self, place: Place) -> None:
        while self._has_more("}"):
            self._pair(place)

    def _has_more(self, closing: str) -> bool:
        """Step over the opening bracket or the comma; False, and over the closing one, at the end."""
        self._skip_gap()
        if self.text[self.at] in "[{,":
            self.at += 1
            self._skip_gap()
        if self.text[self.at] != closing:
            return True
        self.at += 1
        return False

    def _skip_gap(self) -> None:
        self._skip(_GAP)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else len(self.text)

    def _mark_all(self, place: Place, shortest: int, start: int) -> None:
        for length in range(shortest, len(place) + 1):
            self._mark(place[:length], start)

    def _mark(self, place: Place, start: int) -> None:
        self.lines.setdefault(place, self.text.count("\n", 0, start) + 1)


def _unquoted(part: str) -> str:
    return str(tomllib.loads(f"key = {part}")["key"]) if part[0] in "\"'" else part
