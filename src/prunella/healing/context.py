"""What a run works with: handed to every node, never saved."""

from dataclasses import dataclass, replace

from prunella.domain.goal import Check, Goal
from prunella.domain.run import Limits
from prunella.protocols import (
    Brain,
    Clock,
    Emit,
    EvidenceStore,
    Journal,
    Lessons,
    Policy,
    Provenance,
    Rehearsal,
    Runs,
    Security,
    Spending,
    Toolbox,
    World,
)

DAY_S = 86_400.0


@dataclass(frozen=True)
class Patience:
    """How long a check is watched, in seconds.

    Green counts when it held for `window_s`; a red that is settled and stays the same for `same_s` is believed, and
    `deadline_s` ends every watch. Between two looks lie `pause_s`, and none takes longer than `look_s`.
    """

    window_s: float = 1.0
    same_s: float = 0.3
    deadline_s: float = 15.0
    pause_s: float = 0.1
    look_s: float = 300.0


@dataclass(frozen=True)
class Context:
    """`token` is the lease under which this process works on the run since `since` (epoch seconds).

    `fleet` is the key under which changes are counted. A question that nobody answers is a no after
    `approval_expires_s` seconds; None: never.
    `attended`: somebody is there to answer at once; else a repair that needs nobody's leave is looked for first.
    `spending`, `lessons` and `evidence` None: nothing is counted per day, learned, or put away. A lesson whose trouble
    is back within `relapse_s` seconds, with nothing changed since, did not last.
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
    spending: Spending | None = None
    lessons: Lessons | None = None
    evidence: EvidenceStore | None = None
    provenance: Provenance | None = None
    security: Security | None = None
    rehearsal: Rehearsal | None = None
    relapse_s: float = 600.0
    fleet: str = ""
    approval_expires_s: float | None = None
    attended: bool = True
    limits: Limits = Limits()
    patience: Patience = Patience()

    @property
    def constraints(self) -> tuple[Check, ...]:
        """Those of the goal and of its sub-goals; all hold throughout."""
        return tuple(dict.fromkeys(each for stage in (self.goal, *self.goal.subgoals) for each in stage.constraints))

    @property
    def watching(self) -> Patience:
        """No look takes longer than the whole run may."""
        return replace(self.patience, look_s=min(self.patience.look_s, self.limits.seconds))

    @property
    def stages(self) -> tuple[Goal, ...]:
        """The sub-goals in order, then the goal itself."""
        return (*self.goal.subgoals, self.goal)
