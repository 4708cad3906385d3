"""What a value looks like, whatever the format."""

import re

_INT = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)")


def kind_of(value: str) -> str:
    """`int`, `float` or `bool` when every format would write it bare, else `str`."""
    if value in ("true", "false"):
        return "bool"
    if _INT.fullmatch(value):
        return "int"
    return "float" if _FLOAT.fullmatch(value) else "str"


def fitting_kind(value: str, old: str, *, gives_way: bool) -> str:
    """The kind for a new value in the place of the string `old`.

    `gives_way`: the old one was a string for want of a choice, so that a number may follow `eighty`, never `"80"`.
    """
    return kind_of(value) if gives_way and kind_of(old) == "str" else "str"
