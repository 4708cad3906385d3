"""The words of a line of redis.conf: blanks between them, `"…"` with escapes, `'…'` without."""

import re
from dataclasses import dataclass

_BLANK = r" \t\n\r\v\f"
_DOUBLE = r'"(?:[^"\\]|\\.)*"'
_SINGLE = r"'(?:[^'\\]|\\'|\\(?!'))*'"
_WORD = re.compile(rf"(?:[^{_BLANK}\"']|{_DOUBLE}(?![^{_BLANK}])|{_SINGLE}(?![^{_BLANK}]))+", re.DOTALL)
_GAP = re.compile(rf"[{_BLANK}]*")
_QUOTED = re.compile(rf"({_DOUBLE})|({_SINGLE})", re.DOTALL)
_ESCAPE = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+|\\(.)", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "a": "\a"}
_ESCAPED = {"\\": "\\\\", '"': '\\"', **{letter: f"\\{name}" for name, letter in _LETTERS.items()}}
_BARE = re.compile(rf"[^{_BLANK}\"'\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Word:
    """`text[start:end]`, and what it means without quotes and escapes."""

    meant: str
    start: int
    end: int
    is_quoted: bool


def words_of(text: str, start: int, end: int) -> tuple[Word, ...]:
    """Up to the first quote that is not closed."""
    found: list[Word] = []
    at = _past_gap(text, start, end)
    while match := _WORD.match(text, at, end):
        found.append(Word(_meant(match[0]), at, match.end(), match[0][0] in "\"'"))
        at = _past_gap(text, match.end(), end)
    return tuple(found)


def is_unbalanced(text: str, start: int, end: int) -> bool:
    words = words_of(text, start, end)
    return _past_gap(text, words[-1].end if words else start, end) < end


def quoted(value: str, quote: str = "") -> str:
    """As one word: in `quote` if it can be, without quotes if there are none and none are needed."""
    if not quote and _BARE.fullmatch(value):
        return value
    if quote == "'" and value.isprintable() and not value.endswith("\\") and "\\'" not in value:
        return "'" + value.replace("'", "\\'") + "'"
    return '"' + "".join(_escaped(letter) for letter in value) + '"'


def _escaped(letter: str) -> str:
    return _ESCAPED.get(letter) or (letter if letter >= " " and letter != "\x7f" else f"\\x{ord(letter):02x}")


def _past_gap(text: str, at: int, end: int) -> int:
    match = _GAP.match(text, at, end)
    return match.end() if match else at


def _meant(written: str) -> str:
    return _QUOTED.sub(_unquoted, written)


def _unquoted(match: re.Match[str]) -> str:
    if match[1]:
        return _ESCAPE.sub(_letter, match[1][1:-1])
    return match[2][1:-1].replace("\\'", "'")


def _letter(match: re.Match[str]) -> str:
    if match[1] is None:
        return bytes.fromhex(match[0].replace("\\x", "")).decode(errors="backslashreplace")
    return _LETTERS.get(match[1], match[1])
