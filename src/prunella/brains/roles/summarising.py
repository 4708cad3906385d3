"""Short-term memory: what no longer fits is pruned first, then told in short by the cheapest model."""

from pydantic import BaseModel

from prunella.brains.roles.asking import ask
from prunella.domain.brief import Brief
from prunella.domain.evidence import Evidence, EvidenceKind
from prunella.domain.fingerprint import fingerprint
from prunella.domain.plan import Proposal
from prunella.domain.run import Attempt
from prunella.domain.usage import Usage
from prunella.protocols import Brain

KEPT_WHOLE = 2
_MOST_ATTEMPTS = 4
_SHOWN_CHARS = 700


class Summary(BaseModel):
    """What was tried and what it taught, in at most five sentences."""

    summary: str


class Summarising:
    """A brain that thinks with `brain`; of many attempts it is told the last two whole, the others as `scribe` says.

    The goal, the plan in hand and the last error are never summarised. Without a usable summary nothing is lost: the
    attempts are then told as they are.
    """

    def __init__(self, brain: Brain, scribe: Brain) -> None:
        self._brain, self._scribe = brain, scribe
        self._known: tuple[str, str] = ("", "")

    @property
    def name(self) -> str:
        return self._brain.name

    @property
    def usage(self) -> Usage:
        return self._brain.usage + self._scribe.usage

    async def propose(self, brief: Brief) -> Proposal:
        """As `brain`'s."""
        if len(brief.attempts) >= _MOST_ATTEMPTS:
            older = brief.attempts[:-KEPT_WHOLE]
            summary = await self._summary_of(brief, older)
            if summary:
                brief = brief.model_copy(
                    update={"attempts": tuple(_stripped(each) for each in older) + brief.attempts[-KEPT_WHOLE:],
                            "summary": summary}
                )  # fmt: skip
        return await self._brain.propose(brief)

    async def _summary_of(self, brief: Brief, older: tuple[Attempt, ...]) -> str:
        told = [_in_words(number, each) for number, each in enumerate(older, 1)]
        key = fingerprint(" ".join(each.text for each in told))
        if self._known[0] != key:
            text = f"{brief.goal}\nThe attempts in the evidence were put back. Say in short what they taught."
            said = await ask(self._scribe, text, Summary, told)
            self._known = key, said.summary if said else ""
        return self._known[1]


def _in_words(number: int, attempt: Attempt) -> Evidence:
    steps = "; ".join(str(step) for step in attempt.plan.steps)
    failed = " ".join(str(each) for each in attempt.observations if not each.ok)
    text = f"{attempt.plan.cause} → {steps} → {attempt.came_of_it} {failed}"
    return Evidence(kind=EvidenceKind.OBSERVATION, source=f"attempt {number}", text=text[:_SHOWN_CHARS])


def _stripped(attempt: Attempt) -> Attempt:
    """Its plan, so that it is not proposed again; what came of it is in the summary."""
    return attempt.model_copy(update={"came_of_it": "see above", "observations": ()})
