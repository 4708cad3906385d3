"""INI files, as configupdater (and so configparser) reads them; ` ;` and ` #` behind a value begin a comment.

Names are `section.option`. A bare word is a setting without a value.
"""

import configparser
import re
from collections.abc import Iterator
from dataclasses import dataclass

from configupdater import ConfigUpdater, Option, Section

from prunella.configs.editor import Editor
from prunella.configs.ini_comments import settled
from prunella.configs.keys import Parts, join
from prunella.configs.page import Lines, Spot, cut_lines, insert_lines, newline_of, splice
from prunella.errors import Rejected, Unparsable

_OPTION = re.compile(r"\s*(?P<name>[^=:\s](?:[^=:]*[^=:\s])?)(?P<mark>\s*[=:][^\S\r\n]*)?(?P<value>[^\r\n]*)")
_COMMENT = re.compile(r"(?<=\S)\s+[;#].*$")
_GAP_IN_VALUE = re.compile(r"\n[^\S\n]*\n[^\S\n]+\S")
_BARE_NAME = re.compile(r"[\w.-]+")


@dataclass(frozen=True)
class _Entry:
    """An option's own lines, `text[start:end]`, without blank lines and comments that follow."""

    spot: Spot
    start: int
    end: int
    head: str


@dataclass(frozen=True)
class _Chapter:
    """A section: where the line behind its header is, and its options."""

    name: str
    body: int
    entries: tuple[_Entry, ...]


@dataclass(frozen=True)
class IniPage:
    text: str
    chapters: tuple[_Chapter, ...]

    @property
    def spots(self) -> tuple[Spot, ...]:
        return tuple(entry.spot for chapter in self.chapters for entry in chapter.entries)

    def replaced(self, spot: Spot, value: str, kind: str | None) -> str:
        del kind
        lines = _written(value, newline_of(self.text))
        return splice(self.text, spot.start, spot.end, f" = {lines}" if spot.value is None else lines)

    def added(self, parts: Parts, value: str, kind: str | None) -> str:
        del kind
        if len(parts) < 2:
            raise Rejected(f"{join(parts)} names no section. Write it as `section.option`.")
        chapter = self._chapter(parts)
        name = parts[-1] if chapter is None else ".".join(parts)[len(chapter.name) + 1 :]
        entry = f"{name}%s{_written(value, newline_of(self.text))}"
        if chapter is None:
            return self._with_chapter(".".join(parts[:-1]), entry % self._mark())
        last = chapter.entries[-1] if chapter.entries else None
        indent = last.head[: len(last.head) - len(last.head.lstrip())] if last else ""
        return insert_lines(self.text, last.end if last else chapter.body, [indent + entry % self._mark(chapter)])

    def removed(self, spot: Spot) -> str:
        entry = next(e for chapter in self.chapters for e in chapter.entries if e.spot is spot)
        return cut_lines(self.text, entry.start, entry.end)

    def _chapter(self, parts: Parts) -> _Chapter | None:
        """The section with the longest name that the setting's name begins with."""
        fitting = [c for c in self.chapters if ".".join(parts).startswith(f"{c.name}.")]
        return max(fitting, key=lambda chapter: len(chapter.name), default=None)

    def _with_chapter(self, name: str, entry: str) -> str:
        gap = [""] if self.text and not self.text.endswith(("\n\n", "\n\r\n")) else []
        return insert_lines(self.text, len(self.text), [*gap, f"[{name}]", entry])

    def _mark(self, chapter: _Chapter | None = None) -> str:
        """` = ` as the nearest option with a value writes it."""
        chapters = (chapter, *self.chapters) if chapter else self.chapters
        entries = [entry for c in chapters for entry in reversed(c.entries)]
        heads = (_OPTION.match(entry.head) for entry in entries)
        return next((head["mark"] for head in heads if head and head["mark"] and head["value"]), " = ")


def read(text: str) -> IniPage:
    document = _parsed(text)
    lines = Lines(text)
    chapters: list[_Chapter] = []
    at = 0
    for block in document.iter_blocks():
        at += len("".join(block.lines))
        if isinstance(block, Section):
            chapters.append(_Chapter(block.name, at, tuple(_entries(block, at, lines))))
            at += sum(len("".join(inner.lines)) for inner in block.iter_blocks())
    if at != len(text):
        raise Unparsable("The lines of this file cannot be told apart. Edit it as text.")
    return IniPage(text, tuple(chapters))


def _parsed(text: str) -> ConfigUpdater:
    """Each line keeps its place. Raises Unparsable.

    Gaps are allowed for only where there are some: looking for them takes time quadratic in the number of options.
    """
    text = settled(text)
    has_gaps = bool(_GAP_IN_VALUE.search(text))
    document = ConfigUpdater(allow_no_value=True, empty_lines_in_values=has_gaps)
    try:
        return document.read_string(text)
    except configparser.MissingSectionHeaderError as error:
        raise Unparsable(f"Line {error.lineno} stands before any [section].", error.lineno) from error
    except (configparser.DuplicateOptionError, configparser.DuplicateSectionError) as error:
        what = f"option {error.option}" if isinstance(error, configparser.DuplicateOptionError) else "section"
        raise Unparsable(f"Line {error.lineno}: {what} is there twice in [{error.section}].", error.lineno) from error
    except configparser.ParsingError as error:
        raise _no_option(error.errors[0][0]) from error
    except configparser.Error as error:
        raise Unparsable(f"This is not an INI file: {error.message}") from error


def _entries(section: Section, at: int, lines: Lines) -> Iterator[_Entry]:
    for block in section.iter_blocks():
        if isinstance(block, Option):
            yield _entry(section.name, block.lines, at, lines)
        at += len("".join(block.lines))


def _entry(section: str, own: list[str], at: int, lines: Lines) -> _Entry:
    head = _OPTION.match(own[0])
    number = lines.number(at)
    if head is None or (head["mark"] is None and not _BARE_NAME.fullmatch(_bare(own[0]))):
        raise _no_option(number)
    if head["mark"] is None:
        name_end = at + head.start("name") + len(_bare(own[0]))
        spot = Spot((section, _bare(own[0])), None, "null", number, name_end, name_end)
        return _Entry(spot, at, at + len(own[0]), own[0])
    values, end, after = _values(head["value"], own, at + head.start("value"), at)
    spot = Spot((section, head["name"]), "\n".join(values), "str", number, at + head.start("value"), end)
    return _Entry(spot, at, after, own[0])


def _bare(line: str) -> str:
    return _COMMENT.sub("", line.strip())


def _values(first: str, own: list[str], start: int, at: int) -> tuple[list[str], int, int]:
    """The value's lines, where the last of them ends, and where the line behind it begins."""
    values, gaps = [_bare(first)], 0
    end = start + len(values[0])
    after = at = at + len(own[0])
    for line in own[1:]:
        text = line.strip()
        if text and text[0] not in "#;":
            values += [""] * gaps + [_bare(line)]
            end = at + line.index(text[0]) + len(values[-1])
            after, gaps = at + len(line), 0
        elif not text:
            gaps += 1
        at += len(line)
    return values, end, after


def _written(value: str, newline: str) -> str:
    first, *more = value.split("\n")
    return newline.join([first, *(f"    {line}" if line else "" for line in more)])


def _no_option(line: int) -> Unparsable:
    return Unparsable(f"Line {line} is neither [section], `option = value` nor a comment.", line)


IniEditor = Editor(read)
