"""TOML: the standard library says what it means, tomlkit how to write it, `toml_places.py` where it stands."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import tomlkit

from prunella.configs.editor import Editor
from prunella.configs.flow import cut_member, insert_member
from prunella.configs.keys import Parts
from prunella.configs.literals import fitting_kind, kind_of
from prunella.configs.page import Lines, Spot, cut_lines, insert_lines, splice
from prunella.configs.toml_places import Entry, Node, Table, scan, unquoted
from prunella.errors import Rejected, Unparsable

_PLACE = re.compile(r"\(at line (\d+), column \d+\)")
_BARE = re.compile(r"[-+0-9A-Za-z_.: ]+")
_KINDS: dict[type[object], str] = {bool: "bool", int: "int", float: "float"}


@dataclass(frozen=True)
class TomlPage:
    text: str
    tables: tuple[Table, ...]
    spots: tuple[Spot, ...]

    def replaced(self, spot: Spot, value: str, kind: str | None) -> str:
        old = self.text[spot.start : spot.end]
        if kind is None:
            kind = self._fitting(old, value)
        return splice(self.text, spot.start, spot.end, _written(value, kind, old))

    def added(self, parts: Parts, value: str, kind: str | None) -> str:
        literal = _written(value, kind or kind_of(value), "")
        home = self._inline_home(parts)
        if home:
            node, rest = home
            members = [entry.member for entry in node.members]
            return insert_member(self.text, node.start, members, f"{_name(rest)} = {literal}", " ")
        return self._with_line(parts, literal)

    def removed(self, spot: Spot) -> str:
        for table in self.tables:
            for entry in table.entries:
                if entry.node.start == spot.start:
                    lines = Lines(self.text)
                    return cut_lines(self.text, lines.begin(entry.start), lines.end(max(entry.node.end - 1, 0)))
        for node in self._inline_tables():
            for place, entry in enumerate(node[1].members):
                if entry.node.start == spot.start:
                    return cut_member(self.text, [e.member for e in node[1].members], place)
        raise Rejected(f"{spot.key} is a place in a list; the others would move. Edit the file as text.")

    def _fitting(self, old: str, value: str) -> str:
        if old[0] in "\"'":
            text = unquoted(old)
            return fitting_kind(value, text, gives_way=_written(text, "str", "") == old)
        return _natural(value)

    def _inline_tables(self) -> Iterator[tuple[Parts, Node]]:
        for table in self.tables:
            for entry in table.entries:
                yield from _inline(entry.node, (*table.path, *entry.path))

    def _inline_home(self, parts: Parts) -> tuple[Node, Parts] | None:
        fitting = [(path, node) for path, node in self._inline_tables() if parts[: len(path)] == path]
        if not fitting:
            return None
        path, node = max(fitting, key=lambda pair: len(pair[0]))
        return node, parts[len(path) :]

    def _with_line(self, parts: Parts, literal: str) -> str:
        """In the table's own lines; else beside dotted names that share its beginning; else in a new table."""
        table = next((t for t in reversed(self.tables) if t.path == parts[:-1]), None)
        if table:
            return self._behind(table, table.entries[-1:], f"{_name(parts[-1:])} = {literal}")
        for table in self.tables:
            beside = [e for e in table.entries if (*table.path, *e.path[:-1]) == parts[:-1]]
            if beside:
                return self._behind(table, beside[-1:], f"{_name(parts[len(table.path) :])} = {literal}")
        gap = [""] if self.text and not self.text.endswith(("\n\n", "\n\r\n")) else []
        header = f"[{_name(parts[:-1])}]"
        return insert_lines(self.text, len(self.text), [*gap, header, f"{_name(parts[-1:])} = {literal}"])

    def _behind(self, table: Table, entries: list[Entry], line: str) -> str:
        lines = Lines(self.text)
        if entries:
            begin = lines.begin(entries[0].start)
            indent = self.text[begin : entries[0].start]
            return insert_lines(self.text, lines.end(entries[0].node.end - 1), [indent + line])
        if table.path:
            return insert_lines(self.text, lines.end(table.start), [line])
        first = self.tables[1].start if len(self.tables) > 1 else len(self.text)
        return insert_lines(self.text, lines.begin(first) if first < len(self.text) else first, [line])


