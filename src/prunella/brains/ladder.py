"""Rungs in order, cheapest first; doubt or a model that is down climbs one."""

from collections.abc import Sequence

from prunella.domain.brief import Brief
from prunella.domain.evidence import EvidenceKind
from prunella.domain.plan import Proposal, Unsure
from prunella.errors import Misuse, Transient
from prunella.protocols import Brain

Trouble = tuple[str, frozenset[str]]


class Ladder:
    """A brain made of brains. `rung` names who answered last ("" before the first answer).

    The rung that answered stays the current one while the trouble is the same; another trouble, or a brief in which
    nothing was tried or looked up yet, starts at the bottom again.
    """

    def __init__(self, rungs: Sequence[Brain]) -> None:
        if not rungs:
            raise Misuse("A ladder needs at least one rung: name a brain, such as `reflex`.")
        self.rungs = tuple(rungs)
        self.rung = ""
        self._current = 0
        self._trouble: Trouble | None = None

    @property
    def name(self) -> str:
        return " → ".join(rung.name for rung in self.rungs)

    @property
    def tokens(self) -> int:
        """Spent by all rungs since they were made; a rung that does not count spends none."""
        return sum(getattr(rung, "tokens", 0) for rung in self.rungs)

    async def propose(self, brief: Brief) -> Proposal:
        """The first answer that is not a doubt. Never raises Transient; Unsure holds the reasons of every rung."""
        reasons: list[str] = []
        for place in range(self._start(brief), len(self.rungs)):
            proposal = await _ask(self.rungs[place], brief)
            self._current, self.rung = place, self.rungs[place].name
            if not isinstance(proposal, Unsure):
                return proposal
            reasons.append(f"{self.rung}: {proposal.why}")
        return Unsure(why="\n".join(reasons))

    def _start(self, brief: Brief) -> int:
        trouble = _trouble_of(brief)
        if trouble != self._trouble or _is_fresh(brief):
            self._current = 0
        self._trouble = trouble
        return self._current


async def _ask(rung: Brain, brief: Brief) -> Proposal:
    try:
        return await rung.propose(brief)
    except Transient as error:
        return Unsure(why=str(error))


def _trouble_of(brief: Brief) -> Trouble:
    return brief.goal, frozenset(reading.fingerprint for reading in brief.report.failing)


def _is_fresh(brief: Brief) -> bool:
    return not brief.tried and all(evidence.kind is not EvidenceKind.LOOKUP for evidence in brief.evidence)
