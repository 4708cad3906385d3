"""A plain question to a brain, with an answer of a given shape."""

import json
import re
from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from prunella.domain.brief import Brief
from prunella.domain.evidence import Evidence
from prunella.domain.plan import Answer, Proposal
from prunella.domain.report import Report
from prunella.domain.usage import Usage
from prunella.errors import Transient
from prunella.protocols import Brain

Shape = TypeVar("Shape", bound=BaseModel)
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)


def question(text: str, shape: type[BaseModel]) -> str:
    """`text`, and in which shape the answer is wanted."""
    return f"{text}\n\nAnswer in words that are JSON of this schema: {json.dumps(shape.model_json_schema())}"


def shaped(text: str, shape: type[Shape]) -> Shape | None:
    """The JSON object in an answer; None when it is of another shape."""
    found = _OBJECT.search(text[:100_000])
    try:
        return shape.model_validate_json(found[0]) if found else None
    except ValidationError:
        return None


async def ask(brain: Brain, text: str, shape: type[Shape], evidence: Sequence[Evidence] = ()) -> Shape | None:
    """What the brain answers; None when it does not know, is away, or answers in another shape."""
    brief = Brief(goal=question(text, shape), report=Report(), evidence=tuple(evidence))
    try:
        proposal = await brain.propose(brief)
    except Transient:
        return None
    return shaped(proposal.text, shape) if isinstance(proposal, Answer) else None


class Borrowed:
    """A brain that several share; `usage` is what was spent through this one."""

    def __init__(self, brain: Brain) -> None:
        self._brain = brain
        self.usage = Usage()

    @property
    def name(self) -> str:
        return self._brain.name

    async def propose(self, brief: Brief) -> Proposal:
        before = self._brain.usage
        try:
            return await self._brain.propose(brief)
        finally:
            self.usage += self._brain.usage - before
