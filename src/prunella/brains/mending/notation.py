"""Reads objects as models write them: JSON, and what is near it and can mean one thing only.

Beyond JSON: Python's literals and quotes, smart quotes, bare keys, comments, trailing commas, raw line breaks in
strings. What could mean two things is Broken, never guessed: no bare words as values, no missing commas between
scalars, no unknown escapes, no octal, hexadecimal or cut numbers, no key twice with different values.
"""

import re
from dataclasses import dataclass
from math import isinf
from typing import Any, Never

from prunella.brains.mending.broken import Broken, Cut, CutList, WrittenFloat

DEEPEST = 60
_SPACE = re.compile(r"(?:[\s\ufeff]++|//[^\n]*+|\#[^\n]*+)*+")
_NUMBER = re.compile(r"[-+]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?")
_RUN = re.compile(r"[\w.+\-]*+")
_ILL_NUMBER = re.compile(r"[-+]?(?:0[0-9]|[0-9]{4000})")
_WORD = re.compile(r"[^\W\d][\w$]*+")
_KEY = re.compile(r"[^\W\d][\w$.\-]*+")
_LITERALS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}
_CLOSERS = {
    '"': '"',
    "'": "'",
    "\u201c": "\u201d",  # double quotes, as typographers set them
    "\u201d": "\u201d",
    "\u201e": "\u201c\u201d",
    "\u2018": "\u2019",  # single ones
    "\u2019": "\u2019",
}
_PLAIN = {quote: re.compile(rf"[^{closers}\\]*+") for quote, closers in _CLOSERS.items()}
_ESCAPES = {'"': '"', "'": "'", "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_CODE = re.compile(r"u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|U(00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4})")
_LOW_HALF = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_END_MARKS = ("```", "</", "<|", "<\uff5c", "[/", "<end_")
_MARKED = "<escape>"


@dataclass(frozen=True)
class Read:
    """A value, and the place right behind it."""

    value: Any
    end: int


def read_value(text: str, start: int = 0) -> Read:
    """The value that begins at `start`, after blanks. Raises Broken. Linear, and safe from deep nesting."""
    reader = _Reader(text)
    return reader.value(reader.skip(start), 0)


def read_whole(text: str) -> Any:
    """The one value that `text` is. Raises Broken for anything behind it."""
    read = read_value(text)
    end = skip_space(text, read.end)
    if end < len(text):
        raise Broken(f"expected the end, found {_seen(text, end)}", end)
    return read.value


def skip_space(text: str, place: int) -> int:
    """The place of the next character that is neither blank nor part of a comment. Raises Broken."""
    return _Reader(text).skip(place)


