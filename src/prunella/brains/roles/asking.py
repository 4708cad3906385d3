"""A plain question to a brain, with an answer of a given shape."""

import json
import re
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from prunella.domain.brief import Brief
from prunella.domain.plan import Answer
from prunella.domain.report import Report
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


async def ask(brain: Brain, text: str, shape: type[Shape]) -> Shape | None:
    """What the brain answers; None when it does not know, is away, or answers in another shape."""
    try:
        proposal = await brain.propose(Brief(goal=question(text, shape), report=Report()))
    except Transient:
        return None
    return shaped(proposal.text, shape) if isinstance(proposal, Answer) else None
