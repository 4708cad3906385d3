"""Finds settings in the shop's files line by line.

On purpose not the editors of `prunella.configs`: what is judged must not be the judge.
"""

import configparser
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from ruamel.yaml import YAML

_HEADER = re.compile(r"^\[(?P<section>[^\]]+)\]")
_PAIR = re.compile(
    r"^(?P<indent>\s*)(?P<name>[A-Za-z_]\w*)(?P<sign>\s*[=:][ ]?)(?P<quote>\"?)(?P<value>.*?)(?P=quote)"
    r"(?P<comment>\s+[#;].*)?$"
)


@dataclass(frozen=True)
class Line:
    """One setting as it is written. `number` counts from 0; `value` is without its `quote`."""

    number: int
    indent: str
    name: str
    sign: str
    quote: str
    value: str
    comment: str

    def __str__(self) -> str:
        return f"{self.indent}{self.name}{self.sign}{self.quote}{self.value}{self.quote}{self.comment}"

    def named(self, name: str) -> "Line":
        return replace(self, name=name)

    def valued(self, value: str) -> "Line":
        return replace(self, value=value)


def settings(text: str) -> dict[str, Line]:
    """Every setting of an env, ini, toml or block-style yaml text, by its key dotted from the top."""
    found: dict[str, Line] = {}
    section: list[str] = []
    parents: list[Line] = []
    for number, raw in enumerate(text.splitlines()):
        if header := _HEADER.match(raw):
            section, parents = [header["section"]], []
        elif pair := _PAIR.match(raw):
            line = Line(number, **{name: part or "" for name, part in pair.groupdict().items()})
            parents = [parent for parent in parents if len(parent.indent) < len(line.indent)] + [line]
            found[".".join(section + [parent.name for parent in parents])] = line
    return found


def line_of(text: str, key: str) -> Line:
    return settings(text)[key]


def with_line(text: str, number: int, *lines: str) -> str:
    """`text` with `lines` in the place of line `number`; no lines take it out."""
    every = text.splitlines()
    every[number : number + 1] = lines
    return "\n".join(every) + "\n"


def values(path: Path) -> Mapping[str, str]:
    """What a real parser makes of the file: dotted key → value as text. Raises what the parser raises."""
    text = path.read_text(encoding="utf-8")
    match path.suffix:
        case ".ini":
            config = configparser.ConfigParser(inline_comment_prefixes=(";",))
            config.read_string(text)
            return dict(_flat({name: dict(config[name]) for name in config.sections()}))
        case ".toml":
            return dict(_flat(tomllib.loads(text)))
        case ".yaml":
            return dict(_flat(YAML(typ="safe", pure=True).load(text)))
        case ".json":
            return dict(_flat(json.loads(text)))
        case _:
            return {key: line.value.strip("'") for key, line in settings(text).items()}


def _flat(tree: object, prefix: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict):
        for name, branch in cast("dict[str, object]", tree).items():
            yield from _flat(branch, f"{prefix}{name}.")
    elif isinstance(tree, list):
        for place, branch in enumerate(cast("list[object]", tree)):
            yield from _flat(branch, f"{prefix}{place}.")
    else:
        yield prefix.rstrip("."), str(tree)
