"""pg_hba.conf, as PostgreSQL reads it. A record is a setting: its name says who comes, its value how they log in.

`host all app 127.0.0.1/32` = `scram-sha-256`: the name has single spaces, the value is the method with its options. The
first record that fits a connection decides; of records with the same name all but the first have their place behind it
(`local all all.1`). A record that is added stands before the first one that would leave it no connection, else at the
end, so that it takes effect and no other record loses what the new one does not claim.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prunella.configs.editor import Editor
from prunella.configs.keys import Parts
from prunella.configs.page import Lines, Spot, cut_lines, insert_lines, splice
from prunella.configs.pg_hba_reach import covers
from prunella.errors import Rejected, Unparsable

_TYPES = frozenset({"local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"})
_INCLUDES = frozenset({"include", "include_dir", "include_if_exists"})
_CONTINUED = re.compile(r"\\\r?\n")
_ATOM = r'(?:"(?:[^"\n]|"")*"|[^ \t\r\n",#])+'
_FIELD = re.compile(rf"{_ATOM}(?:[ \t\r]*,[ \t\r,]*{_ATOM})*")
_GAP = re.compile(r"[ \t\r,]*(?:#[^\n]*)?")
_ATOMS = re.compile(_ATOM)
_PLAIN_ADDRESS = re.compile(r"[0-9.]+|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+(?:%\w+)?")


@dataclass(frozen=True)
class _Field:
    """A word, or a list of them; `text` is without blanks around commas."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class _Record:
    """A setting, the fields that name it, and the whole lines that it fills."""

    spot: Spot
    name: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True)
class PgHbaPage:
    text: str
    records: tuple[_Record, ...]

    @property
    def spots(self) -> tuple[Spot, ...]:
        return tuple(record.spot for record in self.records)

    def replaced(self, spot: Spot, value: str, kind: str | None) -> str:
        del kind
        return splice(self.text, spot.start, spot.end, value)

    def added(self, parts: Parts, value: str, kind: str | None) -> str:
        del kind
        place = self._place_named(parts)
        name = parts[0] if place else ".".join(parts)
        fields = tuple(field.text for field in _fields_of(name, 0, len(name), 1))
        if not fields or fields[0] not in _TYPES | _INCLUDES:
            raise Rejected(f"{name!r} names no record. Write it as `host all app 127.0.0.1/32` or `local all all`.")
        at = next((r.start for r in self.records if not place and covers(r.name, fields)), len(self.text))
        return insert_lines(self.text, at, [f"{' '.join(fields)} {value}"])

    def removed(self, spot: Spot) -> str:
        record = next(each for each in self.records if each.spot is spot)
        return cut_lines(self.text, record.start, record.end)

    def _place_named(self, parts: Parts) -> bool:
        """The name ends with the next free place among records of the same name."""
        same = sum(record.spot.parts[0] == parts[0] for record in self.records)
        return same > 0 and parts[1:] == (str(same),)


def read(text: str) -> PgHbaPage:
    lines = Lines(text)
    flat = _CONTINUED.sub(lambda match: " " * len(match[0]), text)
    records: list[_Record] = []
    counts: dict[str, int] = {}
    for start, end in _bounds(flat):
        number = lines.number(start)
        fields = _fields_of(flat, start, end, number)
        if fields:
            split = _split_at(fields, number)
            name = " ".join(field.text for field in fields[:split])
            place = counts[name] = counts.get(name, -1) + 1
            value = " ".join(field.text for field in fields[split:])
            parts = (name, str(place)) if place else (name,)
            spot = Spot(parts, value, "str", lines.number(fields[0].start), fields[split].start, fields[-1].end)
            words = tuple(field.text for field in fields[:split])
            records.append(_Record(spot, words, start, lines.end(end)))
    return PgHbaPage(text, tuple(records))


def _bounds(flat: str) -> Iterator[tuple[int, int]]:
    """Where lines begin and end, without their newline."""
    start = 0
    for line in flat.split("\n"):
        yield start, start + len(line)
        start += len(line) + 1


def _fields_of(text: str, start: int, end: int, number: int) -> tuple[_Field, ...]:
    """Raises Unparsable for a quote that is not closed."""
    found: list[_Field] = []
    at = _past_gap(text, start, end)
    while at < end:
        match = _FIELD.match(text, at, end)
        if match is None:
            raise Unparsable(f'Line {number} has a quote (") that is not closed.', number)
        found.append(_Field(",".join(_ATOMS.findall(match[0])), at, match.end()))
        at = _past_gap(text, match.end(), end)
    return tuple(found)


def _past_gap(text: str, at: int, end: int) -> int:
    match = _GAP.match(text, at, end)
    return match.end() if match else at


def _split_at(fields: tuple[_Field, ...], number: int) -> int:
    """How many fields name the record. Raises Unparsable where none is left for the method."""
    words = [field.text for field in fields]
    kind = words[0].strip('"')
    if kind not in _TYPES | _INCLUDES:
        expected = ", ".join(sorted(_TYPES))
        raise Unparsable(f"Line {number} begins with {words[0]!r}, which is no connection type ({expected}).", number)
    count = 1 if kind in _INCLUDES else 3 if kind == "local" else 4
    if count == 4 and len(words) > 4 and _PLAIN_ADDRESS.fullmatch(words[3]):
        count = 5
    if len(words) <= count:
        raise Unparsable(f"Line {number} ends before the {_lacking(len(words), count)}.", number)
    return count


def _lacking(there: int, needed: int) -> str:
    if needed == 1:
        return "file's name"
    names = ["type", "database", "user", "address", "mask", "method"]
    return "method" if there >= needed else names[there]


def _spelled(key: str) -> str:
    return " ".join(key.split())


PgHbaEditor = Editor(read, _spelled)
