"""Where everything stands in a text that is known to be TOML: tables, entries and values, by character."""

import re
import tomllib
from dataclasses import dataclass, field

from prunella.configs.flow import Member
from prunella.configs.keys import Parts

_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE = re.compile(r"[^,\]}#\r\n]+")


@dataclass
class Node:
    """A value at `text[start:end]`; `kind` is `scalar`, `list` or `mapping` (an inline table)."""

    start: int
    end: int
    kind: str
    items: "list[Node]" = field(default_factory=list["Node"])
    members: "list[Entry]" = field(default_factory=list["Entry"])


@dataclass(frozen=True)
class Entry:
    """`name = value`; `path` is relative to the table that it stands in."""

    path: Parts
    start: int
    node: Node

    @property
    def member(self) -> Member:
        return Member(self.start, self.node.end)


@dataclass
class Table:
    """A header's table (`()`: what stands before all headers) and its entries; `start` is the header's place."""

    path: Parts
    start: int
    entries: list[Entry] = field(default_factory=list[Entry])


def scan(text: str) -> list[Table]:
    return _Scanner(text).tables()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.counts: dict[Parts, int] = {}

    def tables(self) -> list[Table]:
        tables = [Table((), 0)]
        while self._skip(_GAP) < len(self.text):
            if self.text[self.at] == "[":
                tables.append(self._header())
            else:
                tables[-1].entries.append(self._entry())
        return tables

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _take(self, *patterns: re.Pattern[str]) -> str:
        """The next token. Its absence would mean that the text is no TOML after all."""
        for pattern in patterns:
            match = pattern.match(self.text, self.at)
            if match:
                self.at = match.end()
                return match[0]
        raise ValueError(f"nothing known at character {self.at}")

    def _header(self) -> Table:
        start = self.at
        width = 2 if self.text.startswith("[[", self.at) else 1
        self.at += width
        path = self._resolved(self._name())
        self.at += width
        if width == 2:
            number = self.counts.get(path, 0)
            self.counts[path] = number + 1
            path = (*path, str(number))
        return Table(path, start)

    def _resolved(self, name: Parts) -> Parts:
        """With the number of the newest element behind each array of tables but the last."""
        path: Parts = ()
        for depth, part in enumerate(name):
            path = (*path, part)
            if path in self.counts and depth < len(name) - 1:
                path = (*path, str(self.counts[path] - 1))
        return path

    def _name(self) -> Parts:
        parts: list[str] = []
        while True:
            self._skip(_BLANK)
            token = self._take(_STRING, _NAME)
            parts.append(unquoted(token) if token[0] in "\"'" else token)
            self._skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return tuple(parts)
            self.at += 1

    def _entry(self) -> Entry:
        start = self.at
        path = self._name()
        self.at += 1
        self._skip(_BLANK)
        return Entry(path, start, self._node())

    def _node(self) -> Node:
        node = Node(self.at, 0, "scalar")
        if self.text[self.at] == "[":
            self._fill(node, "list", "]")
        elif self.text[self.at] == "{":
            self._fill(node, "mapping", "}")
        elif self.text[self.at] in "\"'":
            self._take(_STRING)
        else:
            token = self._take(_BARE)
            self.at = node.start + len(token.rstrip())
        node.end = self.at
        return node

    def _fill(self, node: Node, kind: str, closing: str) -> None:
        node.kind = kind
        self.at += 1
        while self.text[self._skip(_GAP)] != closing:
            if kind == "list":
                node.items.append(self._node())
            else:
                node.members.append(self._entry())
            if self.text[self._skip(_GAP)] == ",":
                self.at += 1
        self.at += 1


def unquoted(token: str) -> str:
    return str(tomllib.loads(f"x = {token}")["x"])
