"""Mappings in braces: where a member goes in, and how one comes out. Shared by JSON, TOML and YAML."""

from collections.abc import Sequence
from dataclasses import dataclass

from prunella.configs.page import Lines, splice


@dataclass(frozen=True)
class Member:
    """`text[start:end]`: the name, the mark between and the value."""

    start: int
    end: int


def insert_member(text: str, opening: int, members: Sequence[Member], new: str, padding: str = "") -> str:
    """Behind the last member, on a line of its own if that one has one; `opening` is the place of the brace.

    `padding` stands inside the braces of a mapping that was empty.
    """
    if members:
        last = members[-1]
        return splice(text, last.end, last.end, _separator(text, last.start) + new)
    behind = padding if text[opening + 1] == "}" else ""
    return splice(text, opening + 1, opening + 1, padding + new + behind)


def cut_member(text: str, members: Sequence[Member], place: int) -> str:
    member = members[place]
    if place > 0:
        return splice(text, members[place - 1].end, member.end, "")
    if len(members) > 1:
        return splice(text, member.start, members[1].start, "")
    return splice(text, member.start, member.end, "")


def _separator(text: str, start: int) -> str:
    begin = Lines(text).begin(start)
    indent = text[begin:start]
    if begin == 0 or indent.strip():
        return ", "
    return ("," + "\r\n" if text[begin - 2 : begin] == "\r\n" else ",\n") + indent
