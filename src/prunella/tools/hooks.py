"""What a tool function has beside it: how to look before, how to undo, how to tell whether it took effect."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError
from pydantic_core import to_json

from prunella.domain.frozen import JsonValue

Before = Callable[..., object]  # the tool's own keyword arguments → Prepared, or anything with a JSON form
Undo = Callable[[Any], object]  # what `before` gave, after a trip through JSON
Applied = Callable[[dict[str, JsonValue], Any], bool | Awaitable[bool | None] | None]

_UNTOLD = (inspect.Parameter.empty, Any, object)


@dataclass(frozen=True)
class Hooks:
    """Each may be sync or async, and None."""

    before: Before | None = None
    undo: Undo | None = None
    applied: Applied | None = None

    def misfits(self, parameters: tuple[str, ...]) -> tuple[str, ...]:
        """What is wrong with the hooks of a tool with these parameters; empty when nothing is."""
        named = dict.fromkeys(parameters)
        wrong = {
            "`before` must take the tool's own parameters, by name.": self.before and not _fits(self.before, **named),
            "`undo` must take what `before` gave.": self.undo and not _fits(self.undo, None),
            "`applied` must take the arguments as a dict, and what `before` gave.": self.applied
            and not _fits(self.applied, {}, None),
        }
        return tuple(problem for problem, is_wrong in wrong.items() if is_wrong)


def typed(hook: Callable[..., object], position: int, value: JsonValue) -> object:
    """`value` as the type that the hook's parameter at `position` is annotated with; as it is when with none.

    Raises ValueError when it is not of that type.
    """
    adapter = _annotated(hook, position)
    return adapter.validate_json(to_json(value)) if adapter else value


def _fits(hook: Callable[..., object], *args: object, **kwargs: object) -> bool:
    try:
        inspect.signature(hook).bind(*args, **kwargs)
    except TypeError:
        return False
    except ValueError:  # a built-in that tells nothing of its parameters
        return True
    return True


def _annotated(hook: Callable[..., object], position: int) -> TypeAdapter[Any] | None:
    try:
        annotation = list(inspect.signature(hook, eval_str=True).parameters.values())[position].annotation
        return None if any(annotation is untold for untold in _UNTOLD) else _adapter(annotation)
    except (ValueError, TypeError, NameError, IndexError, PydanticUserError):
        return None


def _adapter(annotation: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(annotation, config={"val_json_bytes": "base64"})
    except PydanticUserError:  # models and dataclasses have a configuration of their own
        return TypeAdapter(annotation)
