"""A configuration file of any of the fleet's formats as settings, one a line, that can be rewritten byte by byte."""

import re
from dataclasses import dataclass, replace
from pathlib import PurePath

SIGNED = re.compile(
    r"""^(?P<indent>\s*)(?P<name>[\w.\-"]+)(?P<sign>\s*[=:]\s*)(?P<value>[^#;]*?)(?P<tail>\s*(?:[#;].*)?)$"""
)
_YAML_SECTION = re.compile(r"^\s*[\w\-]+:\s*(#.*)?$")
_SPACED = re.compile(
    r"^(?P<indent>\s*)(?P<name>[A-Za-z][\w\-.]*)(?P<sign>\s+)(?P<value>[^;#{]*?)(?P<tail>\s*[;]?\s*(?:#.*)?)$"
)
_SECTION = re.compile(r"^\s*\[(?P<ini>[^\]]+)\]\s*$|^(?P<yaml>[\w\-]+):\s*$|^\s*(?P<block>[a-z_]+[^{;#]*)\{\s*$")
_HAPROXY_SECTION = re.compile(r"^(?P<name>global|defaults|frontend|backend|listen|userlist)\b\s*(?P<of>\S*)")
_SPACED_NAMES = ("nginx.conf", "redis.conf", "haproxy.cfg", "pg_hba.conf")


@dataclass(frozen=True)
class Line:
    """One setting. `str(line)` is the line as it stood; `number` counts from 0; `section` "" at the top."""

    number: int
    indent: str
    name: str
    sign: str
    value: str
    tail: str
    section: str = ""

    def __str__(self) -> str:
        return f"{self.indent}{self.name}{self.sign}{self.value}{self.tail}"

    @property
    def key(self) -> str:
        """`section.name`, or the name alone."""
        return f"{self.section}.{self.name}" if self.section else self.name

    def named(self, name: str) -> "Line":
        return replace(self, name=name)

    def valued(self, value: str) -> "Line":
        return replace(self, value=value)


def is_spaced(file: str) -> bool:
    """Whether names and values are parted by blanks alone: nginx, redis, haproxy, pg_hba."""
    path = PurePath(file)
    return path.name in _SPACED_NAMES or "edge" in path.parts


def settings_of(text: str, file: str) -> list[Line]:
    """Every setting of `text` in order; comments, sections and what is no setting are left out."""
    shape = _SPACED if is_spaced(file) else SIGNED
    found: list[Line] = []
    section: list[str] = []
    for number, line in enumerate(text.splitlines()):
        if line.strip() == "}":
            section = section[:-1]
        elif opened := _opens(line, file):
            section = [*section, opened] if line.rstrip().endswith("{") else [opened]
        elif line.strip() and not line.lstrip().startswith(("#", ";", "}")) and (parts := shape.match(line)):
            here = section if is_spaced(file) or line[:1].isspace() or not file.endswith((".yaml", ".yml")) else []
            found.append(Line(number, *(parts[part] for part in _PARTS), section=".".join(here)))
    return found


_PARTS = ("indent", "name", "sign", "value", "tail")


def _opens(line: str, file: str) -> str:
    """The name of the section that `line` opens; "" when it opens none."""
    if file.endswith("haproxy.cfg"):
        found = _HAPROXY_SECTION.match(line)
        return " ".join(part for part in found.groups() if part) if found else ""
    found = _SECTION.match(line)
    return (found["ini"] or found["yaml"] or found["block"] or "").strip() if found else ""


def with_lines(text: str, number: int, *lines: str) -> str:
    """`text` with its line `number` replaced by `lines` (none: it is left out)."""
    kept = text.splitlines(keepends=True)
    end = "\n" if number < len(kept) and kept[number].endswith("\n") else ""
    return "".join([*kept[:number], *(line + end for line in lines), *kept[number + 1 :]])
