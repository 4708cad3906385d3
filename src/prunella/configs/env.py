"""`.env` files, as python-dotenv reads them. Names are flat; of duplicates the last one counts and is edited."""

import re
from dataclasses import dataclass
from io import StringIO

from dotenv.parser import Binding, parse_stream

from prunella.configs.editor import Editor
from prunella.configs.keys import Parts, join
from prunella.configs.page import Lines, Spot, cut_lines, insert_lines, splice
from prunella.errors import Rejected, Unparsable

_HEAD = re.compile(r"\s*(?:export[^\S\r\n]+)?(?P<key>'[^']+'|[^=#\s]+)[^\S\r\n]*(?P<equals>=)?(?P<space>[^\S\r\n]*)")
_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_BARE = re.compile(r"[^\s#'\"\\`]*")


@dataclass(frozen=True)
class _Line:
    """One assignment: its spot, and the whole lines that it fills."""

    spot: Spot
    start: int
    end: int


@dataclass(frozen=True)
class EnvPage:
    text: str
    lines: tuple[_Line, ...]

    @property
    def spots(self) -> tuple[Spot, ...]:
        winners = {line.spot.parts: line.spot for line in self.lines}
        return tuple(line.spot for line in self.lines if winners[line.spot.parts] is line.spot)

    def replaced(self, spot: Spot, value: str, kind: str | None) -> str:
        del kind
        if spot.value is None:
            return splice(self.text, spot.start, spot.end, f"={_written(value, '')}")
        old = self.text[spot.start : spot.end]
        quote = old[:1] if _QUOTED.fullmatch(old) else ""
        return splice(self.text, spot.start, spot.end, _written(value, quote))

    def added(self, parts: Parts, value: str, kind: str | None) -> str:
        del kind
        if len(parts) != 1 or not _NAME.fullmatch(parts[0]):
            raise Rejected(f"{join(parts)} is no name for an environment file. Use one flat name, as `PORT`.")
        export = "export " if self.lines and all(self._is_exported(line) for line in self.lines) else ""
        return insert_lines(self.text, len(self.text), [f"{export}{parts[0]}={_written(value, '')}"])

    def removed(self, spot: Spot) -> str:
        """Without every duplicate: with only the last one gone an earlier one would come back to life."""
        text = self.text
        for line in reversed(self.lines):
            if line.spot.parts == spot.parts:
                text = cut_lines(text, line.start, line.end)
        return text

    def _is_exported(self, line: _Line) -> bool:
        return self.text[line.start : line.spot.start].lstrip().startswith("export ")


def read(text: str) -> EnvPage:
    lines = Lines(text)
    found: list[_Line] = []
    at = 0
    for binding in parse_stream(StringIO(text, newline="")):
        end = at + len(binding.original.string)
        if binding.error:
            raise _unparsable(text, at, lines)
        if binding.key is not None:
            found.append(_line(text, at, end, binding, lines))
        at = end
    return EnvPage(text, tuple(found))


def _line(text: str, at: int, end: int, binding: Binding, lines: Lines) -> _Line:
    head = _HEAD.match(text, at)
    if head is None or binding.key is None:
        raise _unparsable(text, at, lines)
    start, stop = _value_place(text, head, binding.value)
    kind = "null" if binding.value is None else "str"
    number = lines.number(head.start("key"))
    spot = Spot((binding.key,), binding.value, kind, number, start, stop)
    return _Line(spot, lines.begin(head.start("key")), end)


def _value_place(text: str, head: re.Match[str], value: str | None) -> tuple[int, int]:
    """From and up to which character the value is written; both the same where there is none."""
    if value is None:
        return head.end("key"), head.end("key")
    quoted = _QUOTED.match(text, head.end())
    if quoted:
        return quoted.start(), quoted.end()
    if not value:
        return head.end("equals"), head.end("equals")
    return head.end(), head.end() + len(value)


def _written(value: str, quote: str) -> str:
    if quote == "'":
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if not quote and _BARE.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def _unparsable(text: str, at: int, lines: Lines) -> Unparsable:
    number = lines.number(at + len(text[at:]) - len(text[at:].lstrip()))
    return Unparsable(f"Line {number} is neither NAME=value nor a comment: check its quotes and its `=`.", number)


EnvEditor = Editor(read)
