"""HAProxy files. Names are `section.name.keyword`: `backend.payments.server.a`, `defaults.timeout.client`.

Keywords that are about something named have that behind them, of lines with the same name the second has a `1`
behind it. Several arguments are one value, as they are written but for quotes without a meaning; a keyword without
arguments has the value "". An option without arguments is `true`, with `no` before it `false`. A section with nothing
in it is a setting without a value, and goes with its last setting. Lines between `.if` and `.endif` count as others do.
"""

from dataclasses import dataclass

from prunella.configs.arguments import Word, exchanged
from prunella.configs.editor import Editor
from prunella.configs.haproxy_sections import (
    SECTIONS,
    UNNAMED,
    Line,
    Section,
    arguments_of,
    is_named,
    sections_of,
)
from prunella.configs.keys import Parts, join
from prunella.configs.page import Lines, Spot, cut_lines, insert_lines, splice
from prunella.errors import Rejected, Unparsable

_PREFIXES = {"true": "", "false": "no ", "default": "default "}


@dataclass(frozen=True)
class HaproxyPage:
    text: str
    sections: tuple[Section, ...]
    spots: tuple[Spot, ...]

    def replaced(self, spot: Spot, value: str, kind: str | None) -> str:
        del kind
        line = self._line(spot.parts)
        if line is None:
            raise Rejected(f"{spot.key} is a section with nothing in it. Name a setting in it.")
        if line.option is not None:
            return self._option(line, value)
        return exchanged(self.text, line.words[line.about - 1].end, line.arguments, _words(spot.key, value))

    def added(self, parts: Parts, value: str, kind: str | None) -> str:
        del kind
        section = self._home(parts)
        rest = parts[len(section.path) :] if section else parts[len(_header(parts)) :]
        if not rest:
            raise Rejected(f"{join(parts)} is a section. Name a setting in it.")
        if section and rest == ("from",):
            at = section.header.words[-1].end
            return splice(self.text, at, at, f" from {value}")
        leaf = _leaf(rest, parts[0], value)
        if section is None:
            return self._with_section(" ".join(_header(parts)), leaf)
        alike = [line for line in section.lines if line.path[len(section.path)] == rest[0]]
        after = (alike or section.lines)[-1:]
        indent = self._indent(after or section.lines)
        return insert_lines(self.text, after[0].end if after else section.body, [indent + leaf])

    def removed(self, spot: Spot) -> str:
        section = next(each for each in self.sections if _holds(each, spot))
        line = self._line(spot.parts)
        if line is section.header:
            return splice(self.text, section.header.words[-3].end, section.header.words[-1].end, "")
        places = Lines(self.text)
        begin, end = (places.begin(line.start), line.end) if line else (section.body, section.body)
        if not (self.text[section.body : begin] + self.text[end : section.end]).strip() and not section.header.path:
            begin = places.begin(section.header.start)
        return cut_lines(self.text, begin, end)

    def _line(self, parts: Parts) -> Line | None:
        lines = (line for section in self.sections for line in (section.header, *section.lines))
        return next((line for line in lines if line.path == parts), None)

    def _home(self, parts: Parts) -> Section | None:
        """The section with the longest name that the setting's name begins with."""
        fitting = [each for each in self.sections if parts[: len(each.path)] == each.path]
        return max(fitting, key=lambda each: len(each.path), default=None)

    def _option(self, line: Line, value: str) -> str:
        behind = line.words[line.about - 1].end
        if value not in _PREFIXES:
            new = _words(join(line.path), value)
            if line.option:
                raise Rejected(f"{join(line.path)} is {line.value}. Set it to true first, then to {value!r}.")
            return exchanged(self.text, behind, line.arguments, new)
        if line.arguments and (value != "true" or line.option):
            raise Rejected(f"{join(line.path)} has arguments. Set it to true first, then to {value}.")
        text = exchanged(self.text, behind, line.arguments, ())
        return splice(text, line.start, line.words[line.about - 2].start, _PREFIXES[value])

    def _with_section(self, header: str, leaf: str) -> str:
        gap = [""] if self.text and not self.text.endswith(("\n\n", "\n\r\n")) else []
        inner = [line for section in self.sections for line in section.lines]
        return insert_lines(self.text, len(self.text), [*gap, header, self._indent(inner[:1]) + leaf])

    def _indent(self, beside: list[Line]) -> str:
        places = Lines(self.text)
        return self.text[places.begin(beside[0].start) : beside[0].start] if beside else "    "


def read(text: str) -> HaproxyPage:
    sections, places = tuple(sections_of(text)), Lines(text)
    spots = tuple(spot for section in sections for spot in _spots_of(section, text, places))
    if len({spot.parts for spot in spots}) != len(spots):
        raise Unparsable("The lines of this file cannot be told apart. Edit it as text.")
    return HaproxyPage(text, sections, spots)


def _spots_of(section: Section, text: str, places: Lines) -> list[Spot]:
    header = section.header
    lines = [header, *section.lines] if header.path else section.lines
    if not lines and not text[section.body : section.end].strip():
        return [Spot(section.path, None, "null", places.number(header.start), header.end, header.end)]
    return [_spot(line, places) for line in lines]


def _spot(line: Line, places: Lines) -> Spot:
    words = line.arguments
    behind = line.words[line.about - 1].end
    start, end = (words[0].start, words[-1].end) if words else (behind, behind)
    kind = "bool" if line.option is not None and line.value in ("true", "false") else "str"
    return Spot(line.path, line.value, kind, places.number(line.start), start, end)


def _holds(section: Section, spot: Spot) -> bool:
    return spot.parts in (section.path, section.header.path) or any(spot.parts == line.path for line in section.lines)


def _words(key: str, value: str) -> tuple[Word, ...]:
    words = arguments_of(value)
    if words is None:
        raise Rejected(f"{key} cannot hold {value!r}: write it as behind the keyword, quoted where it must.")
    return words


def _header(parts: Parts) -> Parts:
    kind = parts[0]
    if kind not in SECTIONS:
        raise Rejected(f"{kind} is no section of HAProxy. Write it as `section.name.keyword`.")
    is_called = kind not in UNNAMED and kind != "defaults"
    if is_called and len(parts) < 2:
        raise Rejected(f"A section {kind} needs a name: write it as `{kind}.name.keyword`.")
    return parts[: 2 if is_called else 1]


def _leaf(rest: Parts, section: str, value: str) -> str:
    """The line of a new setting; whether it is read as that is for the editor to prove."""
    words = rest[:2] if is_named(rest[0], section) else rest[:1]
    if rest[0] == "option" and value in _PREFIXES:
        return f"{_PREFIXES[value]}{' '.join(words)}"
    _words(join(rest), value)
    return " ".join(word for word in (*words, value) if word)


HaproxyEditor = Editor(read)