def read_pairs(text: str, start: int) -> Read:
    """The keyword arguments from behind `name(` to behind its `)`. Raises Broken."""
    return _Reader(text).pairs(start, ")", "=", 1)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text

    def value(self, place: int, depth: int) -> Read:
        if depth > DEEPEST:
            raise Broken(f"nested deeper than {DEEPEST} levels", place, is_too_deep=True)
        first = self._text[place : place + 1]
        if first == "{":
            return self.pairs(place + 1, "}", ":", depth + 1)
        if first == "[":
            return self._list(place + 1, depth + 1)
        if first in _CLOSERS:
            return self._string(place)
        if first.isdigit() or (first and first in "+-."):
            return self._number(place)
        if self._text.startswith(_MARKED, place):
            return self._between_marks(place)
        return self._literal(place)

    def skip(self, place: int) -> int:
        """Over blanks and comments."""
        end = self._blank(place)
        while self._text.startswith("/*", end):
            close = self._text.find("*/", end + 2)
            if close < 0:
                raise Broken("the comment does not end", len(self._text), has_ended=True)
            end = self._blank(close + 2)
        return end

    def _blank(self, place: int) -> int:
        match = _SPACE.match(self._text, place)
        return match.end() if match else place

    def pairs(self, start: int, closer: str, sign: str, depth: int) -> Read:
        """An object's pairs up to behind `closer`; `sign` stands between a key and its value."""
        found: dict[str, Any] = {}
        pending: str | None = None
        try:
            place = self.skip(start)
            while not self._text.startswith(closer, place):
                key = self._key(place)
                pending, place = str(key.value), self.skip(key.end)
                if not self._text.startswith(sign, place):
                    self._fail(place, f'"{sign}" after the key {_quoted(pending)}')
                value = self.value(self.skip(place + 1), depth)
                self._add(found, pending, value.value, place)
                pending = None
                place = self._next(value.end, closer)
        except Broken as broken:
            broken.partial = Cut(found if pending is None else {**found, pending: _part(broken)})
            raise
        return Read(found, place + 1)

    def _add(self, found: dict[str, Any], key: str, value: object, place: int) -> None:
        if key in found and found[key] != value:
            raise Broken(f"the key {_quoted(key)} is given twice with different values", place)
        found[key] = value

    def _list(self, start: int, depth: int) -> Read:
        found: list[Any] = []
        is_pending = False
        try:
            place = self.skip(start)
            while not self._text.startswith("]", place):
                is_pending = True
                value = self.value(place, depth)
                found.append(value.value)
                is_pending = False
                place = self._next(value.end, "]", is_list=True)
        except Broken as broken:
            broken.partial = CutList([*found, _part(broken)] if is_pending else found)
            raise
        return Read(found, place + 1)

    def _next(self, place: int, closer: str, *, is_list: bool = False) -> int:
        """Behind the comma, or at the closer. Between two objects of a list the comma may be missing."""
        last, place = self._text[place - 1], self.skip(place)
        if self._text.startswith(",", place):
            return self.skip(place + 1)
        if not self._text.startswith(closer, place) and not (
            is_list and last == "}" and self._text.startswith("{", place)
        ):
            self._fail(place, f'"," or "{closer}"')
        return place

    def _key(self, place: int) -> Read:
        if self._text[place : place + 1] in _CLOSERS:
            return self._string(place)
        word = _KEY.match(self._text, place)
        if not word:
            self._fail(place, "a key")
        if word.end() == len(self._text):
            self._fail(word.end(), "the rest of a key")
        return Read(word[0], word.end())

    def _string(self, start: int) -> Read:
        quote = self._text[start : start + 1]
        if not quote:
            self._fail(start, "a text in quotes")
        if self._text.startswith(quote * 3, start) and quote in "\"'":
            return self._characters(start + 3, quote, quote * 3)
        return self._characters(start + 1, quote, *_CLOSERS[quote])

    def _characters(self, place: int, quote: str, *closers: str) -> Read:
        parts: list[str] = []
        while True:
            plain = _PLAIN[quote].match(self._text, place)
            end = plain.end() if plain else place
            parts.append(self._text[place:end])
            if end >= len(self._text):
                raise Broken("the text in quotes does not end", end, has_ended=True)
            closer = next((closer for closer in closers if self._text.startswith(closer, end)), "")
            if closer:
                return Read("".join(parts), end + len(closer))
            if self._text[end] == "\\":
                escaped = self._escape(end + 1)
                parts.append(str(escaped.value))
                place = escaped.end
            else:
                parts.append(self._text[end])
                place = end + 1

    def _escape(self, place: int) -> Read:
        letter = self._text[place : place + 1]
        if letter in _ESCAPES and letter:
            return Read(_ESCAPES[letter], place + 1)
        code = _CODE.match(self._text, place)
        if not code:
            if len(self._text) - place < 9 and letter in "uxU":
                raise Broken("the text in quotes does not end", len(self._text), has_ended=True)
            raise Broken(rf"\{letter} is no escape, write \\{letter}", place - 1)
        unit = int(code[1] or code[2] or code[3], 16)
        low = _LOW_HALF.match(self._text, code.end()) if 0xD800 <= unit < 0xDC00 else None
        if low:
            return Read(chr(0x10000 + ((unit - 0xD800) << 10) + int(low[1], 16) - 0xDC00), low.end())
        return Read(chr(unit), code.end())

    def _between_marks(self, place: int) -> Read:
        start = place + len(_MARKED)
        end = self._text.find(_MARKED, start)
        if end < 0:
            raise Broken(f"{_MARKED} does not end", len(self._text), has_ended=True)
        return Read(self._text[start:end], end + len(_MARKED))

    def _number(self, place: int) -> Read:
        run = _RUN.match(self._text, place)
        if run and run.end() == len(self._text):
            raise Broken("the number may be cut off", run.end(), has_ended=True)
        match = _NUMBER.match(self._text, place)
        end = match.end() if match else place
        after = self._text[end]
        if not match or after.isalnum() or after in "_.:/-+" or _ILL_NUMBER.match(match[0]) or isinf(float(match[0])):
            raise Broken(f"{_seen(self._text, place)} is no number, put it in quotes", place)
        return Read(_number(match[0]), end)

    def _literal(self, place: int) -> Read:
        word = _WORD.match(self._text, place)
        if not word:
            self._fail(place, "a value")
        if word.end() == len(self._text):
            raise Broken(f"{_quoted(word[0])} may be cut off", word.end(), has_ended=True)
        if word[0] not in _LITERALS:
            raise Broken(f"{_quoted(word[0])} is not in quotes", place)
        return Read(_LITERALS[word[0]], word.end())

    def _fail(self, place: int, expected: str) -> Never:
        has_ended = place >= len(self._text) or self._text.startswith(_END_MARKS, place)
        raise Broken(f"expected {expected}, found {_seen(self._text, place)}", place, has_ended=has_ended)


def _part(broken: Broken) -> Cut | CutList:
    return Cut() if broken.partial is None else broken.partial


def _number(text: str) -> int | float:
    if text.lstrip("+-").isdigit():
        return int(text)
    number = float(text)
    return number if repr(number) == text else WrittenFloat(text)


def _seen(text: str, place: int) -> str:
    return _quoted(text[place : place + 12].partition("\n")[0] or "a line break") if place < len(text) else "the end"


def _quoted(text: str) -> str:
    return f'"{text[:40]}"'
