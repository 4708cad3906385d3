"""What was measured, beside what was aimed at."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt


@dataclass(frozen=True)
class Cost:
    """What something took, in milliseconds: on the clock, and of the processor, which a busy machine changes less."""

    wall_ms: float
    cpu_ms: float


@dataclass(frozen=True)
class Figure:
    """One measured thing. `value` None: it could not be measured, and `note` says why. `aim` None: only for scale.

    The aim is the most that `value` may be, or the least where `at_least`.
    """

    name: str
    value: float | None
    unit: str = ""
    aim: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """None when there is no aim, or nothing was measured."""
        if self.aim is None or self.value is None:
            return None
        return self.value >= self.aim if self.at_least else self.value <= self.aim

    @property
    def judged(self) -> str:
        if self.is_met is None:
            return "" if self.aim is None else "?"
        return "ok" if self.is_met else "under" if self.at_least else "over"


def print_figures(figures: Sequence[Figure], *, as_json: bool) -> None:
    """A table for people, or one JSON object a line."""
    if as_json:
        for figure in figures:
            print(json.dumps(asdict(figure) | {"met": figure.is_met}))
        return
    print_table(
        ("what", "measured", "aim", "", "note"),
        [(f.name, _with_unit(f.value, f.unit), _aim(f), f.judged, f.note) for f in figures],
    )


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as they need to be; the first to the left, and the last, the others to the right."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        first, *middle, last = zip(line, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in middle), last[0]]
        print("  ".join(cells).rstrip())


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a proportion; 0 to 1 for none (Wilson: https://doi.org/10.1080/01621459.1927.10502953)."""
    if of == 0:
        return 0.0, 1.0
    z, share = 1.959964, hits / of
    middle = share + z * z / (2 * of)
    reach = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def _aim(figure: Figure) -> str:
    if figure.aim is None:
        return ""
    return f"{'≥' if figure.at_least else '≤'} {_with_unit(figure.aim, figure.unit)}"


def _with_unit(value: float | None, unit: str) -> str:
    if value is None:
        return "not measured"
    digits = f"{value:.0f}" if value == int(value) or value >= 100 else f"{value:.3g}"
    return f"{digits} {unit}".rstrip()
