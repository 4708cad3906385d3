"""A run from its goal to its verdict."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from prunella.domain.evidence import Observation
from prunella.domain.frozen import Frozen, JsonValue
from prunella.domain.plan import Plan


class Verdict(StrEnum):
    """How a run ended. Only checks give the first two."""

    ACHIEVED = "achieved"  # shown as "healed" for an incident
    NOTHING_TO_DO = "nothing_to_do"  # green from the start, nothing written
    UNVERIFIED = "unverified"  # there was no check
    ROLLED_BACK = "rolled_back"  # ended from outside; everything as found
    ESCALATED = "escalated"  # out of ideas or limits, or not allowed; everything as found, handed to a human
    FROZEN = "frozen"  # an undo failed: touch nothing


class Attempt(Frozen):
    """One plan that was tried, and what came of it, in a sentence that the next thought can use.

    `ground` is what it stood on: the journal number of the newest effect that was kept before it, 0 for none; `stage`
    the sub-goal that it was for. `symptom` is the fingerprint of what was red when it had been carried out, "" for
    unknown.
    """

    plan: Plan
    came_of_it: str
    observations: tuple[Observation, ...] = ()
    ground: int = 0
    stage: int = 0
    symptom: str = ""

    @property
    def by(self) -> str:
        """The rung that proposed it."""
        return self.plan.by

    @property
    def error(self) -> str:
        """The fingerprint of the call that failed, "" when none did."""
        return next((each.fingerprint for each in self.observations if not each.ok), "")


class Limits(Frozen):
    """What a run may spend. Attempts count per sub-goal and rung of the ladder; `seconds` is wall time; undo is never
    cut short.

    `…_per_day` bound what all runs of the fleet together spend within 24 hours; None for no such bound.
    """

    attempts: Annotated[int, Field(ge=1, le=10)] = 5
    plans: int = 30
    steps: int = 40
    seconds: float = 300.0
    tokens: int = 200_000
    dollars: float = 2.0
    attempts_per_day: int | None = None
    plans_per_day: int | None = None
    steps_per_day: int | None = None
    seconds_per_day: float | None = None
    tokens_per_day: int | None = None
    dollars_per_day: float | None = 20.0


class Spent(Frozen):
    """What a run has spent so far; survives restarts."""

    attempts: int = 0
    plans: int = 0
    steps: int = 0
    seconds: float = 0.0
    tokens: int = 0
    dollars: float = 0.0

    def __str__(self) -> str:
        """As people read it: what a model cost only where one was asked."""
        counted = [(self.attempts, "attempt"), (self.plans, "plan"), (self.steps, "step")]
        parts = [f"{count} {name}{'' if count == 1 else 's'}" for count, name in counted]
        parts.append(f"{self.seconds:.1f} s")
        if self.tokens:
            parts += [f"{self.tokens:,} tokens", f"${self.dollars:.4f}"]
        return ", ".join(parts)


class Mandate(Frozen):
    """What stood on the command line that began a run, so that another process can go on with it in the same spirit.

    `ladder` are the brains that were named there; (): those of the fleet file. `attended`: at a terminal.
    """

    ladder: tuple[str, ...] = ()
    ask: bool = False
    yes: bool = False
    attended: bool = False


class RunRecord(Frozen):
    """A run as `status` lists it. Times are seconds since the epoch; `ended` and `verdict` are None while it goes on.

    `holder` is the process that works on it, `fleet` the fleet file's path ("" for a library goal).
    `asks` is since when a question of it waits for a human, None while none does.
    """

    id: str
    goal: str
    fleet: str = ""
    services: tuple[str, ...] = ()
    brain: str = ""
    started: float
    ended: float | None = None
    verdict: Verdict | None = None
    cause: str = ""
    summary: str = ""
    holder: str = ""
    token: int = 0
    mandate: Mandate = Mandate()
    asks: float | None = None


class EventKind(StrEnum):
    """What a timeline is made of."""

    STARTED = "started"
    READING = "reading"
    EVIDENCE = "evidence"
    SUSPICION = "suspicion"
    LOOKUP = "lookup"
    PLAN = "plan"
    REJECTED = "rejected"
    REHEARSAL = "rehearsal"
    APPROVAL = "approval"
    INTENT = "intent"
    ACTION = "action"
    JUDGED = "judged"
    PROGRESS = "progress"
    PAUSE = "pause"
    CAUSE = "cause"
    UNDO = "undo"
    REFLECTION = "reflection"
    MODEL = "model"
    TOKENS = "tokens"
    CLIMB = "climb"
    LESSON = "lesson"
    SPENT = "spent"
    NOTE = "note"
    VERDICT = "verdict"


class Event(Frozen):
    """One thing that happened. `node` is the graph's node; `text` is one line for people; `data` is for machines."""

    run: str
    at: float
    kind: EventKind
    node: str
    text: str
    data: dict[str, JsonValue] = {}
