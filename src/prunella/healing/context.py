"""What a run works with: handed to every node, never saved."""

from dataclasses import dataclass
from typing import Protocol

from prunella.domain.frozen import JsonValue
from prunella.domain.goal import Goal
from prunella.domain.run import EventKind, Limits
from prunella.protocols import Brain, Clock, Journal, Policy, Runs, Toolbox, World


class Emit(Protocol):
    """Tells the timeline. `text` is one line for people, `data` is for machines."""

    def __call__(self, kind: EventKind, node: str, text: str, /, **data: JsonValue) -> None: ...


@dataclass(frozen=True)
class Patience:
    """How long a check is watched, in seconds.

    Green counts when it held for `window_s`; a red that is settled and stays the same for `same_s` is believed, and
    `deadline_s` ends every watch. Between two looks lie `pause_s`.
    """

    window_s: float = 1.0
    same_s: float = 0.3
    deadline_s: float = 15.0
    pause_s: float = 0.1


@dataclass(frozen=True)
class Context:
    """`token` is the lease under which this process works on the run since `since` (epoch seconds).

    `fleet` is the key under which changes are counted; `changes_per_hour` their limit, None for none beyond the run's.
    """

    goal: Goal
    world: World
    brain: Brain
    tools: Toolbox
    policy: Policy
    journal: Journal
    runs: Runs
    clock: Clock
    emit: Emit
    token: int
    since: float
    fleet: str = ""
    changes_per_hour: int | None = None
    limits: Limits = Limits()
    patience: Patience = Patience()

    @property
    def stages(self) -> tuple[Goal, ...]:
        """The sub-goals in order, then the goal itself."""
        return (*self.goal.subgoals, self.goal)
