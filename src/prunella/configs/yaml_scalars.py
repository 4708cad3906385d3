"""How YAML writes a single value."""

import json
import re

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode

from prunella.configs.literals import kind_of
from prunella.configs.page import Spot

_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*\s+)*")
_KINDS = {f"tag:yaml.org,2002:{kind}": kind for kind in ("int", "float", "bool", "null")}
_OLD_BOOLEANS = frozenset(
    word for base in ("yes", "no", "on", "off", "true", "false") for word in (base, base.title(), base.upper())
)
_OLD_NUMBERS = re.compile(r"[-+]?(?:[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|0[0-9_]+|[0-9][0-9_]*)")
_DATES = re.compile(r"\d{4}-\d\d?-\d\d?(?:[Tt ].*)?")


def kind_of_scalar(node: ScalarNode) -> str:
    if not node.style and node.value in _OLD_BOOLEANS:
        return "bool"
    return _KINDS.get(str(node.tag), "str")


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
        node = YAML(typ="safe", pure=True).compose(f"{{x: [{value}]}}\n")
    except (YAMLError, ValueError):
        return False
    item = node.value[0][1].value[0] if len(node.value) == 1 and len(node.value[0][1].value) == 1 else None
    is_text = isinstance(item, ScalarNode) and not item.style and not item.anchor and item.value == value
    return is_text and str(item.tag) != "tag:yaml.org,2002:null"
