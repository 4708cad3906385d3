"""Logs as services write them, each with one line that decides: what it says, how it looks, where it stands.

Families are what the line says. Those of odd number are held out: no weight was tuned on them. The noise is the same
for both, and one hand wrote both and the ranking's words; messages that nobody here wrote are the fairer figure.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench.planted_lines import CHATTER, ERRANDS, FAMILIES, HARMLESS, NOISE, QUERIES, TRACES
from bench.planted_styles import STYLES, fill

_LEVELS = ("error", "error", "error", "error", "fatal", "warn", "warn", "info", "info", "none")


@dataclass(frozen=True)
class Planted:
    """A log and what to look for in it. `core` is the deciding message, without what the format puts around it."""

    name: str
    text: str
    core: str
    query: str
    family: int
    style: str

    @property
    def is_held_out(self) -> bool:
        return self.family % 2 == 1


def planted_log(
    seed: int,
    *,
    smallest: int = 10_000,
    largest: int = 4_000_000,
    families: Sequence[Sequence[str]] | None = None,
) -> Planted:
    """The same for the same seed: families in turn, everything else by chance. Sizes are in bytes."""
    rng = random.Random(seed)
    known = families or FAMILIES
    family = seed % len(known)
    style = rng.choice(sorted(STYLES))
    size = int(smallest * (largest / smallest) ** rng.random())
    core = fill(rng.choice(known[family]), rng)
    lines = list(_noise(rng, style, size))
    place = rng.randrange(max(1, len(lines) // 100), len(lines))
    level = rng.choice(_LEVELS)
    shown = STYLES[style](rng, _time(place), level, core) if level != "none" else core
    lines.insert(place, shown if core in shown or json.dumps(core)[1:-1] in shown else core)
    query = fill(f"{rng.choice(ERRANDS)} {rng.choice(QUERIES)}", rng)
    return Planted(f"{seed}-{style}", "\n".join(lines) + "\n", core, query, family, style)


def _noise(rng: random.Random, style: str, size: int) -> Iterator[str]:
    """A start, then chatter by weight; a few harmless lines that come once."""
    kinds = rng.sample(CHATTER, 14) + rng.sample(NOISE, 7)
    said = rng.choices(kinds, [rng.paretovariate(1.1) for _ in kinds], k=5_000)
    once = {rng.randrange(40, max(41, size // 130)): each for each in rng.sample(HARMLESS, rng.randint(4, 14))}
    trace = rng.choice(TRACES)
    written = number = 0
    while written < size:
        line = _once(rng, style, number, once.get(number)) or _often(rng, style, number, said, trace)
        written += len(line) + 1
        number += 1 + line.count("\n")
        yield from line.split("\n")


def _once(rng: random.Random, style: str, number: int, kind: tuple[str, str] | None) -> str:
    return STYLES[style](rng, _time(number), kind[0], fill(kind[1], rng)) if kind else ""


def _often(rng: random.Random, style: str, number: int, said: Sequence[tuple[str, str]], trace: str) -> str:
    level, message = rng.choice(said)
    line = STYLES[style](rng, _time(number), level, fill(message, rng))
    return f"{line}\n{fill(trace, rng)}" if level == "error" and rng.random() < 0.05 else line


def _time(number: int) -> datetime:
    return datetime(2025, 3, 7, 9, 0, tzinfo=UTC) + timedelta(milliseconds=437 * number)
