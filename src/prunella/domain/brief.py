"""All that a brain is told, made anew from the state each time; never grown by appending."""

from prunella.domain.evidence import Evidence
from prunella.domain.frozen import Frozen
from prunella.domain.lesson import Lesson
from prunella.domain.plan import Climb, Plan
from prunella.domain.report import Report
from prunella.domain.run import Attempt, Limits, Spent
from prunella.domain.tool import ToolSpec

WORDS = "words"
"""The key under which an answer in words is rejected, where only probes judge."""


class Rejection(Frozen):
    """A plan that never touched the world, with every reason at once. `plan` is its key; the rest as for attempts.

    `answered` is the sub-goal that it was an answer to; None for a plan.
    """

    plan: str
    steps: str
    reasons: tuple[str, ...]
    ground: int = 0
    by: str = ""
    answered: int | None = None


class Brief(Frozen):
    """The goal, what is wrong, what was seen, what may be used, what was tried and what came of it.

    `ground` is where the run stands now; what failed on another ground may help on this one. `stage` counts the
    sub-goals that are reached. `kept` are the plans that progress keeps, `looked` the keys of the look-ups that the
    evidence answers, `climbs` the rungs that were left. `known_as` is the fingerprint by which lessons know the
    trouble, "" for unknown. `summary` says in short what was pruned ("": nothing was). `wants_words` False: probes
    alone judge, so an answer in words is of no use.
    """

    goal: str
    report: Report
    evidence: tuple[Evidence, ...] = ()
    tools: tuple[ToolSpec, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    limits: Limits = Limits()
    spent: Spent = Spent()
    lessons: tuple[Lesson, ...] = ()
    climbs: tuple[Climb, ...] = ()
    kept: tuple[Plan, ...] = ()
    looked: tuple[str, ...] = ()
    optimising: str = ""
    summary: str = ""
    known_as: str = ""
    ground: int = 0
    stage: int = 0
    wants_words: bool = True

    @property
    def trouble(self) -> str:
        """What has to be dealt with: the sub-goal in hand and the fingerprints of the readings that fail."""
        return f"{self.stage}: {self.report.symptom}"

    @property
    def tried(self) -> frozenset[str]:
        """The keys of all plans that were tried or rejected on this ground: proposing one again is a stall."""
        tried = [attempt.plan.key for attempt in self.attempts if attempt.ground == self.ground]
        return frozenset([*tried, *(each.plan for each in self.rejections if each.ground == self.ground)])
