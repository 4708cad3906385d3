"""Arguments as the tool's schema asks for them, where nothing is lost; what does not fit stays as it is, so that the
vetting names the exact fault.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from prunella.brains.mending.broken import WrittenFloat
from prunella.brains.mending.call import Arguments
from prunella.brains.mending.names import meant, meant_parameter
from prunella.brains.mending.shapes import CHATTER

Schema = Mapping[str, Any]

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,300})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,300})(?:\.[0-9]{1,300})?(?:[eE][-+]?[0-9]{1,3})?")
_KINDS = ((str, "string"), (float, "number"), (list, "array"), (dict, "object"), (type(None), "null"))
_LARGEST = 2**53
_DEEPEST = 8
_WRAPPERS = frozenset({"arguments", "args", "parameters", "params", "kwargs", "input", "properties"})


def fit(arguments: Arguments, parameters: Schema) -> Arguments:
    """The arguments with the schema's own names, types and choices; well-formed ones come back as they are."""
    properties: Schema = parameters.get("properties", {})
    required: frozenset[str] = frozenset(parameters.get("required", ()))
    given = _unwrapped(arguments, properties)
    if not parameters.get("additionalProperties"):
        given = _without_chatter(_renamed(given, properties, required), properties)
    given = {
        name: converted(value, properties[name], parameters) if name in properties else plain(value)
        for name, value in given.items()
    }
    return {name: value for name, value in given.items() if not _says_nothing(name, value, parameters)}


def converted(value: object, schema: Schema, root: Schema, depth: int = 0) -> Any:
    """The value as the schema has it, or as it is when that would lose something or could be done in two ways."""
    schema = _resolved(schema, root)
    if depth > _DEEPEST or _accepts(value, schema, root):
        return _inside(value, schema, root, depth)
    found: list[Any] = []
    for part in _alternatives(schema):
        changed = _changed(value, _resolved(part, root), root, depth)
        if changed != [] and changed not in found:
            found.append(changed)
    return found[0][0] if len(found) == 1 else plain(value)


def plain(value: object) -> Any:
    """With numbers as everybody else has them."""
    if isinstance(value, list):
        return [plain(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in cast("dict[str, object]", value).items()}
    return float(value) if isinstance(value, WrittenFloat) else value


def _unwrapped(arguments: Arguments, properties: Schema) -> Arguments:
    """Arguments that were put into an object of their own once too often."""
    if len(arguments) == 1:
        ((name, inner),) = arguments.items()
        if name in _WRAPPERS and name not in properties and isinstance(inner, dict):
            return cast("Arguments", inner)
    return arguments


def _renamed(arguments: Arguments, properties: Schema, required: frozenset[str]) -> Arguments:
    """Near-miss names as the missing parameter that each alone is near to."""
    renames: dict[str, str] = {}
    for name in arguments:
        if name in properties or name.casefold() in CHATTER:
            continue
        free = [other for other in properties if other not in arguments]
        near = meant(name, free, with_typos=False) or meant_parameter(name, [n for n in free if n in required])
        if near:
            renames[name] = near
    claimed = list(renames.values())
    return {
        renames[name] if name in renames and claimed.count(renames[name]) == 1 else name: value
        for name, value in arguments.items()
    }


def _without_chatter(arguments: Arguments, properties: Schema) -> Arguments:
    return {
        name: value
        for name, value in arguments.items()
        if name in properties or name.casefold() not in CHATTER or not isinstance(value, str | None)
    }


def _says_nothing(name: str, value: object, parameters: Schema) -> bool:
    """True for a null where the parameter may be left out and takes no null."""
    if value is not None or name in parameters.get("required", ()):
        return False
    part = parameters.get("properties", {}).get(name)
    return part is not None and not _accepts(None, _resolved(part, parameters), parameters)


def _inside(value: object, schema: Schema, root: Schema, depth: int) -> Any:
    """The parts of a value that fits from outside."""
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [converted(item, schema["items"], root, depth + 1) for item in cast("list[object]", value)]
    if isinstance(value, dict) and isinstance(schema.get("properties"), dict):
        inner: Schema = schema["properties"]
        return {
            name: converted(item, inner[name], root, depth + 1) if name in inner else plain(item)
            for name, item in cast("dict[str, object]", value).items()
        }
    return plain(cast("object", value))


def _resolved(schema: object, root: Schema) -> Schema:
    """What a reference points to; nothing to say for what is no schema."""
    for _ in range(_DEEPEST):
        if not isinstance(schema, Mapping) or "$ref" not in schema:
            break
        reference = str(cast("Schema", schema)["$ref"])
        schema = root.get(reference.split("/")[1] if reference.count("/") == 2 else "", {}).get(
            reference.rpartition("/")[2]
        )
    return cast("Schema", schema) if isinstance(schema, Mapping) else {}


def _alternatives(schema: Schema) -> list[Schema]:
    either = schema.get("anyOf") or schema.get("oneOf")
    if either:
        return list(either)
    kinds = schema.get("type")
    return [{**schema, "type": kind} for kind in cast("list[str]", kinds)] if isinstance(kinds, list) else [schema]


def _accepts(value: object, schema: Schema, root: Schema) -> bool:
    """True when the value is of a type, or one of the choices, that the schema names; or when it names none."""
    if "enum" in schema or "const" in schema:
        choices = schema.get("enum", [schema.get("const")])
        return any(choice == value and type(choice) is type(value) for choice in choices)
    if "anyOf" in schema or "oneOf" in schema:
        return any(_accepts(value, _resolved(part, root), root) for part in _alternatives(schema))
    kinds = schema.get("type")
    return (
        kinds is None
        or _kind_of(value) & set(cast("list[str]", kinds) if isinstance(kinds, list) else [kinds]) != set()
    )


def _kind_of(value: object) -> set[str]:
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, int):
        return {"integer", "number"}
    return {name for kind, name in _KINDS if isinstance(value, kind)}


