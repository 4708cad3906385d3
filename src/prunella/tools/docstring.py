"""Google style docstrings, read for what brains need of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import cleandoc

_PARAMETERS = {"Args", "Arguments", "Parameters"}
_LEFT_OUT = {"Returns", "Return", "Raises", "Yields"}
_HEADER = re.compile(r"(\w+):\s*$")
_ENTRY = re.compile(r"\*{0,2}(\w+)(?:\s*\(.*?\))?:\s*(.*)")


@dataclass(frozen=True)
class Docstring:
    """`description` is the prose without the sections; `parameters` what `Args:` says of each, in its order."""

    description: str
    parameters: Mapping[str, str]


def parse_docstring(text: str) -> Docstring:
    """Never raises; what is no `Args:`, `Returns:`, `Raises:` or `Yields:` section stays in the description."""
    lines: dict[str, list[str]] = {"": [], "Args": [], "Returns": []}
    section = ""
    for line in cleandoc(text).splitlines():
        opened = _opened(line)
        if opened:
            section = opened
            continue
        if line and not line[0].isspace():
            section = ""
        lines[section].append(line)
    return Docstring("\n".join(lines[""]).strip(), _entries(lines["Args"]))


def _opened(line: str) -> str:
    """The section that this line opens, `Args` or `Returns` (which stands for all that is left out), or ""."""
    header = _HEADER.match(line)
    if header and header[1] in _PARAMETERS:
        return "Args"
    return "Returns" if header and header[1] in _LEFT_OUT else ""


def _entries(lines: list[str]) -> dict[str, str]:
    filled = [line for line in lines if line.strip()]
    indent = min((_indent(line) for line in filled), default=0)
    entries: dict[str, str] = {}
    name = ""
    for line in filled:
        entry = _ENTRY.fullmatch(line.strip()) if _indent(line) == indent else None
        if entry:
            name = entry[1]
            entries[name] = entry[2].strip()
        elif name:
            entries[name] = f"{entries[name]} {line.strip()}".strip()
    return entries


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
