"""postgresql.conf, as PostgreSQL reads it. Names are in small letters; of a repeated one the last counts and is edited.

`include` and its like are settings too; when repeated, all but the first have their place behind the name
(`include.1`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prunella.configs.editor import Editor
from prunella.configs.keys import Parts, join
from prunella.configs.page import Lines, Spot, cut_lines, insert_lines, splice
from prunella.errors import Rejected, Unparsable

_GAP = r"[ \t\r]*"
_LETTER = r"A-Za-z_\u0080-\U0010ffff"
_NAME = rf"[{_LETTER}][{_LETTER}0-9$]*(?:\.[{_LETTER}][{_LETTER}0-9$]*)*"
_NUMBER = r"[-+]?(?:0x[0-9A-Fa-f]+[A-Za-z]*|\d*\.\d*(?:[Ee][-+]?\d+)?|\d+[A-Za-z]*)"
_WORD = rf"[{_LETTER}][{_LETTER}0-9._:/-]*"
_QUOTED = r"'(?:[^'\\\n]|\\.|'')*'"
_HEAD = re.compile(rf"{_GAP}(?P<name>{_NAME})(?![^ \t\r\n=#']){_GAP}(?P<equals>=)?{_GAP}")
_VALUE = re.compile(rf"(?:{_QUOTED}|{_WORD}|{_NUMBER})(?![^ \t\r\n#])")
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*|[-+]?[0-9]+(?:\.[0-9]+)?|[0-9]+[A-Za-z]+")
_REST = re.compile(rf"{_GAP}(?:#.*)?")
_ESCAPE = re.compile(r"''|\\([0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ESCAPED = {"'": "''", "\\": "\\\\", **{letter: f"\\{name}" for name, letter in _LETTERS.items()}}
_INCLUDES = frozenset({"include", "include_dir", "include_if_exists"})


@dataclass(frozen=True)
class _Line:
    """One setting, and where its line begins and ends."""

    spot: Spot
    start: int
    end: int


@dataclass(frozen=True)
class PostgresqlPage:
    text: str
    lines: tuple[_Line, ...]

    @property
    def spots(self) -> tuple[Spot, ...]:
        winners = {line.spot.parts: line.spot for line in self.lines}
        return tuple(line.spot for line in self.lines if winners[line.spot.parts] is line.spot)

    def replaced(self, spot: Spot, value: str, kind: str | None) -> str:
        del kind
        is_quoted = self.text.startswith("'", spot.start)
        return splice(self.text, spot.start, spot.end, _written(value, is_quoted=is_quoted))

    def added(self, parts: Parts, value: str, kind: str | None) -> str:
        """At the end, where it outranks whatever is included."""
        del kind
        name = parts[0] if _is_next_include(parts, self.lines) else ".".join(parts)
        if not re.fullmatch(_NAME, name):
            raise Rejected(f"{join(parts)} is no name for this file. Write it as `work_mem` or `extension.name`.")
        return insert_lines(self.text, len(self.text), [f"{name}{self._mark}{_written(value, is_quoted=False)}"])

    def removed(self, spot: Spot) -> str:
        """Without every duplicate: with only the last one gone an earlier one would come back to life."""
        text = self.text
        for line in reversed(self.lines):
            if line.spot.parts == spot.parts:
                text = cut_lines(text, line.start, line.end)
        return text

    @property
    def _mark(self) -> str:
        """What stands between name and value in this file."""
        heads = [_HEAD.match(self.text, line.start) for line in self.lines]
        return " " if heads and not any(head and head["equals"] for head in heads) else " = "


def read(text: str) -> PostgresqlPage:
    lines = Lines(text)
    found: list[_Line] = []
    counts = dict.fromkeys(_INCLUDES, 0)
    for start, end in _bounds(text):
        if _REST.fullmatch(text, start, end):
            continue
        name, at, stop = _assignment(text, start, end, lines.number(start))
        parts = _parts(name.lower(), counts)
        spot = Spot(parts, _unquoted(text[at:stop]), "str", lines.number(start), at, stop)
        found.append(_Line(spot, start, lines.end(start)))
    return PostgresqlPage(text, tuple(found))


def _bounds(text: str) -> Iterator[tuple[int, int]]:
    """Where lines begin and end, without their newline."""
    start = 0
    for line in text.split("\n"):
        yield start, start + len(line)
        start += len(line) + 1


def _assignment(text: str, start: int, end: int, number: int) -> tuple[str, int, int]:
    """The name, and from and up to where its value is written. Raises Unparsable."""
    head = _HEAD.match(text, start, end)
    if head is None:
        raise Unparsable(f"Line {number} does not begin with a setting's name: {_shown(text[start:end])}", number)
    value = _VALUE.match(text, head.end(), end)
    if value is None or not _REST.fullmatch(text, value.end(), end):
        raise Unparsable(f"Line {number}: {_fault(head['name'], text[head.end() : end])}", number)
    return head["name"], value.start(), value.end()


def _fault(name: str, rest: str) -> str:
    rest = rest.strip()
    if not rest or rest.startswith("#"):
        return f"{name} has no value. Write it as `{name} = value`."
    if rest.startswith("'"):
        return f"The quotes of {name} do not match, or something follows them: {_shown(rest)}"
    return f"The value of {name} needs single quotes: {_shown(rest)}"


def _shown(text: str) -> str:
    return text.strip()[:60]


def _parts(name: str, counts: dict[str, int]) -> Parts:
    if name not in counts:
        return tuple(name.split("."))
    counts[name] += 1
    return (name,) if counts[name] == 1 else (name, str(counts[name] - 1))


def _is_next_include(parts: Parts, lines: tuple[_Line, ...]) -> bool:
    there = sum(line.spot.parts[0] == parts[0] for line in lines)
    return parts[0] in _INCLUDES and parts[1:] == ((str(there),) if there else ())


def _unquoted(written: str) -> str:
    return _ESCAPE.sub(_meant, written[1:-1]) if written.startswith("'") else written


def _meant(match: re.Match[str]) -> str:
    code = match[1]
    if code is None:
        return "'"
    return chr(int(code, 8) & 0xFF) if code[0] in "01234567" else _LETTERS.get(code, code)


def _written(value: str, *, is_quoted: bool) -> str:
    if not is_quoted and _BARE.fullmatch(value):
        return value
    return "'" + "".join(_ESCAPED.get(letter, letter) for letter in value) + "'"


PostgresqlEditor = Editor(read, str.lower)
