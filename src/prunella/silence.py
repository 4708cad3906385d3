"""Nobody listens, or not yet."""

from prunella.domain.frozen import JsonValue
from prunella.domain.run import EventKind


def silent(kind: EventKind, node: str, text: str, /, **data: JsonValue) -> None:
    """An `Emit` that tells nobody."""
    del kind, node, text, data


class Relay:
    """An `Emit` for those who are made before there is anybody to tell: passes on to `to`."""

    def __init__(self) -> None:
        self.to = silent

    def __call__(self, kind: EventKind, node: str, text: str, /, **data: JsonValue) -> None:
        self.to(kind, node, text, **data)
