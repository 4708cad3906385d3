"""Parameters that name one of a few things: brains are told which, and providers can hold them to it."""

from collections.abc import Sequence

from prunella.domain.frozen import JsonValue
from prunella.domain.tool import ToolSpec

_MOST = 50


def offering(spec: ToolSpec, **choices: Sequence[str]) -> ToolSpec:
    """The spec with the things that its parameters may name, for those parameters that it has.

    It is for brains: the tool itself goes on taking whatever else names the same. More than 50 are not listed.
    """
    known = spec.parameters.get("properties")
    if not isinstance(known, dict):
        return spec
    listed = {name: names for name, names in choices.items() if name in known and 0 < len(names) <= _MOST}
    properties = {name: _listed(schema, listed.get(name, ())) for name, schema in known.items()}
    return spec.model_copy(update={"parameters": {**spec.parameters, "properties": properties}})


def _listed(schema: JsonValue, names: Sequence[str]) -> JsonValue:
    return {**schema, "enum": list(names)} if isinstance(schema, dict) and names else schema
