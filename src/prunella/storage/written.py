"""Values as JSON that loses nothing of them."""

import json
from pathlib import Path

from prunella.domain.frozen import Frozen


def to_json(value: Frozen) -> str:
    """ASCII: what is no UTF-8 travels as lone surrogates, which Pydantic's own JSON refuses; infinity stays."""
    return json.dumps(value.model_dump(), default=as_json)


def as_utf8(text: str) -> str:
    """The same where it can be written; lone surrogates are told by their numbers."""
    return text.encode("utf-8", "backslashreplace").decode()


def as_json(part: object) -> str | list[object]:
    """Sets and paths; the rest of the domain is JSON as it stands."""
    match part:
        case frozenset():
            return list(part)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] -- any set
        case Path():
            return str(part)
        case _:
            raise TypeError(f"A {type(part).__name__} cannot be written as JSON. Give {part!r} another type.")
