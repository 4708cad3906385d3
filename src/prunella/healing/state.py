"""What a run remembers from step to step; saved after every one of them."""

from dataclasses import dataclass, field, fields
from typing import Literal, TypedDict

from prunella.domain.brief import Rejection
from prunella.domain.evidence import Evidence, Observation
from prunella.domain.lesson import Lesson, Trouble
from prunella.domain.plan import Climb, Plan, Step
from prunella.domain.posture import Downgrade, Posture
from prunella.domain.rehearsal import CauseShown, Rehearsed
from prunella.domain.report import Report, Symptoms
from prunella.domain.ruling import Ruling
from prunella.domain.run import Attempt, Spent, Verdict
from prunella.domain.tool import Prepared, Risk

Next = Literal[
    "observe", "diagnose", "plan", "vet", "approve", "intend", "act",
    "judge", "commit", "learn", "reopen", "undo", "reflect", "escalate", "end",
]  # fmt: skip


@dataclass(frozen=True)
class State:
    """`found` and `survey` map resources to digests: as the run found them, and as they were when we last looked.

    `stage` counts the sub-goals that are reached. `entry` is the journal number of the step in hand, `kept` the
    newest one that progress keeps. `looked` are the keys of the look-ups that `evidence` answers, `trouble` what the
    run began with. `posture` is how well things were guarded when the run began, `downgrades` what the plan in hand
    would weaken of it, `allowed` what a human said yes to. `aside` is the first plan on `aside_ground` that only a
    human could allow; `insists`: the plan in hand is such a one, and a human is asked. `giving_up` says why all is
    being undone ("" while there is hope). `best` is the objective's best figure so far. `ticked` is when
    `spent.seconds` was last brought up to date.
    """

    run: str = ""
    next: Next = "observe"
    stage: int = 0
    report: Report = Report()
    baseline: Report | None = None
    symptoms: Symptoms | None = None
    evidence: tuple[Evidence, ...] = ()
    lookups: tuple[Step, ...] = ()
    looked: tuple[str, ...] = ()
    climbs: tuple[Climb, ...] = ()
    trouble: Trouble | None = None
    lessons: tuple[Lesson, ...] = ()
    plan: Plan | None = None
    prepared: tuple[Prepared, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    risks: tuple[Risk, ...] = ()
    concerns: tuple[Ruling, ...] = ()
    rehearsed: Rehearsed | None = None
    posture: Posture | None = None
    downgrades: tuple[Downgrade, ...] = ()
    allowed: tuple[Downgrade, ...] = ()
    cause: CauseShown | None = None
    aside: Plan | None = None
    aside_ground: int = 0
    insists: bool = False
    cursor: int = 0
    entry: int = 0
    kept: int = 0
    kept_plans: tuple[Plan, ...] = ()
    observations: tuple[Observation, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    spent: Spent = Spent()
    ticked: float = 0.0
    found: dict[str, str] = field(default_factory=dict[str, str])
    survey: dict[str, str] = field(default_factory=dict[str, str])
    best: float | None = None
    answer: str = ""
    answered_by: str = ""
    giving_up: str = ""
    verdict: Verdict | None = None
    summary: str = ""

    def __post_init__(self) -> None:
        """A checkpoint gives tuples back as lists (langgraph's msgpack); make them whole again."""
        for name in _TUPLES:
            value = getattr(self, name)
            if isinstance(value, list):
                object.__setattr__(self, name, tuple(value))  # pyright: ignore[reportUnknownArgumentType] -- any list

    @property
    def planned(self) -> Plan:
        """The plan in hand; only asked for by nodes that come after `plan`."""
        if self.plan is None:
            raise AssertionError("The loop reached a step that needs a plan without one.")
        return self.plan

    @property
    def is_optimising(self) -> bool:
        return self.best is not None


_TUPLES = tuple(each.name for each in fields(State) if each.default == ())


class Change(TypedDict, total=False):
    """What a node changes of the state."""

    next: Next
    stage: int
    report: Report
    baseline: Report | None
    symptoms: Symptoms | None
    evidence: tuple[Evidence, ...]
    lookups: tuple[Step, ...]
    looked: tuple[str, ...]
    climbs: tuple[Climb, ...]
    trouble: Trouble | None
    lessons: tuple[Lesson, ...]
    plan: Plan | None
    prepared: tuple[Prepared, ...]
    rulings: tuple[Ruling, ...]
    risks: tuple[Risk, ...]
    concerns: tuple[Ruling, ...]
    rehearsed: Rehearsed | None
    posture: Posture | None
    downgrades: tuple[Downgrade, ...]
    allowed: tuple[Downgrade, ...]
    cause: CauseShown | None
    aside: Plan | None
    aside_ground: int
    insists: bool
    cursor: int
    entry: int
    kept: int
    kept_plans: tuple[Plan, ...]
    observations: tuple[Observation, ...]
    attempts: tuple[Attempt, ...]
    rejections: tuple[Rejection, ...]
    spent: Spent
    ticked: float
    found: dict[str, str]
    survey: dict[str, str]
    best: float | None
    answer: str
    answered_by: str
    giving_up: str
    verdict: Verdict | None
    summary: str
