"""What healed once, kept for the next time."""

from enum import StrEnum

from prunella.domain.frozen import Frozen
from prunella.domain.plan import Step


class Standing(StrEnum):
    """How far a lesson is trusted, least first."""

    LESSON = "lesson"  # told to models as something that helped before
    RUNBOOK = "runbook"  # tried by the reflex rung before any model is asked


class Trouble(Frozen):
    """What was wrong, in a form that can be met again.

    `fingerprint` is equal for the same trouble of the same services; `text` is for search by meaning. `shape` is the
    digest of which settings exist in which files (never their values): a lesson of another shape is void.
    """

    fleet: str
    services: tuple[str, ...]
    fingerprint: str
    text: str
    shape: str = ""


class Lesson(Frozen):
    """A repair that was proved. Times are seconds since the epoch, UTC; `expires` is pushed on by every success.

    `healed` counts proved heals, `relapses` the times that it did not last or did not help, `streak` the heals since
    the last of those. `by` is the brain that found it, `run` the run that proved it first, `last_run` the newest,
    `doubted_in` the last one in which it did not hold. `left` is a digest of the world as the newest heal left it, ""
    for unknown: a trouble that is back in that same world is a relapse, in another one it is a new incident.
    `demonstrated`: the cause was called up and taken away at will, on a shadow.
    """

    id: str
    trouble: Trouble
    cause: str
    steps: tuple[Step, ...]
    by: str
    run: str
    standing: Standing = Standing.LESSON
    healed: int = 1
    relapses: int = 0
    streak: int = 1
    last_run: str = ""
    doubted_in: str = ""
    left: str = ""
    demonstrated: bool = False
    learned: float
    used: float
    expires: float
