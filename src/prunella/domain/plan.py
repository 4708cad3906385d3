"""What a brain may answer: a typed plan, a look-up, an answer, or "I don't know"."""

import hashlib
import json
from typing import Annotated, Literal

from pydantic import Field

from prunella.domain.frozen import Frozen, JsonValue


class Step(Frozen):
    """One call of one tool. `why` is one sentence for the person who reads the timeline."""

    tool: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    why: str = ""

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


class Plan(Frozen):
    """Steps in order, carried out only when all of them passed the vetting.

    `cause` is the suspected root cause in one sentence, `because` the evidence for it, line by line.
    """

    kind: Literal["plan"] = "plan"
    cause: str
    because: tuple[str, ...] = ()
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    considered: tuple[Considered, ...] = ()

    @property
    def key(self) -> str:
        """The hash that an approval and a journal entry are bound to: twelve hex digits over the steps."""
        return hashlib.sha256("\n".join(step.key for step in self.steps).encode("utf-8", "surrogatepass")).hexdigest()[
            :12
        ]


class LookUp(Frozen):
    """Calls of read-only tools whose answers the brain wants to see before it plans."""

    kind: Literal["lookup"] = "lookup"
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]


class Answer(Frozen):
    """Words for the person who asked. It never ends a run that has a check."""

    kind: Literal["answer"] = "answer"
    text: str


class Unsure(Frozen):
    """No idea, and why; the honest end of a rung."""

    kind: Literal["unsure"] = "unsure"
    why: str


Proposal = Annotated[Plan | LookUp | Answer | Unsure, Field(discriminator="kind")]
