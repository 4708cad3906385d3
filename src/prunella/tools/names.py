"""What tools are called, here and on the wire."""

import re

from prunella.errors import Misuse

_IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]*"
_NAME = re.compile(rf"{_IDENTIFIER}(\.{_IDENTIFIER})?")
_NOT_ON_THE_WIRE = re.compile(r"[^A-Za-z0-9_-]")
_WIRE_LIMIT = 64


def wire_name(name: str) -> str:
    """The name as model APIs accept it (letters, digits, `_` and `-`, 64 at most): `config.set` is `config_set`."""
    return _NOT_ON_THE_WIRE.sub("_", name)[:_WIRE_LIMIT]


def checked_name(name: str) -> str:
    """The name itself, `verb_object` or `pack.verb`. Raises Misuse for anything else."""
    if _NAME.fullmatch(name) and len(name) <= _WIRE_LIMIT:
        return name
    raise Misuse(
        f"{name!r} is no name for a tool. Give name='verb_object' or name='pack.verb', "
        f"in ASCII letters, digits and underscores, {_WIRE_LIMIT} characters at most."
    )
