"""An answer in words is weighed like any other outcome: by its shape, and by the goal's check."""

import re
from functools import partial
from typing import Any, cast

from pydantic import ValidationError

from prunella.domain.goal import AnswerCheck, Check, Goal
from prunella.domain.report import Reach, Reading, Report
from prunella.healing.looking import look

_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)\n?\s*```", re.DOTALL)
_MOST_FAULTS = 8


def check_of(goal: Goal, answer: str) -> Check | None:
    """The goal's check; where it wants an answer, the one that weighs this answer ("": there is none yet)."""
    return partial(weigh, goal, answer) if goal.wants_answer else cast("Check | None", goal.check)


async def weigh(goal: Goal, answer: str) -> Report:
    """What the goal's shape and check say of the answer; red without one."""
    if not answer:
        return _reading(Reach.NOBODY, "there is no answer yet")
    try:
        value = parse(goal, answer)
    except ValidationError as error:
        return _reading(Reach.WRONG, f"the answer is no {error.title}: {_faults(error)}")
    if goal.check is None:
        return _reading(Reach.RIGHT, "the answer has the right shape")
    check = cast("AnswerCheck", goal.check)
    return await look(partial(check, value) if _asks(goal) else cast("Check", check), name="answer")


def parse(goal: Goal, answer: str) -> Any:
    """The answer as the goal's `output`, in words where there is none. Raises pydantic's ValidationError."""
    if goal.output is None:
        return answer
    fenced = _FENCED.search(answer)
    return goal.output.model_validate_json(fenced[1] if fenced else answer.strip())


def _asks(goal: Goal) -> bool:
    return Goal(goal.text, check=goal.check).wants_answer


def _faults(error: ValidationError) -> str:
    faults = [f"{'.'.join(map(str, each['loc'])) or 'all of it'}: {each['msg']}" for each in error.errors()]
    return "; ".join(faults[:_MOST_FAULTS])


def _reading(reach: Reach, detail: str) -> Report:
    return Report(readings=(Reading(probe="answer", reach=reach, detail=detail),), steady=True)
