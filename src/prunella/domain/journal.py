"""What was meant, what came of it, and what was put back: one entry an effect."""

from enum import StrEnum

from prunella.domain.evidence import Observation
from prunella.domain.frozen import Frozen
from prunella.domain.plan import Step
from prunella.domain.tool import Prepared


class Outcome(StrEnum):
    """The last word written about an entry."""

    INTENDED = "intended"  # written down; whether it took effect must be looked up in the world
    APPLIED = "applied"
    FAILED = "failed"  # the call reported a failure; part of it may have taken effect
    UNDOING = "undoing"  # about to be put back; a crash from here on repeats the undo, which is idempotent
    UNDONE = "undone"
    UNDO_FAILED = "undo_failed"


class Entry(Frozen):
    """One effect on the world. `number` counts from 1 within a run; `token` is the lease that wrote the intent.

    `at` is seconds since the epoch, UTC.
    """

    run: str
    number: int
    token: int
    plan: str
    step: Step
    prepared: Prepared
    outcome: Outcome
    observation: Observation | None = None
    at: float

    @property
    def may_have_applied(self) -> bool:
        return self.outcome is not Outcome.UNDONE
