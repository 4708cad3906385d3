"""YAML: ruamel.yaml parses and places, edits are made in the text. One document a file; no duplicate names.

What PyYAML would take for a boolean (`yes`, `off`) counts as one, since most services read with it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prunella.configs.editor import Editor
from prunella.configs.flow import Member, cut_member, insert_member
from prunella.configs.keys import Parts, join
from prunella.configs.page import Lines, Spot, cut_lines, insert_lines, newline_of, splice
from prunella.configs.yaml_nodes import Node, compose
from prunella.configs.yaml_scalars import kind_of_scalar, properties_end, written
from prunella.errors import Rejected, Unparsable

_COLON = re.compile(r"\s*:")
_ALIAS = re.compile(r"[^\S\n]*\*[^\s,\]}]+")


@dataclass(frozen=True)
class YamlPage:
    """`root` None: the text holds comments at most."""

    text: str
    root: Node | None
    spots: tuple[Spot, ...]

    def replaced(self, spot: Spot, value: str, kind: str | None) -> str:
        old = self.text[spot.start : spot.end]
        if old[:1] in ("|", ">"):
            return splice(self.text, spot.start, spot.end, self._block(spot, old, value))
        literal = written(value, kind, spot, old)
        return splice(self.text, spot.start, spot.end, literal if old else f" {literal}")

    def added(self, parts: Parts, value: str, kind: str | None) -> str:
        literal = written(value, kind, None, "")
        if self.root is None:
            return insert_lines(self.text, len(self.text), _lines(parts, literal, 0))
        parent, rest = self.root.deepest(parts)
        if rest and parent.kind == "mapping":
            return self._in_mapping(parent, rest, literal)
        if rest and parent.kind == "scalar" and parent.tag == "null":
            return self._below_nothing(parts[: len(parts) - len(rest)], parent, rest, literal)
        raise Rejected(f"{join(parts)} has no place: what is above it is no mapping of its own. Name another parent.")

    def removed(self, spot: Spot) -> str:
        parent = self.root.deepest(spot.parts[:-1])[0] if self.root else None
        if parent is None or parent.kind != "mapping":
            raise Rejected(f"{spot.key} is a place in a list; the others would move. Edit the file as text.")
        pairs = parent.named
        place = next(n for n, (key, _) in enumerate(pairs) if key.value == spot.parts[-1])
        if parent.style:
            return cut_member(self.text, [self._member(*pair) for pair in pairs], place)
        return self._without(pairs, place, is_root=parent is self.root)

    def _in_mapping(self, parent: Node, rest: Parts, literal: str) -> str:
        pairs = parent.named
        if parent.style:
            inline = written_name(rest[-1]) + ": " + literal
            for part in reversed(rest[:-1]):
                inline = f"{written_name(part)}: {{{inline}}}"
            opening = properties_end(self.text, parent.start)
            return insert_member(self.text, opening, [self._member(*pair) for pair in pairs], inline)
        if not parent.pairs:
            raise Rejected("This mapping has no line to stand beside. Edit the file as text.")
        key, value = parent.pairs[-1]
        indent = parent.pairs[0][0].column
        return self._line_behind(self._end(key, value), _lines(rest, literal, indent))

    def _below_nothing(self, above: Parts, empty: Node, rest: Parts, literal: str) -> str:
        """Below a name that has no value yet: `server:` or `server: null`."""
        holder = self.root.deepest(above[:-1])[0] if self.root else None
        key = next((k for k, value in holder.named if value is empty), None) if holder else None
        if key is None or empty.has_anchor:
            raise Rejected(f"{join((*above, *rest))} has no place: nothing can be put below {join(above)}.")
        start = self._colon(key)
        end = empty.end if empty.value else start
        text = splice(self.text, start, max(end, start), "")
        at = Lines(text).end(start) if "\n" in text[start:] else len(text)
        return insert_lines(text, at, _lines(rest, literal, key.column + 2))

    def _line_behind(self, end: int, lines: list[str]) -> str:
        return insert_lines(self.text, Lines(self.text).end(max(end - 1, 0)), lines)

    def _without(self, pairs: list[tuple[Node, Node]], place: int, *, is_root: bool) -> str:
        key, value = pairs[place]
        lines = Lines(self.text)
        begin, end = lines.begin(key.start), lines.end(max(self._end(key, value) - 1, 0))
        if len(pairs) == 1 and not is_root:
            return splice(self.text, key.start, self._end(key, value), "{}")
        if not self.text[begin : key.start].strip():
            return cut_lines(self.text, begin, end)
        if place + 1 == len(pairs) or "#" in self.text[self._end(key, value) : pairs[place + 1][0].start]:
            raise Rejected(f"{key.value} shares its line with something else. Edit the file as text.")
        return splice(self.text, key.start, pairs[place + 1][0].start, "")

    def _block(self, spot: Spot, old: str, value: str) -> str:
        """The lines of a `|` block, indented as they were; whether its header fits is for the proof to say."""
        first = next((line for line in old.split("\n")[1:] if line.strip()), "")
        if old[0] != "|" or not first:
            raise Rejected(f"{spot.key} is a folded or empty block of text. Edit the file as text.")
        indent, newline = first[: len(first) - len(first.lstrip())], newline_of(self.text)
        lines = [indent + line if line else "" for line in value.rstrip("\n").split("\n")]
        return old.split("\n", maxsplit=1)[0].rstrip("\r") + newline + newline.join(lines)

    def _member(self, key: Node, value: Node) -> Member:
        return Member(key.start, self._end(key, value))

    def _colon(self, key: Node) -> int:
        colon = _COLON.match(self.text, key.end)
        return colon.end() if colon else key.end

    def _end(self, key: Node, value: Node) -> int:
        """Behind the last character of an entry, comments and blank lines not counted."""
        return _end_of(self.text, value, self._colon(key))


def read(text: str) -> YamlPage:
    root = compose(text)
    if root is None or (root.kind == "scalar" and not root.value and not root.style):
        return YamlPage(text, None, ())
    return YamlPage(text, root, tuple(_Reader(text).spots(root)))


class _Reader:
    """Walks the nodes once; what it meets a second time is an alias."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = Lines(text)
        self.above: list[int] = []
        self.seen: set[int] = set()

    def spots(self, root: Node) -> Iterator[Spot]:
        yield from self._spots(root, (), root, is_own=True)

    def _spots(self, node: Node, parts: Parts, name: Node, *, is_own: bool) -> Iterator[Spot]:
        """`name` is the node that the setting begins with: its key, or itself in a list."""
        if id(node) in self.above:
            line = self.lines.number(name.start)
            raise Unparsable(f"Line {line}: an alias leads to itself.", line)
        is_own = is_own and id(node) not in self.seen
        self.seen.add(id(node))
        if node.kind == "scalar":
            if parts:
                yield self._spot(node, parts, name, is_own=is_own)
            return
        self.above.append(id(node))
        if node.kind == "mapping":
            yield from self._mapping(node, parts, is_own=is_own)
        for number, item in enumerate(node.items):
            yield from self._spots(item, (*parts, str(number)), item, is_own=is_own)
        self.above.pop()

    def _mapping(self, node: Node, parts: Parts, *, is_own: bool) -> Iterator[Spot]:
        own: dict[str, int] = {}
        for key, value in node.named:
            line = self.lines.number(key.start)
            if key.value in own:
                where = f"first on line {own[key.value]}"
                raise Unparsable(f"Line {line}: {join((*parts, key.value))} is there twice ({where}).", line)
            own[key.value] = line
            yield from self._spots(value, (*parts, key.value), key, is_own=is_own)
        yield from self._merged(node, parts, set(own))

    def _merged(self, node: Node, parts: Parts, own: set[str]) -> Iterator[Spot]:
        """What `<<` brings in and the mapping does not say itself; of several sources the first counts."""
        for source in node.sources:
            for spot in tuple(self._spots(source, parts, source, is_own=False)):
                if spot.parts[len(parts)] not in own:
                    yield spot
            own |= {key.value for key, _ in source.named}

    def _spot(self, node: Node, parts: Parts, name: Node, *, is_own: bool) -> Spot:
        kind = kind_of_scalar(node)
        value = None if kind == "null" else node.value
        line = self.lines.number(name.start)
        start = properties_end(self.text, node.start)
        end = node.end
        if node.style in ("|", ">"):
            end = start + len(self.text[start:end].rstrip())
        elif start >= end:
            start = end = self._empty_place(name, node)
        return Spot(parts, value, kind, line, start, end, is_own)

    def _empty_place(self, name: Node, node: Node) -> int:
        if name is node:
            return node.end
        colon = _COLON.match(self.text, name.end)
        return colon.end() if colon else node.end


def _end_of(text: str, node: Node, empty: int) -> int:
    """`empty` is the answer for a node without characters of its own; an alias stands there, its node elsewhere."""
    if node.start < empty or node.start >= node.end:
        alias = _ALIAS.match(text, empty)
        return alias.end() if alias else empty
    if node.kind == "scalar" or node.style:
        return node.start + len(text[node.start : node.end].rstrip())
    if node.kind == "list":
        return _end_of(text, node.items[-1], node.items[-1].start)
    key, value = node.pairs[-1]
    colon = _COLON.match(text, key.end)
    return _end_of(text, value, colon.end() if colon else key.end)


def _lines(parts: Parts, literal: str, indent: int) -> list[str]:
    *above, last = parts
    lines = [" " * (indent + 2 * depth) + written_name(part) + ":" for depth, part in enumerate(above)]
    return [*lines, " " * (indent + 2 * len(above)) + f"{written_name(last)}: {literal}"]


def written_name(part: str) -> str:
    return written(part, "str" if not part.isdecimal() else None, None, "")


YamlEditor = Editor(read)
