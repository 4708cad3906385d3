"""`{name}` in the texts of a journey: what an earlier step saved under that name."""

import re
from collections.abc import Iterator

from prunella.domain.frozen import JsonValue

NAME = re.compile(r"\{(\w+)\}")
RANDOM = "random"
"""The name of letters that differ each time; no step saves it."""


def names_in(*values: JsonValue) -> Iterator[str]:
    """Each name, in texts at any depth; keys do not count."""
    for value in values:
        match value:
            case str():
                yield from NAME.findall(value)
            case list():
                yield from names_in(*value)
            case dict():
                yield from names_in(*value.values())
            case _:
                pass
