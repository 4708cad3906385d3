"""How YAML writes a single value."""

import json
import re

from prunella.configs.literals import kind_of
from prunella.configs.page import Spot
from prunella.configs.yaml_nodes import Node, compose
from prunella.errors import Unparsable

_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*\s+)*")
_KINDS = ("int", "float", "bool", "null")
_OLD_BOOLEANS = frozenset(
    word for base in ("yes", "no", "on", "off", "true", "false") for word in (base, base.title(), base.upper())
)
_OLD_NUMBERS = re.compile(r"[-+]?(?:[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|0[0-9_]+|[0-9][0-9_]*)")
_DATES = re.compile(r"\d{4}-\d\d?-\d\d?(?:[Tt ].*)?")


def kind_of_scalar(node: Node) -> str:
    if not node.style and node.value in _OLD_BOOLEANS:
        return "bool"
    return node.tag if node.tag in _KINDS else "str"


def properties_end(text: str, start: int) -> int:
    """Behind an anchor and a tag, which are not the value's own."""
    match = _PROPERTIES.match(text, start)
    return match.end() if match else start


def written(value: str, kind: str | None, spot: Spot | None, old: str) -> str:
    """As the value `old` (its characters; "" for none) was written, where that reads back as meant."""
    quote = old[:1] if old[:1] in ("'", '"') else ""
    if quote or (kind == "str" and not _is_plainly_text(value)):
        return _quoted(value, quote) if kind in (None, "str") else value
    if kind not in (None, "str"):
        return value
    was_text = spot is not None and spot.kind == "str"
    is_meant = kind_of(value) != "str" or _is_plainly_text(value) or not was_text
    return value if is_meant and _reads_plain(value) else _quoted(value, "")


def _quoted(value: str, quote: str) -> str:
    if quote == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\x7f").replace("\x85", "\\N")


def _is_plainly_text(value: str) -> bool:
    """No reader, old or new, would take the bare word for anything but text."""
    return not (
        kind_of(value) != "str"
        or value in _OLD_BOOLEANS
        or value.lower() in ("", "~", "null", "y", "n")
        or _OLD_NUMBERS.fullmatch(value)
        or _DATES.fullmatch(value)
    )


def _reads_plain(value: str) -> bool:
    """Whether the bare text is one value in every surrounding, braces included."""
    if not value.isprintable():
        return False
    try:
        root = compose(f"{{x: [{value}]}}\n")
    except Unparsable:
        return False
    holder = root.child("x") if root and len(root.pairs) == 1 else None
    item = holder.items[0] if holder and len(holder.items) == 1 else None
    if item is None or item.kind != "scalar" or item.style or item.has_anchor:
        return False
    return item.value == value and item.tag != "null"
