"""JSON: the standard library reads it, this module finds where everything stands.

Of duplicate names the last one counts.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from prunella.configs.editor import Editor
from prunella.configs.flow import Member, cut_member, insert_member
from prunella.configs.keys import Parts, join
from prunella.configs.literals import fitting_kind, kind_of
from prunella.configs.page import Lines, Spot, splice
from prunella.errors import Rejected, Unparsable

_GAP = re.compile(r"[ \t\n\r]*")
_BARE = re.compile(r"[^\s,\]}]+")
_KINDS = {"true": "bool", "false": "bool", "null": "null"}


@dataclass
class Node:
    """A value at `text[start:end]`: a scalar, an object (`members`, by name) or a list (`items`)."""

    start: int
    end: int
    kind: str
    value: str | None = None
    members: "dict[str, tuple[Member, Node]]" = field(default_factory=dict[str, "tuple[Member, Node]"])
    items: "list[Node]" = field(default_factory=list["Node"])

    @property
    def in_order(self) -> list[Member]:
        return sorted((member for member, _ in self.members.values()), key=lambda member: member.start)


@dataclass(frozen=True)
class JsonPage:
    """`root` None: the text is empty."""

    text: str
    root: Node | None
    spots: tuple[Spot, ...]

    def replaced(self, spot: Spot, value: str, kind: str | None) -> str:
        natural = kind_of(value)
        if spot.kind == "str":
            is_canonical = self.text[spot.start : spot.end] == _written(spot.value or "", "str")
            natural = fitting_kind(value, spot.value or "", gives_way=is_canonical)
        return splice(self.text, spot.start, spot.end, _written(value, kind or natural))

    def added(self, parts: Parts, value: str, kind: str | None) -> str:
        literal = _written(value, kind or kind_of(value))
        if self.root is None:
            return "{" + _nested(parts, literal, ": ") + "}" + self.text
        parent, rest = _deepest(self.root, parts)
        if parent.kind != "object":
            raise Rejected(f"{join(parts)} has no place: what is above it is no object. Name another parent.")
        return insert_member(self.text, parent.start, parent.in_order, _nested(rest, literal, self._colon(parent)))

    def removed(self, spot: Spot) -> str:
        parent = _deepest(self.root, spot.parts[:-1])[0] if self.root and spot.parts else None
        if parent is None or parent.kind != "object":
            raise Rejected(f"{spot.key} is a place in a list; the others would move. Edit the file as text.")
        members = parent.in_order
        return cut_member(self.text, members, members.index(parent.members[spot.parts[-1]][0]))

    def _colon(self, parent: Node) -> str:
        """The mark between name and value, spaced as in the first member."""
        for member, node in parent.members.values():
            return self.text[_string(self.text, member.start)[1] : node.start]
        return ": "


def read(text: str) -> JsonPage:
    if not text.strip():
        return JsonPage(text, None, ())
    try:
        json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise Unparsable(f"Line {error.lineno}, column {error.colno}: {error.msg}.", error.lineno) from error
    except (ValueError, RecursionError) as error:
        raise Unparsable(f"This is not JSON: {error}.") from error
    root = _node(text, _skip(text, 0))
    return JsonPage(text, root, tuple(_spots(root, (), Lines(text), root.start)))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _skip(text: str, at: int) -> int:
    gap = _GAP.match(text, at)
    return gap.end() if gap else at


def _node(text: str, at: int) -> Node:
    """The value that begins at `at`, in a text that is known to be JSON."""
    if text[at] == "{":
        return _object(text, at)
    if text[at] == "[":
        return _list(text, at)
    if text[at] == '"':
        value, end = _string(text, at)
        return Node(at, end, "str", value)
    bare = _BARE.match(text, at)
    token = bare[0] if bare else ""
    kind = _KINDS.get(token) or ("int" if token.lstrip("-").isdigit() else "float")
    return Node(at, at + len(token), kind, None if kind == "null" else token)


def _string(text: str, at: int) -> tuple[str, int]:
    """The string that begins at `at`, and the place behind it."""
    value, end = json.JSONDecoder().raw_decode(text, at)
    return str(value), end


def _object(text: str, at: int) -> Node:
    node = Node(at, 0, "object")
    here = _skip(text, at + 1)
    while text[here] != "}":
        name, after = _string(text, here)
        value = _node(text, _skip(text, _skip(text, after) + 1))
        node.members[name] = (Member(here, value.end), value)
        here = _next(text, value.end)
    node.end = here + 1
    return node


def _list(text: str, at: int) -> Node:
    node = Node(at, 0, "list")
    here = _skip(text, at + 1)
    while text[here] != "]":
        node.items.append(_node(text, here))
        here = _next(text, node.items[-1].end)
    node.end = here + 1
    return node


def _next(text: str, at: int) -> int:
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def _spots(node: Node, parts: Parts, lines: Lines, place: int) -> Iterator[Spot]:
    """`place` is where the setting begins: its name, or the value of a list's item."""
    if node.kind == "object":
        for name, (member, value) in sorted(node.members.items(), key=lambda pair: pair[1][0].start):
            yield from _spots(value, (*parts, name), lines, member.start)
    elif node.kind == "list":
        for number, item in enumerate(node.items):
            yield from _spots(item, (*parts, str(number)), lines, item.start)
    elif parts:
        yield Spot(parts, node.value, node.kind, lines.number(place), node.start, node.end)


def _deepest(root: Node, parts: Parts) -> tuple[Node, Parts]:
    """The lowest existing value on the way to `parts`, and the parts below it."""
    node = root
    for depth, part in enumerate(parts):
        child = _child(node, part)
        if child is None:
            return node, parts[depth:]
        node = child
    return node, ()


def _child(node: Node, part: str) -> Node | None:
    if node.kind == "list":
        return node.items[int(part)] if part.isdecimal() and int(part) < len(node.items) else None
    return node.members[part][1] if part in node.members else None


def _nested(parts: Parts, literal: str, colon: str) -> str:
    name = json.dumps(parts[0], ensure_ascii=False)
    if len(parts) == 1:
        return f"{name}{colon}{literal}"
    return f"{name}{colon}{{{_nested(parts[1:], literal, colon)}}}"


def _written(value: str, kind: str) -> str:
    return json.dumps(value, ensure_ascii=False) if kind == "str" else value


JsonEditor = Editor(read)