def _changed(value: object, schema: Schema, root: Schema, depth: int) -> list[Any]:
    """The one thing that the value can mean by this schema, in a list; empty for none."""
    if "enum" in schema or "const" in schema:
        return _choice(value, list(schema.get("enum", [schema.get("const")])))
    kind = schema.get("type")
    if kind == "array":
        return _listed(value, schema, root, depth)
    if kind == "object":
        return [_inside(item, schema, root, depth) for item in _parsed(value, dict)]
    change = _CHANGES.get(str(kind))
    return change(value) if change else []


def _truth(value: object) -> list[Any]:
    return [value.casefold() == "true"] if isinstance(value, str) and value in _TRUTHS else []


def _choice(value: object, choices: list[Any]) -> list[Any]:
    """The choice that differs in case, or in being a number or its text."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return []
    said = str(value).casefold()
    listed = [choice for choice in choices if isinstance(choice, str | int) and not isinstance(choice, bool)]
    return _only([choice for choice in listed if str(choice).casefold() == said])


def _only(found: list[Any]) -> list[Any]:
    return found if len(found) == 1 else []


def _integer(value: object) -> list[Any]:
    if isinstance(value, str) and _INTEGER.fullmatch(value) and value != "-0":
        return [int(value)]
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST:
        return [int(value)]
    return []


def _number(value: object) -> list[Any]:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        return []
    number = float(value) if not _INTEGER.fullmatch(value) else int(value)
    return [number] if math.isfinite(number) else []


def _text(value: object) -> list[Any]:
    if isinstance(value, WrittenFloat):
        return [value.text]
    return [str(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []


def _listed(value: object, schema: Schema, root: Schema, depth: int) -> list[Any]:
    """A list written as text, or a single value as a list of one; a text with a comma could be either."""
    written = _parsed(value, list)
    if written:
        return [_inside(written[0], schema, root, depth)]
    if value is None or isinstance(value, list) or (isinstance(value, str) and ("," in value or "\n" in value)):
        return []
    item = converted(value, schema.get("items", {}), root, depth + 1)
    return [[item]] if _accepts(item, _resolved(schema.get("items", {}), root), root) else []


def _parsed(value: object, kind: type[object]) -> list[Any]:
    """What a text holds when that is strict JSON of this kind."""
    if not isinstance(value, str) or value.lstrip()[:1] not in {"{", "["}:
        return []
    try:
        parsed: object = json.loads(value)
    except (ValueError, RecursionError):
        return []
    return [parsed] if isinstance(parsed, kind) else []


_TRUTHS = frozenset({"true", "True", "TRUE", "false", "False", "FALSE"})
_CHANGES: Mapping[str, Callable[[object], list[Any]]] = {
    "integer": _integer,
    "number": _number,
    "boolean": _truth,
    "string": _text,
}
