"""redis.conf (and sentinel.conf), as Redis reads it: a `#` behind a value is no comment.

Names are in small letters; of a repeated one the last counts and is edited. Directives that add up are told apart by
what they are about (`save.900`, `rename-command.CONFIG`, `user.app`, `client-output-buffer-limit.normal`), or by their
place (`include`, `include.1`). A single argument is read without its quotes, several as they are written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prunella.configs.editor import Editor
from prunella.configs.keys import Parts, join
from prunella.configs.page import Lines, Spot, cut_lines, insert_lines, splice
from prunella.configs.redis_words import Word, is_unbalanced, quoted, words_of
from prunella.errors import Rejected, Unparsable

# How many arguments are part of the name, and of how many in all (None: of any number).
_ABOUT: dict[str, tuple[int, int | None]] = {
    "save": (1, 2),
    "rename-command": (1, 2),
    "client-output-buffer-limit": (1, 4),
    "user": (1, None),
    "sentinel": (2, None),
}
_ADD_UP = frozenset({"include", "loadmodule"})
_SEVERAL = frozenset(
    {
        "bind", "bind-source-addr", "client-output-buffer-limit", "latency-tracking-info-percentiles", "loadmodule",
        "oom-score-adj-values", "rename-command", "replicaof", "save", "sentinel", "slaveof", "user",
    }
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class _Line:
    """One setting, and where its line begins and ends."""

    spot: Spot
    start: int
    end: int


@dataclass(frozen=True)
class RedisPage:
    text: str
    lines: tuple[_Line, ...]

    @property
    def spots(self) -> tuple[Spot, ...]:
        winners = {line.spot.parts: line.spot for line in self.lines}
        return tuple(line.spot for line in self.lines if winners[line.spot.parts] is line.spot)

    def replaced(self, spot: Spot, value: str, kind: str | None) -> str:
        del kind
        old = words_of(self.text, spot.start, spot.end)
        quote = self.text[spot.start] if len(old) == 1 and old[0].is_quoted else ""
        several = len(old) > 1 or (spot.parts[0] in _SEVERAL and not quote)
        written = _written(value, quote, several=several)
        return splice(self.text, spot.start, spot.end, f" {written}" if spot.value is None else written)

    def added(self, parts: Parts, value: str, kind: str | None) -> str:
        """At the end, where it outranks whatever is included."""
        del kind
        if not _NAME.fullmatch(parts[0]) or not self._has_place(parts):
            raise Rejected(f"{join(parts)} is no name for this file. Write it as `maxmemory` or `user.app`.")
        about = () if parts[0] in _ADD_UP else tuple(quoted(part) for part in parts[1:])
        several = parts[0] in _SEVERAL
        return insert_lines(
            self.text, len(self.text), [" ".join((parts[0], *about, _written(value, "", several=several)))]
        )

    def removed(self, spot: Spot) -> str:
        """Without every duplicate: with only the last one gone an earlier one would come back to life."""
        text = self.text
        for line in reversed(self.lines):
            if line.spot.parts == spot.parts:
                text = cut_lines(text, line.start, line.end)
        return text

    def _has_place(self, parts: Parts) -> bool:
        if parts[0] in _ADD_UP:
            there = sum(line.spot.parts[0] == parts[0] for line in self.lines)
            return parts[1:] == ((str(there),) if there else ())
        return len(parts) - 1 <= _ABOUT.get(parts[0], (0, None))[0]


def read(text: str) -> RedisPage:
    lines = Lines(text)
    found: list[_Line] = []
    counts: dict[str, int] = {}
    for start, end in _bounds(text):
        bare = text[start:end].strip(" \t\r\n")
        if not bare or bare.startswith("#"):
            continue
        number = lines.number(start)
        if is_unbalanced(text, start, end):
            raise Unparsable(f"Line {number} has unbalanced quotes: {bare[:60]}", number)
        words = words_of(text, start, end)
        found.append(_Line(_spot(text, words, number, counts), start, lines.end(start)))
    return RedisPage(text, tuple(found))


def _bounds(text: str) -> Iterator[tuple[int, int]]:
    """Where lines begin and end, without their newline."""
    start = 0
    for line in text.split("\n"):
        yield start, start + len(line)
        start += len(line) + 1


def _spot(text: str, words: tuple[Word, ...], number: int, counts: dict[str, int]) -> Spot:
    name, arguments = words[0].meant.lower(), words[1:]
    about = _about(name, arguments)
    parts = (name, *(word.meant for word in arguments[:about]))
    if name in _ADD_UP:
        counts[name] = counts.get(name, -1) + 1
        parts = (name, str(counts[name])) if counts[name] else (name,)
    rest = arguments[about:]
    if not rest:
        return Spot(parts, None, "null", number, words[-1].end, words[-1].end)
    value = rest[0].meant if len(rest) == 1 else " ".join(text[word.start : word.end] for word in rest)
    return Spot(parts, value, "str", number, rest[0].start, rest[-1].end)


def _about(name: str, arguments: tuple[Word, ...]) -> int:
    """How many arguments are part of the name; one at least is left for the value."""
    most, exactly = _ABOUT.get(name, (0, None))
    return min(most, len(arguments) - 1) if exactly in (None, len(arguments)) and arguments else 0


def _written(value: str, quote: str, *, several: bool) -> str:
    """As several arguments where these are meant and the value reads as such, else as one."""
    if several and not is_unbalanced(value, 0, len(value)):
        words = words_of(value, 0, len(value))
        if len(words) > 1 and " ".join(value[word.start : word.end] for word in words) == value:
            return value
    return quoted(value, quote)


def _spelled(key: str) -> str:
    """The directive's name in small letters; what it is about as it stands."""
    name, dot, about = key.partition(".")
    return f"{name.lower()}{dot}{about}"


RedisEditor = Editor(read, _spelled)
