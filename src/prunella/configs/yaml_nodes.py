"""ruamel.yaml's nodes as typed ones: the border behind which a YAML document has no unknown types."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from prunella.errors import Unparsable

Kind = Literal["scalar", "list", "mapping"]

_KINDS: dict[str, Kind] = {"scalar": "scalar", "sequence": "list", "mapping": "mapping"}
_TAG = "tag:yaml.org,2002:"


@dataclass(eq=False)
class Node:
    """A value at `text[start:end]`, anchor and tag included. The same object twice: an alias.

    `tag` is short for YAML's own (`int`); `style` is the quote or block mark of a scalar ("" for plain), `{` or `[`
    for a flow collection. `column` counts from 0. Only one of `value`, `items`, `pairs` has a meaning, by `kind`.
    """

    kind: Kind
    start: int
    end: int
    column: int
    tag: str
    style: str = ""
    has_anchor: bool = False
    value: str = ""
    items: "list[Node]" = field(default_factory=list["Node"])
    pairs: "list[tuple[Node, Node]]" = field(default_factory=list["tuple[Node, Node]"])

    @property
    def named(self) -> "list[tuple[Node, Node]]":
        """The entries with scalar names, merges (`<<`) left out."""
        return [(key, value) for key, value in self.pairs if key.kind == "scalar" and key.tag != "merge"]

    @property
    def sources(self) -> "list[Node]":
        """The mappings that `<<` brings in; the first one counts most."""
        merged = [value for key, value in self.pairs if key.tag == "merge"]
        return [source for value in merged for source in (value.items if value.kind == "list" else [value])]

    def child(self, part: str) -> "Node | None":
        if self.kind == "list":
            return self.items[int(part)] if part.isdecimal() and int(part) < len(self.items) else None
        return next((value for key, value in self.named if key.value == part), None)

    def deepest(self, parts: tuple[str, ...]) -> "tuple[Node, tuple[str, ...]]":
        """The lowest existing node on the way to `parts`, and the parts below it."""
        node = self
        for depth, part in enumerate(parts):
            child = node.child(part)
            if child is None:
                return node, parts[depth:]
            node = child
        return node, ()


def compose(text: str) -> Node | None:
    """The only document of a text; None when it holds comments at most. Raises Unparsable."""
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        trouble: Any = error
        mark = trouble.problem_mark or trouble.context_mark
        line = text.count("\n", 0, mark.index) + 1 if mark else None
        raise Unparsable(f"Line {line}: {_said(trouble)}.", line) from error
    except (YAMLError, ValueError, RecursionError) as error:
        at = getattr(error, "position", None)
        line = text.count("\n", 0, at) + 1 if isinstance(at, int) else None
        raise Unparsable(f"This is not YAML: {' '.join(str(error).split())}", line) from error
    return None if root is None else _typed(root, {})


def _said(error: Any) -> str:
    parts = (error.context, error.problem)
    return re.sub(r"\s+", " ", ", ".join(str(part) for part in parts if part))


def _typed(raw: Any, known: dict[int, Node]) -> Node:
    if id(raw) in known:
        return known[id(raw)]
    kind = _KINDS[raw.id]
    node = Node(
        kind=kind,
        start=int(raw.start_mark.index),
        end=int(raw.end_mark.index),
        column=int(raw.start_mark.column),
        tag=str(raw.tag).removeprefix(_TAG),
        style=_style(raw, kind),
        has_anchor=raw.anchor is not None,
    )
    known[id(raw)] = node
    if kind == "scalar":
        node.value = str(raw.value)
    elif kind == "list":
        node.items = [_typed(item, known) for item in raw.value]
    else:
        node.pairs = [(_typed(key, known), _typed(value, known)) for key, value in raw.value]
    return node


def _style(raw: Any, kind: str) -> str:
    if kind == "scalar":
        return str(raw.style or "")
    return {"mapping": "{", "list": "["}[kind] if raw.flow_style else ""
