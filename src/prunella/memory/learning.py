"""From a proved repair to a lesson, and from a plan back to the lesson that it follows."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from prunella.domain.frozen import JsonValue
from prunella.domain.lesson import Lesson, Trouble
from prunella.domain.plan import Plan, Step

_ADDRESS = ("file", "key")


class Redacts(Protocol):
    """Takes secrets out of a value, and leaves the rest as it is."""

    def value(self, value: JsonValue, /) -> JsonValue: ...


def lesson_of(
    trouble: Trouble, plans: Sequence[Plan], *, by: str, run: str, now: float, known: Iterable[Lesson] = ()
) -> Lesson | None:
    """What `plans`, kept one after the other, teach about the trouble that the run began with. None without a plan.

    `known` are the lessons that the brain was told: one plan that followed one of them proves that very one, also
    where some of its steps were needless this time.
    """
    if not plans:
        return None
    behind = lesson_behind(plans[0], known) if len(plans) == 1 else None
    fresh = Lesson(
        id="", trouble=trouble, cause=" ".join(dict.fromkeys(plan.cause for plan in plans)),
        steps=tuple(step for plan in plans for step in plan.steps), by=by, run=run, learned=now, used=now, expires=now,
    )  # fmt: skip
    followed = behind and {"cause": behind.cause, "steps": behind.steps, "by": behind.by}
    return identified(fresh.model_copy(update=followed or {}))


def identified(lesson: Lesson) -> Lesson:
    """The same with the steps of one plan, and an id that is equal for the same trouble and steps that do the same."""
    steps = at_once(lesson.steps)
    return lesson.model_copy(update={"steps": steps, "id": _id_of(lesson.trouble, steps)})


def _id_of(trouble: Trouble, steps: Iterable[Step]) -> str:
    """Eight hex digits. A file below the fleet's folder is the same however its path is written."""
    folder = str(Path(trouble.fleet).parent) + "/"
    told = (json.dumps([step.tool, _short(step.arguments, folder)], sort_keys=True) for step in steps)
    parts = (trouble.fleet, *trouble.services, trouble.fingerprint, *told)
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _short(arguments: Mapping[str, JsonValue], folder: str) -> dict[str, JsonValue]:
    return {name: given.removeprefix(folder) if isinstance(given, str) else given for name, given in arguments.items()}


def lesson_behind(plan: Plan, lessons: Iterable[Lesson]) -> Lesson | None:
    """The lesson that a plan follows: it says so, or it does the very same."""
    lessons, keys = tuple(lessons), [step.key for step in plan.steps]
    named = [each for each in lessons if each.id == plan.lesson]
    equal = [each for each in lessons if [step.key for step in each.steps] == keys]
    return next(iter([*named, *equal]), None)


def at_once(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Steps of several plans as those of one: what was done or set twice is done once, where it came last."""
    last: dict[str, Step] = {}
    for step in steps:
        name = _address(step)
        last.pop(name, None)
        last[name] = step
    return tuple(last.values())


def _address(step: Step) -> str:
    """Equal for two steps of which the later one makes the earlier one needless."""
    if all(name in step.arguments for name in _ADDRESS):
        return str([step.arguments[name] for name in _ADDRESS])
    return step.key


def holds_secret(steps: Iterable[Step], redacts: Redacts) -> bool:
    """Whether a step carries a secret in plain text: kept, it would be told to models, and stale after a rotation."""
    given: list[Mapping[str, JsonValue]] = [step.arguments for step in steps]
    return any(redacts.value(dict(arguments)) != dict(arguments) for arguments in given)
