"""All that a brain is told, made anew from the state each time; never grown by appending."""

from prunella.domain.evidence import Evidence
from prunella.domain.frozen import Frozen
from prunella.domain.report import Report
from prunella.domain.run import Attempt, Limits, Spent
from prunella.domain.tool import ToolSpec


class Rejection(Frozen):
    """A plan that never touched the world, with every reason at once. `plan` is its key; `ground` as for attempts."""

    plan: str
    steps: str
    reasons: tuple[str, ...]
    ground: int = 0


class Brief(Frozen):
    """The goal, what is wrong, what was seen, what may be used, what was tried and what came of it.

    `ground` is where the run stands now; what failed on another ground may help on this one.
    """

    goal: str
    report: Report
    evidence: tuple[Evidence, ...] = ()
    tools: tuple[ToolSpec, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    limits: Limits = Limits()
    spent: Spent = Spent()
    optimising: str = ""
    ground: int = 0

    @property
    def tried(self) -> frozenset[str]:
        """The keys of all plans that were tried or rejected on this ground: proposing one again is a stall."""
        tried = [attempt.plan.key for attempt in self.attempts if attempt.ground == self.ground]
        return frozenset([*tried, *(each.plan for each in self.rejections if each.ground == self.ground)])
