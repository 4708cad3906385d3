"""YAML: ruamel.yaml parses and places, edits are made in the text. One document a file; no duplicate names.

What PyYAML would take for a boolean (`yes`, `off`) counts as one, since most services read with it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from prunella.configs.editor import Editor
from prunella.configs.flow import Member, cut_member, insert_member
from prunella.configs.keys import Parts, join
from prunella.configs.page import Lines, Spot, cut_lines, insert_lines, newline_of, splice
from prunella.configs.yaml_scalars import kind_of_scalar, properties_end, written
from prunella.errors import Rejected, Unparsable

_COLON = re.compile(r"\s*:")
_MERGE = "tag:yaml.org,2002:merge"


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
        parent, rest = _deepest(self.root, parts)
        if rest and isinstance(parent, MappingNode) and not self._is_shared(parts[: len(parts) - len(rest)]):
            return self._in_mapping(parent, rest, literal)
        if isinstance(parent, ScalarNode) and rest and parent.value in ("", "~", "null") and not parent.style:
            return self._below_nothing(parts[: len(parts) - len(rest)], parent, rest, literal)
        raise Rejected(f"{join(parts)} has no place: what is above it is no mapping of its own. Name another parent.")

    def removed(self, spot: Spot) -> str:
        parent, _ = _deepest(self.root, spot.parts[:-1]) if self.root and spot.parts else (None, ())
        if not isinstance(parent, MappingNode):
            raise Rejected(f"{spot.key} is a place in a list; the others would move. Edit the file as text.")
        pairs = _pairs(parent)
        place = next(n for n, (key, _) in enumerate(pairs) if key.value == spot.parts[-1])
        if parent.flow_style:
            return cut_member(self.text, [self._member(*pair) for pair in pairs], place)
        return self._without(pairs, place, is_root=parent is self.root)

    def _in_mapping(self, parent: MappingNode, rest: Parts, literal: str) -> str:
        pairs = _pairs(parent)
        if parent.flow_style:
            inline = written_name(rest[-1]) + ": " + literal
            for part in reversed(rest[:-1]):
                inline = f"{written_name(part)}: {{{inline}}}"
            opening = properties_end(self.text, parent.start_mark.index)
            return insert_member(self.text, opening, [self._member(*pair) for pair in pairs], inline)
        if not parent.value:
            raise Rejected("This mapping has no line to stand beside. Edit the file as text.")
        key, value = parent.value[-1]
        indent = parent.value[0][0].start_mark.column
        return self._line_behind(self._end(key, value), _lines(rest, literal, indent))

    def _below_nothing(self, above: Parts, empty: ScalarNode, rest: Parts, literal: str) -> str:
        """Below a name that has no value yet: `server:` or `server: null`."""
        holder = _deepest(self.root, above[:-1])[0] if self.root else None
        key = next((k for k, value in _pairs(holder) if value is empty), None) if holder else None
        if key is None or empty.anchor:
            raise Rejected(f"{join((*above, *rest))} has no place: nothing can be put below {join(above)}.")
        start = self._colon(key)
        end = empty.end_mark.index if empty.value else start
        text = splice(self.text, start, max(end, start), "")
        at = Lines(text).end(start) if "\n" in text[start:] else len(text)
        return insert_lines(text, at, _lines(rest, literal, key.start_mark.column + 2))

    def _line_behind(self, end: int, lines: list[str]) -> str:
        return insert_lines(self.text, Lines(self.text).end(max(end - 1, 0)), lines)

    def _without(self, pairs: list[tuple[ScalarNode, Node]], place: int, *, is_root: bool) -> str:
        key, value = pairs[place]
        lines = Lines(self.text)
        begin, end = lines.begin(key.start_mark.index), lines.end(max(self._end(key, value) - 1, 0))
        if len(pairs) == 1 and not is_root:
            return splice(self.text, key.start_mark.index, self._end(key, value), "{}")
        if not self.text[begin : key.start_mark.index].strip():
            return cut_lines(self.text, begin, end)
        if place + 1 == len(pairs) or "#" in self.text[self._end(key, value) : pairs[place + 1][0].start_mark.index]:
            raise Rejected(f"{key.value} shares its line with something else. Edit the file as text.")
        return splice(self.text, key.start_mark.index, pairs[place + 1][0].start_mark.index, "")

    def _block(self, spot: Spot, old: str, value: str) -> str:
        """The lines of a `|` block, indented as they were; whether its header fits is for the proof to say."""
        first = next((line for line in old.split("\n")[1:] if line.strip()), "")
        if old[0] != "|" or not first:
            raise Rejected(f"{spot.key} is a folded or empty block of text. Edit the file as text.")
        indent, newline = first[: len(first) - len(first.lstrip())], newline_of(self.text)
        lines = [indent + line if line else "" for line in value.rstrip("\n").split("\n")]
        return old.split("\n")[0].rstrip("\r") + newline + newline.join(lines)

    def _member(self, key: ScalarNode, value: Node) -> Member:
        return Member(key.start_mark.index, self._end(key, value))

    def _colon(self, key: Node) -> int:
        colon = _COLON.match(self.text, key.end_mark.index)
        return colon.end() if colon else key.end_mark.index

    def _end(self, key: Node, value: Node) -> int:
        """Behind the last character of an entry, comments and blank lines not counted."""
        return _end_of(self.text, value, self._colon(key))

    def _is_shared(self, parts: Parts) -> bool:
        """Whether another name leads to what is on this way: an alias would show every change twice."""
        node, place = self.root, 0
        while node is not None:
            if node.anchor:
                return True
            if place == len(parts):
                return False
            node, place = _child(node, parts[place]), place + 1
        return False


def read(text: str) -> YamlPage:
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = ", ".join(part for part in (error.context, error.problem) if part)
        line = mark.line + 1 if mark else None
        raise Unparsable(f"Line {line}: {what}.", line) from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise Unparsable(f"This is not YAML: {error}") from error
    if root is None or (isinstance(root, ScalarNode) and not root.value and not root.style):
        return YamlPage(text, None, ())
    return YamlPage(text, root, tuple(_Reader(text).spots(root)))


class _Reader:
    """Walks the nodes once; what it meets a second time is an alias."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = Lines(text)
        self.above: list[int] = []

    def spots(self, root: Node) -> Iterator[Spot]:
        self.seen: set[int] = set()
        yield from self._spots(root, (), root, is_own=True)

    def _spots(self, node: Node, parts: Parts, name: Node, *, is_own: bool) -> Iterator[Spot]:
        """`name` is the node that the setting begins with: its key, or itself in a list."""
        if id(node) in self.above:
            raise Unparsable(f"Line {name.start_mark.line + 1}: an alias leads to itself.", name.start_mark.line + 1)
        is_own = is_own and id(node) not in self.seen
        self.seen.add(id(node))
        if isinstance(node, ScalarNode):
            if parts:
                yield self._spot(node, parts, name, is_own=is_own)
            return
        self.above.append(id(node))
        if isinstance(node, MappingNode):
            yield from self._mapping(node, parts, is_own=is_own)
        elif isinstance(node, SequenceNode):
            for number, item in enumerate(node.value):
                yield from self._spots(item, (*parts, str(number)), item, is_own=is_own)
        self.above.pop()

    def _mapping(self, node: MappingNode, parts: Parts, *, is_own: bool) -> Iterator[Spot]:
        own: dict[str, int] = {}
        for key, value in _pairs(node):
            line = key.start_mark.line + 1
            if key.value in own:
                where = f"first on line {own[key.value]}"
                raise Unparsable(f"Line {line}: {join((*parts, key.value))} is there twice ({where}).", line)
            own[key.value] = line
            yield from self._spots(value, (*parts, key.value), key, is_own=is_own)
        yield from self._merged(node, parts, set(own))

    def _merged(self, node: MappingNode, parts: Parts, own: set[str]) -> Iterator[Spot]:
        """What `<<` brings in and the mapping does not say itself; of several sources the first counts."""
        for source in _sources(node):
            for spot in tuple(self._spots(source, parts, source, is_own=False)):
                if spot.parts[len(parts)] not in own:
                    yield spot
            own |= {key.value for key, _ in _pairs(source)}

    def _spot(self, node: ScalarNode, parts: Parts, name: Node, *, is_own: bool) -> Spot:
        kind = kind_of_scalar(node)
        value = None if kind == "null" else str(node.value)
        line = name.start_mark.line + 1
        start = properties_end(self.text, node.start_mark.index)
        end = node.end_mark.index
        if node.style in ("|", ">"):
            end = start + len(self.text[start:end].rstrip())
        elif start >= end:
            start = end = self._empty_place(name, node)
        return Spot(parts, value, kind, line, start, end, is_own)

    def _empty_place(self, name: Node, node: Node) -> int:
        if name is node:
            return node.end_mark.index
        colon = _COLON.match(self.text, name.end_mark.index)
        return colon.end() if colon else node.end_mark.index


