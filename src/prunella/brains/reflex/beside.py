"""What stands around a setting in its own file: comments that explain it, lines that were commented out, twins."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.hints import Hint, read_hints
from prunella.brains.reflex.names import leaf, normal
from prunella.brains.reflex.places import Place, match_line
from prunella.domain.facts import ConfigFacts
from prunella.domain.setting import Format

_COMMENT = re.compile(r"^\s*(?:#+|;+|//+|--)\s?(?P<text>.*?)\s*$")
_INLINE = re.compile(r"(?:\s#|\s;|\s//)\s*(?P<text>[^\"']*)$")
_DEFAULT = re.compile(
    r"\b(?:defaults?|normally|usually|originally|previously|was|old|e\.g\.|recommended|standard)(?: value)?"
    r"(?: is| to|:|=|,)*\s*[\"'`]?(?P<value>[\w./:\-]+)",
    re.IGNORECASE,
)
_SPAN = re.compile(r"(?<![\w.])(-?\d+)\s*(?:-|\u2013|\.\.+|to)\s*(-?\d+)(?![\w.])")
_LIST = re.compile(r"(?<![\w|/])([A-Za-z][\w\-]*(?:\s*(?:\||,)\s*[A-Za-z][\w\-]*){1,8})(?=[\s).]*$|\s*[(;])")


@dataclass(frozen=True)
class Note:
    """What comments say of a setting."""

    text: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    default: str = ""


@dataclass(frozen=True)
class Twin:
    """A line of the same file that names the same key: commented out, or set a second time. `line` from 1."""

    value: str
    line: int
    is_comment: bool
    indent: str
    text: str


def note_on(place: Place) -> Note | None:
    """The comment behind the setting or right above it."""
    lines = place.text.split("\n")
    if not 1 <= place.line <= len(lines):
        return None
    inline = _INLINE.search(lines[place.line - 1].rstrip("\r"))
    above = list[str]()
    for line in reversed(lines[max(0, place.line - 4) : place.line - 1]):
        comment = _COMMENT.match(line.rstrip("\r"))
        if comment is None or (match_line(comment["text"]) and "=" in comment["text"]):
            break
        above.insert(0, comment["text"])
    text = inline["text"] if inline else " ".join(above)
    return _read(text) if text else None


def _read(text: str) -> Note:
    hints = read_hints(Clue(None, "comment", text, 1.0))
    hint = hints[0] if hints else Hint(Clue(None, "comment", text, 1.0))
    span, listed, default = _SPAN.search(text), _LIST.search(text), _DEFAULT.search(text)
    choices = hint.choices or (tuple(re.split(r"\s*[|,]\s*", listed[1])) if listed else ())
    low, high = (float(span[1]), float(span[2])) if span and hint.high is None else (hint.low, hint.high)
    return Note(text, choices, low, high, default["value"].rstrip(".") if default else "")


def twins_of(place: Place) -> tuple[Twin, ...]:
    """Other lines of the file that name the same key, in the order of the file; in other sections they do not count."""
    flat = place.format in {Format.ENV, Format.TEXT}
    return tuple(t for t in _named(place.text, place.leaf) if t.line != place.line and (flat or t.is_comment))


def commented_out(config: ConfigFacts, key: str) -> tuple[Twin, ...]:
    """Lines that would set `key` were they no comments."""
    return tuple(twin for twin in _named(config.text, leaf(key)) if twin.is_comment)


def orphans(text: str) -> tuple[Note, ...]:
    """Comments that explain a setting which is no longer below them: another comment, a gap or a section follows."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    found = list[Note]()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        comment = _COMMENT.match(line)
        if comment and match_line(below) is None:
            note = _read(comment["text"])
            found += [note] if note.default or note.choices else []
    return tuple(found)


def _named(text: str, name: str) -> Iterator[Twin]:
    wanted = normal(name)
    for number, line in enumerate(text.split("\n"), 1):
        comment = re.match(r"^(\s*)(?:#+|;+|//+)\s?(.*)$", line.rstrip("\r"))
        content = comment[2] if comment else line.rstrip("\r")
        found = match_line(content)
        if found is None or (found["separator"].isspace() and comment):
            continue
        if normal(found["key"]) == wanted:
            value = found["value"].strip().strip("\"'")
            yield Twin(value, number, comment is not None, comment[1] if comment else "", content)
