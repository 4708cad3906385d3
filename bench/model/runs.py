"""One run of one contender, as it is written down the moment it ends."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.model.scores import Score
from bench.model.situations import Situation

OURS = "prunella"


@dataclass(frozen=True)
class Ended:
    """How a contender's run ended, as told by itself. `calls` and `tokens` are the model's; `error` "" for none."""

    text: str
    wall_s: float
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    dollars: float = 0.0
    model_s: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class Run:
    """`contender` with `+mending` behind it where our mending of calls stood in front."""

    contender: str
    situation: str
    fault: str
    hint: str
    healed: bool
    is_green: bool
    right_report: bool
    claim: str
    wrote: tuple[str, ...]
    worse: tuple[str, ...]
    problems: tuple[str, ...]
    wall_s: float
    calls: int
    input_tokens: int
    output_tokens: int
    dollars: float
    model_s: float
    error: str
    text: str

    @property
    def wrote_on_healthy(self) -> bool:
        return self.fault == "healthy" and bool(self.wrote)

    def __str__(self) -> str:
        signs = [
            "healed" if self.healed else "green" if self.is_green else "not healed",
            f"says {self.claim}",
            "right report" if self.right_report else "wrong report",
            *(f"worse: {each}" for each in self.worse[:2]),
            *([self.error] if self.error else []),
        ]
        return f"{self.contender} {self.situation}: {', '.join(signs)} ({self.wall_s:.0f} s, {self.calls} calls)"


def run_of(contender: str, situation: Situation, score: Score, ended: Ended) -> Run:
    return Run(
        contender=contender, situation=situation.name, fault=situation.fault, hint=situation.hint,
        **asdict(score), **asdict(ended),
    )  # fmt: skip


def append(run: Run, path: Path) -> None:
    """On the disk when it returns to the system: a bench that is cut off loses only the run in hand."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(run), ensure_ascii=False) + "\n")


def read_runs(path: Path) -> list[Run]:
    """All that were written down; a last line that was cut off is left out. Empty for no such file."""
    return list(_runs_in(path)) if path.exists() else []


def _runs_in(path: Path) -> Iterator[Run]:
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            fields: dict[str, Any] = json.loads(line)
        except ValueError:
            continue
        for name in ("wrote", "worse", "problems"):
            fields[name] = tuple(fields[name])
        yield Run(**fields)
