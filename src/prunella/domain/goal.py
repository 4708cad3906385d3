"""What is wanted, and how anybody can tell that it is reached."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from prunella.domain.report import Report
from prunella.errors import Misuse

Seen = Awaitable[Report | bool] | Report | bool
Check = Callable[[], Seen]
"""Looks at the world and says what it sees; changes nothing. A bare bool stands for a report of one reading."""
AnswerCheck = Callable[[Any], Seen]
"""A check that is given the answer in words, or as the goal's `output`."""


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

    `output` is the shape that the answer must have, as JSON; a check that takes an argument is given the answer. Either
    means that the goal wants an answer, and is red until there is one.
    """

    text: str
    check: Check | AnswerCheck | None = None
    constraints: tuple[Check, ...] = ()
    objective: Objective | None = None
    subgoals: "tuple[Goal, ...]" = ()
    output: type[BaseModel] | None = None

    @property
    def wants_answer(self) -> bool:
        return self.output is not None or _takes_an_argument(self.check)

    @property
    def is_checked(self) -> bool:
        """Something other than the brain's word can tell whether it is reached."""
        return self.check is not None or self.output is not None

    def __post_init__(self) -> None:
        if self.objective is not None and self.check is None:
            raise Misuse(f'The objective "{self.objective.name}" needs a check that says what must hold meanwhile.')


def _takes_an_argument(check: Callable[..., Seen] | None) -> bool:
    """True when the check cannot be called without one."""
    if check is None:
        return False
    try:
        parameters = inspect.signature(check).parameters.values()
    except (TypeError, ValueError):  # a builtin that does not say
        return False
    positional = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    return any(each.kind in positional and each.default is inspect.Parameter.empty for each in parameters)
