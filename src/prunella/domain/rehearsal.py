"""What came of trying a plan where it can do no harm."""

from enum import StrEnum

from prunella.domain.frozen import Frozen
from prunella.domain.posture import Posture


class Trial(Frozen):
    """One thing that was tried on the shadow: a parser, a pre-flight, a start. `ok` None: it could not be tried."""

    name: str
    ok: bool | None
    detail: str = ""


class Rehearsed(Frozen):
    """A plan carried out on a shadow of the configuration.

    `difference` is what the whole plan changes, as people read it, redacted. `posture` is the shadow's afterwards;
    None where nothing could be read.
    """

    trials: tuple[Trial, ...] = ()
    difference: str = ""
    posture: Posture | None = None

    @property
    def failed(self) -> tuple[Trial, ...]:
        """Those that speak against the plan."""
        return tuple(trial for trial in self.trials if trial.ok is False)


class Certainty(StrEnum):
    """How sure a cause is."""

    DEMONSTRATED = "demonstrated"  # with the fault the shadow fails, without it it passes
    PLAUSIBLE = "plausible"  # the probes are green since; no shadow showed it


class CauseShown(Frozen):
    """How sure the cause is, and the least set of changes that it takes (`file key: before → after`, redacted)."""

    certainty: Certainty
    needed: tuple[str, ...] = ()
    detail: str = ""
