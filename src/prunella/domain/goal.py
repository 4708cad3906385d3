"""What is wanted, and how anybody can tell that it is reached."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from prunella.domain.report import Report
from prunella.errors import Misuse

Check = Callable[[], Awaitable[Report | bool] | Report | bool]
"""Looks at the world and says what it sees; changes nothing. A bare bool stands for a report of one reading."""


@dataclass(frozen=True)
class Objective:
    """Something to make better once the check is green, never leaving the constraints.

    `measure` returns the figure; `direction` says which way is better; a change under `least_gain` is noise.
    """

    name: str
    measure: Callable[[], Awaitable[float] | float]
    direction: Literal["less", "more"] = "less"
    least_gain: float = 0.0

    def is_better(self, figure: float, than: float) -> bool:
        gain = than - figure if self.direction == "less" else figure - than
        return gain > self.least_gain


@dataclass(frozen=True)
class Goal:
    """A wish with a check.

    `check` None means that nothing can prove it: the run ends UNVERIFIED. `constraints` are checks of what must get
    no worse (neighbours, budgets). `subgoals` are reached in order, each with its own attempts, before the check.
    """

    text: str
    check: Check | None = None
    constraints: tuple[Check, ...] = ()
    objective: Objective | None = None
    subgoals: "tuple[Goal, ...]" = ()

    def __post_init__(self) -> None:
        if self.objective is not None and self.check is None:
            raise Misuse(f'The objective "{self.objective.name}" needs a check that says what must hold meanwhile.')
