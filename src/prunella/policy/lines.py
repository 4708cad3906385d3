"""What looks like settings in a text that nobody parses: directives, assignments, blocks and sections; pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from prunella.policy.told import Told

_COMMENT = re.compile(r"\s*(?:#|;|//|--\s|<!--|!\s|REM\s)")
_REFERENCE = re.compile(r"\$\{[^{}]*\}|\{\{.*?\}\}")
_OPENS, _CLOSES, _ENDS = re.compile(r"(?:(?<=[\s:=\"'\w/)])|^)\{"), re.compile(r"\}"), re.compile(r";(?=\s|$)")
_SECTION = re.compile(r"\s*\[{1,2}([^\[\]]+)\]{1,2}\s*(?:[#;].*)?$")
_TAG = re.compile(r"\s*<(?P<key>[A-Za-z_][\w.-]*)(?:\s[^<>]*)?>(?P<value>[^<>]*)</(?P=key)>\s*$")
_OPEN_TAG = re.compile(r"\s*<(?P<close>/)?(?P<header>[A-Za-z_][^<>]*?)/?>\s*$")
_PAIR = re.compile(
    r"(?P<indent>\s*)(?:-\s+)?(?:export\s+|set\s+|SetEnv\s+)?(?P<quote>[\"']?)(?P<key>[A-Za-z_@][\w.@/-]*)(?P=quote)"
    r"(?:\s*(?::=|=>|[:=])\s*|\s+|$)(?P<value>.*)"
)
_REMARK = re.compile(r"\s#.*$")
_LONGEST_NAME = 80
_MOST_LINES = 20_000


@dataclass
class _Place:
    """Where in the file a line stands. `indents` are the blocks that indentation opened, by how far."""

    section: tuple[str, ...] = ()
    blocks: list[str] = field(default_factory=list[str])
    indents: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    def parts(self, key: str) -> tuple[str, ...]:
        return (*self.section, *self.blocks, *(name for _, name in self.indents), key)

    def at_indent(self, indent: int) -> None:
        while self.indents and self.indents[-1][0] >= indent:
            self.indents.pop()


def told_in_lines(text: str) -> Iterator[Told]:
    """Whatever has the look of a setting, with the blocks and sections around it; comments say nothing."""
    place = _Place()
    is_braced = bool(_OPENS.search(text))
    for line in _lines(text, is_braced=is_braced):
        yield from _told_in(line, place, is_braced=is_braced)


def _lines(text: str, *, is_braced: bool) -> Iterator[str]:
    """One statement a line; braces and semicolons end one where braces make blocks."""
    for line in text.splitlines()[:_MOST_LINES]:
        if _COMMENT.match(line) or not line.strip():
            continue
        yield from _statements(line) if is_braced else (line,)


def _statements(line: str) -> list[str]:
    kept: list[str] = []

    def put_away(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\0{len(kept) - 1}\0"

    cut = _REFERENCE.sub(put_away, _REMARK.sub("", line))
    cut = _ENDS.sub("\n", _CLOSES.sub("\n}\n", _OPENS.sub("{\n", cut)))
    cut = re.sub(r",(?=\s*\")", "\n", cut)
    back = re.sub(r"\0(\d+)\0", lambda match: kept[int(match[1])], cut)
    return [each for each in back.split("\n") if each.strip()]


def _told_in(line: str, place: _Place, *, is_braced: bool) -> Iterator[Told]:
    bare = line.strip()
    if bare.startswith("}"):
        place.blocks[-1:] = []
    elif bare.endswith("{"):
        place.blocks.append(_header(bare))
    elif section := _SECTION.match(line):
        place.section, place.indents = tuple(part.strip("\"' ") for part in section[1].split(".")), []
    elif tag := _TAG.match(line):
        yield Told(place.parts(tag["key"]), tag["value"].strip())
    elif tag := _OPEN_TAG.match(line):
        place.blocks = place.blocks[:-1] if tag["close"] else [*place.blocks, tag["header"][:_LONGEST_NAME]]
    elif pair := _PAIR.match(line):
        yield from _paired(pair, place, is_braced=is_braced)


def _paired(pair: re.Match[str], place: _Place, *, is_braced: bool) -> Iterator[Told]:
    key, value = pair["key"], _value(pair["value"])
    if not is_braced:
        place.at_indent(len(pair["indent"]))
    if not value and pair[0].rstrip().endswith(":"):
        place.indents.append((len(pair["indent"]), key))
        return
    is_bare = not value and not re.search(r"[:=]\s*$|[\"'][,;]?\s*$", pair[0].rstrip())
    yield Told(place.parts(key), "on" if is_bare else value)


def _value(text: str) -> str:
    """Without what ends a statement, a remark behind it, and quotes around it."""
    text = text.strip().rstrip(",;").strip()
    quoted = re.match(r"(?P<quote>[\"'])(?P<inner>(?:\\.|(?!(?P=quote)).)*)(?P=quote)\s*(?:#.*)?$", text)
    return quoted["inner"] if quoted else _REMARK.sub("", text).strip()


def _header(line: str) -> str:
    return line.rstrip("{ ").rstrip(":= ").strip("\"'")[:_LONGEST_NAME]
