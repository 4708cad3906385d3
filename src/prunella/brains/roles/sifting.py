"""A cheap model reads the evidence first, and sets aside what has nothing to do with the trouble."""

from pydantic import BaseModel

from prunella.brains.roles.asking import ask
from prunella.domain.brief import Brief
from prunella.domain.evidence import Evidence
from prunella.domain.plan import Proposal
from prunella.domain.usage import Usage
from prunella.protocols import Brain

WORTH_SIFTING_CHARS = 6_000
_SHOWN_CHARS, _SHOWN_PIECES = 500, 12


class Sifted(BaseModel):
    """The numbers of the pieces that may point to the root cause."""

    relevant: list[int]


class Sifting:
    """A brain that thinks with `brain` about what `judge` left of the evidence.

    Errors and look-ups always stay; so does everything when there is little of it, or the judge is of no use, and what
    it was not shown. Each evidence is judged once for the same trouble.
    """

    def __init__(self, brain: Brain, judge: Brain) -> None:
        self._brain, self._judge = brain, judge
        self._irrelevant: dict[tuple[str, str], bool] = {}

    @property
    def name(self) -> str:
        return self._brain.name

    @property
    def usage(self) -> Usage:
        return self._brain.usage + self._judge.usage

    async def propose(self, brief: Brief) -> Proposal:
        """As `brain`'s."""
        if sum(len(each.text) for each in brief.evidence) > WORTH_SIFTING_CHARS:
            await self._sift(brief)
            kept = tuple(each for each in brief.evidence if not self._irrelevant.get(_key(brief, each), False))
            brief = brief.model_copy(update={"evidence": kept})
        return await self._brain.propose(brief)

    async def _sift(self, brief: Brief) -> None:
        new = [each for each in brief.evidence if not _stays(each) and _key(brief, each) not in self._irrelevant]
        if not new:
            return
        shown = new[:_SHOWN_PIECES]
        sifted = await ask(self._judge, _question(brief), Sifted, [_piece(n, each) for n, each in enumerate(shown, 1)])
        for number, each in enumerate(shown, 1):
            self._irrelevant[_key(brief, each)] = sifted is not None and number not in sifted.relevant


def _key(brief: Brief, evidence: Evidence) -> tuple[str, str]:
    return brief.trouble, evidence.fingerprint


def _stays(evidence: Evidence) -> bool:
    return evidence.is_error or bool(evidence.handle) or evidence.kind == "lookup"


def _piece(number: int, evidence: Evidence) -> Evidence:
    return evidence.model_copy(
        update={"source": f"piece {number}: {evidence.source}", "text": evidence.text[:_SHOWN_CHARS]}
    )


def _question(brief: Brief) -> str:
    failing = "\n".join(f"{reading.probe}: {reading.detail}" for reading in brief.report.failing)
    return f"{brief.goal}\nWhat fails:\n{failing}\n\nWhich pieces of the evidence may point to the root cause?"
