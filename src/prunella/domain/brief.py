"""All that a brain is told, made anew from the state each time; never grown by appending."""

from prunella.domain.evidence import Evidence
from prunella.domain.frozen import Frozen
from prunella.domain.report import Report
from prunella.domain.run import Attempt, Limits, Spent
from prunella.domain.tool import ToolSpec


class Rejection(Frozen):
    """A plan that never touched the world, with every reason at once. `plan` is its key."""

    plan: str
    steps: str
    reasons: tuple[str, ...]


class Brief(Frozen):
    """The goal, what is wrong, what was seen, what may be used, what was tried and what came of it."""

    goal: str
    report: Report
    evidence: tuple[Evidence, ...] = ()
    tools: tuple[ToolSpec, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    limits: Limits = Limits()
    spent: Spent = Spent()
    optimising: str = ""

    @property
    def tried(self) -> frozenset[str]:
        """The keys of all plans that were tried or rejected: proposing one again is a stall."""
        return frozenset([a.plan.key for a in self.attempts] + [r.plan for r in self.rejections])