def read(text: str) -> TomlPage:
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = _PLACE.search(str(error))
        raise Unparsable(f"This is not TOML: {error}.", int(place[1]) if place else text.count("\n") + 1) from error
    lines = Lines(text)
    tables = tuple(scan(text))
    leaves = dict(_leaves(content, ()))
    spots = tuple(spot for table in tables for spot in _table_spots(text, table, leaves, lines))
    if len(spots) != len(leaves):
        raise Unparsable("The settings of this file cannot be told apart. Edit it as text.")
    return TomlPage(text, tables, spots)


def _leaves(value: Any, parts: Parts) -> Iterator[tuple[Parts, object]]:
    if isinstance(value, dict):
        for name, child in value.items():  # pyright: ignore[reportUnknownVariableType] # TOML's own types
            yield from _leaves(child, (*parts, str(name)))  # pyright: ignore[reportUnknownArgumentType] # as above
    elif isinstance(value, list):
        for number, child in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] # as above
            yield from _leaves(child, (*parts, str(number)))
    else:
        yield parts, value


def _table_spots(text: str, table: Table, leaves: dict[Parts, object], lines: Lines) -> Iterator[Spot]:
    for entry in table.entries:
        for parts, place, node in _scalars(entry, table.path):
            if parts not in leaves:
                raise Unparsable(f"Line {lines.number(place)} cannot be placed. Edit the file as text.")
            meaning = leaves[parts]
            token = text[node.start : node.end]
            value = meaning if isinstance(meaning, str) else token
            yield Spot(parts, value, _KINDS.get(type(meaning), "str"), lines.number(place), node.start, node.end)


def _scalars(entry: Entry, above: Parts) -> Iterator[tuple[Parts, int, Node]]:
    """Every scalar of an entry with its name, the place where it begins (its name's, or its own in a list)."""
    parts = (*above, *entry.path)
    yield from _scalars_of(entry.node, parts, entry.start)


def _scalars_of(node: Node, parts: Parts, place: int) -> Iterator[tuple[Parts, int, Node]]:
    for number, item in enumerate(node.items):
        yield from _scalars_of(item, (*parts, str(number)), item.start)
    for member in node.members:
        yield from _scalars(member, parts)
    if node.kind == "scalar":
        yield parts, place, node


def _inline(node: Node, parts: Parts) -> Iterator[tuple[Parts, Node]]:
    if node.kind == "mapping":
        yield parts, node
    for number, item in enumerate(node.items):
        yield from _inline(item, (*parts, str(number)))
    for member in node.members:
        yield from _inline(member.node, (*parts, *member.path))


def _natural(value: str) -> str:
    """The kind that TOML itself gives the bare text; `date` for its dates and times."""
    if not _BARE.fullmatch(value):
        return "str"
    try:
        meaning: object = tomllib.loads(f"x = {value}")["x"]
    except tomllib.TOMLDecodeError:
        return "str"
    return _KINDS.get(type(meaning), "date")


def _written(value: str, kind: str, old: str) -> str:
    """As the string `old` was quoted, where the value can be written so."""
    if kind != "str":
        return value
    if old.startswith("'") and not old.startswith("'''") and not re.search(r"['\x00-\x08\x0a-\x1f\x7f]", value):
        return f"'{value}'"
    return tomlkit.string(value).as_string()


def _name(parts: Parts) -> str:
    if not parts:
        raise Rejected("A setting needs a name of its own below its table.")
    return ".".join(tomlkit.key(part).as_string() for part in parts)


TomlEditor = Editor(read)
