"""One call as a model made it."""

from dataclasses import dataclass, field
from typing import Any

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A name and arguments; nothing about them is checked yet.

    `is_sure` is False for a shape that evidence may have too: it is a call only if a tool has that name. `is_cut` says
    that more was to come: the reply was cut off in what followed it, or in the steps of this plan.
    """

    name: str
    arguments: Arguments = field(default_factory=dict[str, Any])
    is_sure: bool = field(default=True, compare=False)
    is_cut: bool = field(default=False, compare=False)


def shorten(text: str, most: int = 120) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
