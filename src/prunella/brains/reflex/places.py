"""Where a setting lies and how it is changed, for files with an editor and for any other text alike."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prunella.brains.reflex.names import leaf
from prunella.domain.facts import ConfigFacts
from prunella.domain.plan import Step
from prunella.domain.setting import Format

_ASSIGNMENT = re.compile(
    r"""^(?P<lead>\s*(?:-\s+|export\s+|set\s+)?)
        (?P<key>"[^"]+"|'[^']+'|[A-Za-z_][\w.\-]*)
        (?P<separator>\s*[:=]\s*|\s+)
        (?P<value>"[^"]*"|'[^']*'|.*?)
        (?P<tail>\s*[;,]?\s*(?:(?<=\s)[#].*)?)$""",
    re.VERBOSE,
)
_ELEMENT = re.compile(r"^(?P<lead>.*<)(?P<key>[\w.\-]+)(?P<separator>>)(?P<value>[^<>]*)(?P<tail></(?P=key)>.*)$")
_COMMENT = ("#", ";", "//", "!", "--", "<!--")


@dataclass(frozen=True, eq=False)
class Place:
    """One setting where it lies. `editable`: its file parses and has an editor; else its line is replaced as text."""

    service: str
    file: Path
    format: Format
    text: str
    key: str
    value: str
    line: int
    editable: bool
    kind: str = "str"

    @property
    def leaf(self) -> str:
        return leaf(self.key)

    @property
    def name(self) -> str:
        """As people read it: `payments/.env PORT`."""
        return f"{self.file.parent.name}/{self.file.name} {self.key}"

    def set_to(self, value: str, why: str) -> Step | None:
        """The step that gives it another value; None when the text cannot be told apart."""
        if self.editable:
            return Step(tool="config.set", arguments={"file": str(self.file), "key": self.key, "value": value}, why=why)
        line = self.text.split("\n")[self.line - 1]
        found = match_line(line)
        if found is None:
            return None
        quote = found["value"][:1] if found["value"][:1] in {'"', "'"} else ""
        changed = line[: found.start("value")] + quote + value + quote + line[found.end("value") :]
        return replace_lines(self.file, self.text, self.line, self.line, (changed,), why=why)

    def removed(self, why: str) -> Step | None:
        """The step that takes it out; as a line of its own where the names of those behind it would change."""
        if self.editable and not (self.format is Format.NGINX and self.key[-1:].isdigit() and self._is_a_line):
            return Step(tool="config.remove", arguments={"file": str(self.file), "key": self.key}, why=why)
        return replace_lines(self.file, self.text, self.line, self.line, (), why=why)

    @property
    def _is_a_line(self) -> bool:
        """Nothing else stands in its line."""
        line = self.text.split("\n")[self.line - 1].partition("#")[0].strip()
        return line.endswith(";") and line.count(";") == 1 and "{" not in line


def match_line(line: str) -> re.Match[str] | None:
    """`key = value`, `key: value`, `key value;` or `<key>value</key>`; None for comments, blocks and prose."""
    stripped = line.strip()
    if not stripped or stripped.startswith(_COMMENT) or stripped.endswith(("{", "}", "[", "(")):
        return None
    return _ELEMENT.match(line) or _ASSIGNMENT.match(line)


def places_in(service: str, config: ConfigFacts) -> Iterator[Place]:
    """Every setting of a file: by its editor where it parses, else line by line."""
    if config.settings:
        for s in config.settings:
            yield Place(
                service,
                config.path,
                config.format,
                config.text,
                s.key,
                s.value or "",
                s.line,
                editable=True,
                kind=s.kind,
            )
        return
    for number, line in enumerate(config.text.split("\n"), 1):
        found = match_line(line.rstrip("\r"))
        if found:
            key, value = found["key"].strip("\"'"), found["value"].strip().strip("\"'")
            yield Place(service, config.path, config.format, config.text, key, value, number, editable=False)


def replace_lines(file: Path, text: str, first: int, last: int, new: tuple[str, ...], *, why: str) -> Step | None:
    """The step that puts `new` in place of the lines `first` to `last` (from 1; `last` < `first` inserts).

    The snippet is widened until it stands once in the text; None when it never does or nothing would change.
    """
    lines = text.split("\n")
    new = tuple(_with_ending_of(lines, first, line) for line in new)
    above, below = first - 1, last
    if last < first or not new or not "".join(lines[above:below]).strip():
        above, below = (above - 1, below) if above > 0 else (above, min(below + 1, len(lines)))
    while True:
        old = "\n".join(lines[above:below])
        if old.strip() and text.count(old) == 1:
            break
        if above <= 0 and below >= len(lines):
            return None
        above, below = max(0, above - 1), below if above > 0 else below + 1
    changed = "\n".join((*lines[above : first - 1], *new, *lines[last:below]))
    if changed == old:
        return None
    return Step(tool="config.replace_text", arguments={"file": str(file), "old": old, "new": changed}, why=why)


def _with_ending_of(lines: list[str], number: int, line: str) -> str:
    index = min(max(number - 1, 0), len(lines) - 1)
    return line + "\r" if lines[index].endswith("\r") and not line.endswith("\r") else line
