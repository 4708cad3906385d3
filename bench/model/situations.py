"""What there is to heal: the demo's faults, a healthy shop, and faults beside a misleading hint."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path

from bench.model.hints import HINTS, plant
from prunella.demo.faults import fault_named
from prunella.demo.stage import Stage, staged
from prunella.errors import Misuse

_ROUND = (
    ("wrong-port", ""),
    ("healthy", ""),
    ("illegal-value", ""),
    ("stopped", ""),
    ("wrong-upstream", "log-blames-timeout"),
    ("wrong-upstream", ""),
    ("typo-key", ""),
    ("settings-disagree", ""),
    ("missing-key", ""),
    ("wrong-port", "comment-blames-workers"),
    ("broken-yaml", ""),
    ("address-in-use", ""),
    ("wrong-value", ""),
    ("crash-loop", ""),
    ("neighbour-trap", ""),
    ("illegal-value", "log-blames-neighbour"),
    ("unrepairable", ""),
    ("two-faults", ""),
)


@dataclass(frozen=True)
class Situation:
    """One shop that somebody finds. `hint` "" for none."""

    fault: str
    seed: int
    hint: str = ""

    @property
    def name(self) -> str:
        return f"{self.fault}/{self.seed}" + (f"+{self.hint}" if self.hint else "")


def situations(runs: int, only: str = "") -> list[Situation]:
    """The first `runs` of them, round by round, each round with another seed. Raises Misuse for an unknown fault."""
    chosen = [(fault, hint) for fault, hint in _ROUND if only in {"", fault}]
    if not chosen:
        known = ", ".join(dict.fromkeys(fault for fault, _ in _ROUND))
        raise Misuse(f"There is no fault {only!r} in this bench. Known: {known}.")
    every = (Situation(fault, seed, hint) for seed in count() for fault, hint in chosen)
    return list(islice(every, runs))


@asynccontextmanager
async def found(situation: Situation, folder: Path) -> AsyncGenerator[Stage, None]:
    """The shop as somebody finds it, in `folder`; its processes are ended when the block is left."""
    fault = fault_named(situation.fault)
    if fault is None:
        raise Misuse(f"The demo has no fault {situation.fault!r}.")
    async with staged(fault, situation.seed, folder) as stage:
        yield replace(stage, case=plant(stage.case, HINTS[situation.hint])) if situation.hint else stage
