"""redis.conf, read for one question: does the server run with what its file says?"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

_UNITS = {
    "": 1, "b": 1, "k": 1000, "kb": 1024, "m": 1000**2, "mb": 1024**2, "g": 1000**3, "gb": 1024**3,
}  # fmt: skip
_SIZE = re.compile(r"(-?\d+)(b|kb?|mb?|gb?)?", re.IGNORECASE)
_NOT_SETTINGS = frozenset({"include", "loadmodule", "user", "rename-command", "sentinel", "logfile"})
_ADDED_UP = frozenset({"save"})
_SAID_OTHERWISE = frozenset({"client-output-buffer-limit", "oom-score-adj-values"})
_MOST_LINES = 20_000


@dataclass(frozen=True)
class Line:
    """One directive; `values` are its words, `number` counts from 1."""

    file: Path
    number: int
    name: str
    values: tuple[str, ...]


def lines_of(file: Path) -> tuple[Line, ...]:
    """All directives in the order in which they count, with those of included files. Raises OSError."""
    return tuple(_lines(file, depth=0))


def _lines(file: Path, depth: int) -> Iterator[Line]:
    for number, text in enumerate(file.read_text("utf-8", "replace").splitlines()[:_MOST_LINES], start=1):
        words = _words(text)
        if not words:
            continue
        if words[0].lower() == "include" and depth < 3:
            for each in words[1:]:
                for path in sorted(file.parent.glob(each)) if not Path(each).is_absolute() else [Path(each)]:
                    yield from _lines(path, depth + 1) if path.is_file() else ()
        else:
            yield Line(file, number, words[0].lower(), tuple(words[1:]))


def _words(text: str) -> list[str]:
    if text.lstrip().startswith("#"):
        return []
    try:
        return shlex.split(text)
    except ValueError:
        return []


def unknown(lines: tuple[Line, ...], running: Mapping[str, str]) -> tuple[Line, ...]:
    """Those that name nothing that the server knows. None when it hides its settings from us."""
    names = {name.lower() for name in running}
    return tuple(each for each in lines if each.name not in names | _NOT_SETTINGS) if names else ()


def drifted(lines: tuple[Line, ...], running: Mapping[str, str]) -> tuple[tuple[Line, str], ...]:
    """Each line that gives a setting its last word, beside another value that it runs with."""
    last: dict[str, Line] = {}
    for line in lines:
        before = last[line.name].values if line.name in last and line.name in _ADDED_UP else ()
        last[line.name] = replace(line, values=before + line.values)
    there = ((line, running[name]) for name, line in last.items() if name in running and _is_plain(line))
    return tuple((line, now) for line, now in there if not same(line.name, " ".join(line.values), now))


def _is_plain(line: Line) -> bool:
    """Does it read the same on both sides?"""
    is_relative = line.name == "dir" and not Path(" ".join(line.values)).is_absolute()
    return line.name not in _SAID_OTHERWISE | _NOT_SETTINGS and not is_relative


def same(name: str, left: str, right: str) -> bool:
    """Do two texts mean the same value of this setting? `100mb` and `104857600` do."""
    return left == right or _meaning(name, left) == _meaning(name, right)


def _meaning(name: str, text: str) -> object:
    plain = text.strip()
    if name == "dir":
        return str(Path(plain).resolve())
    if name == "bind":
        return [word for word in plain.split() if not word.startswith("-")]
    if name == "notify-keyspace-events":
        return frozenset(plain.replace("A", "g$lshzxetd"))
    size = bytes_of(plain)
    return plain.lower() if size is None else size


def bytes_of(text: str) -> int | None:
    """A number with or without a unit (`1k` is 1000, `1kb` 1024); None for anything else."""
    size = _SIZE.fullmatch(text.strip())
    return int(size[1]) * _UNITS[(size[2] or "").lower()] if size else None