def _pairs(node: Node | None) -> list[tuple[ScalarNode, Node]]:
    """The entries with plain names; merges and names that are collections are left out."""
    if not isinstance(node, MappingNode):
        return []
    return [(key, value) for key, value in node.value if isinstance(key, ScalarNode) and str(key.tag) != _MERGE]


def _sources(node: MappingNode) -> list[Node]:
    merged = [value for key, value in node.value if isinstance(key, ScalarNode) and str(key.tag) == _MERGE]
    return [source for value in merged for source in (value.value if isinstance(value, SequenceNode) else [value])]


def _end_of(text: str, node: Node, empty: int) -> int:
    """`empty` is the answer for a node without characters of its own."""
    if isinstance(node, ScalarNode) or node.flow_style:
        if node.start_mark.index >= node.end_mark.index or node.start_mark.index < empty:
            return _alias_end(text, empty)
        return node.start_mark.index + len(text[node.start_mark.index : node.end_mark.index].rstrip())
    if node.start_mark.index < empty or not node.value:
        return _alias_end(text, empty)
    last = node.value[-1]
    if isinstance(last, tuple):
        colon = _COLON.match(text, last[0].end_mark.index)
        return _end_of(text, last[1], colon.end() if colon else last[0].end_mark.index)
    return _end_of(text, last, last.start_mark.index)


def _alias_end(text: str, empty: int) -> int:
    alias = re.compile(r"[^\S\n]*\*[^\s,\]}]+").match(text, empty)
    return alias.end() if alias else empty


def _deepest(root: Node, parts: Parts) -> tuple[Node, Parts]:
    """The lowest existing node on the way to `parts`, and the parts below it."""
    node = root
    for depth, part in enumerate(parts):
        child = _child(node, part)
        if child is None:
            return node, parts[depth:]
        node = child
    return node, ()


def _child(node: Node, part: str) -> Node | None:
    if isinstance(node, SequenceNode):
        return node.value[int(part)] if part.isdecimal() and int(part) < len(node.value) else None
    return next((value for key, value in _pairs(node) if key.value == part), None)


def _lines(parts: Parts, literal: str, indent: int) -> list[str]:
    *above, last = parts
    lines = [" " * (indent + 2 * depth) + written_name(part) + ":" for depth, part in enumerate(above)]
    return [*lines, " " * (indent + 2 * len(above)) + f"{written_name(last)}: {literal}"]


def written_name(part: str) -> str:
    return written(part, "str" if not part.isdecimal() else None, None, "")


YamlEditor = Editor(read)
