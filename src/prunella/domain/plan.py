"""What a brain may answer: a typed plan, a look-up, an answer, or "I don't know"."""

import hashlib
import json
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from prunella.domain.frozen import Frozen, JsonValue


class ClimbReason(StrEnum):
    """Why a rung of a ladder was left for the next."""

    SAME_CALL = "same call"  # it proposes again what was tried, rejected or looked up
    SAME_ERROR = "same error"  # other plans, the same error fingerprint
    SAME_WORLD = "no change"  # its plans were carried out, and every probe says what it said before
    PING_PONG = "ping-pong"  # it goes back and forth between two plans
    DOUBT = "doubt"  # it says that it does not know
    MALFORMED = "malformed"  # its answers were of no use, too often
    LIMIT = "limit"  # its attempts at this sub-goal are spent
    UNAVAILABLE = "unavailable"  # it could not be asked


class Climb(Frozen):
    """One rung was left for the next, which had this `trouble` to deal with. `to` "": there was none, only a human."""

    rung: str
    to: str
    why: ClimbReason
    detail: str = ""
    trouble: str = ""

    def __str__(self) -> str:
        return f"{self.rung} → {self.to or 'a human'} ({self.why}): {self.detail}"


class Said(Frozen):
    """What every proposal carries: the rung that made it ("" where there is no ladder), and the climbs up to it."""

    by: str = ""
    climbed: "tuple[Climb, ...]" = ()


class Step(Frozen):
    """One call of one tool. `why` is one sentence for the person who reads the timeline.

    `until` makes a sub-goal of the plan end with this step: the probe of that name has to be green before the next
    step is taken ("": goes on at once).
    """

    tool: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    why: str = ""
    until: str = ""

    def __str__(self) -> str:
        return f"{self.tool} " + " ".join(str(value) for value in self.arguments.values())

    @property
    def key(self) -> str:
        """Equal for two steps that do the same, whatever they say about it."""
        return json.dumps([self.tool, self.arguments], sort_keys=True, ensure_ascii=False)


class Considered(Frozen):
    """Another repair that was thought of, and why it was not chosen first."""

    plan: str
    why_not: str


class Plan(Said):
    """Steps in order, carried out only when all of them passed the vetting.

    `cause` is the suspected root cause in one sentence, `because` the evidence for it, line by line. `lesson` is the
    id of the lesson that it follows, "" for none.
    """

    kind: Literal["plan"] = "plan"
    cause: str
    because: tuple[str, ...] = ()
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    considered: tuple[Considered, ...] = ()
    lesson: str = ""

    @property
    def key(self) -> str:
        """The hash that an approval and a journal entry are bound to: twelve hex digits over the steps."""
        return hashlib.sha256("\n".join(step.key for step in self.steps).encode("utf-8", "surrogatepass")).hexdigest()[
            :12
        ]


class LookUp(Said):
    """Calls of read-only tools whose answers the brain wants to see before it plans."""

    kind: Literal["lookup"] = "lookup"
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]


class Answer(Said):
    """Words for the person who asked. It never ends a run that has a check."""

    kind: Literal["answer"] = "answer"
    text: str


class Unsure(Said):
    """No idea, and why; the honest end of a rung."""

    kind: Literal["unsure"] = "unsure"
    why: str
    reason: ClimbReason = ClimbReason.DOUBT


Proposal = Annotated[Plan | LookUp | Answer | Unsure, Field(discriminator="kind")]
