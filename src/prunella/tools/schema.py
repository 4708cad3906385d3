"""JSON schemas: the types behind one, and the words for one."""

from collections.abc import Mapping
from typing import Any, Literal, Union, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaWarningKind

Schema = Mapping[str, Any]

_TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": int | float,
    "boolean": bool,
    "null": None,
}
_DEEPEST = 8
STRICT_BUT_KIND = ConfigDict(extra="forbid", coerce_numbers_to_str=True, allow_inf_nan=False)


class PlainSchema(GenerateJsonSchema):
    """Schemas without titles, which say nothing that names do not; a default without a JSON form is left out."""

    ignored_warning_kinds: set[JsonSchemaWarningKind] = {"skipped-choice", "non-serializable-default"}

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - Pydantic's signature
        return False


def without_titles(schema: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The schema without its own title and those of its definitions."""
    definitions = schema.get("$defs")
    plain = {key: value for key, value in schema.items() if key != "title"}
    if isinstance(definitions, dict):
        plain["$defs"] = {
            name: {key: value for key, value in part.items() if key != "title"} if isinstance(part, dict) else part
            for name, part in definitions.items()
        }
    return plain


def model_of(schema: Schema) -> type[BaseModel]:
    """A model that accepts what an object schema accepts, as far as types, required and unknown names go."""
    definitions = schema.get("$defs", {})
    top = _resolved(schema, definitions) if "$ref" in schema else schema
    return _object(top, definitions, 0, open_by_default=False)


def type_of(schema: Schema) -> Any:
    """The annotation for what a schema accepts; Any for what it does not narrow down."""
    return _type(schema, schema.get("$defs", {}), 0)


def say(schema: Schema, definitions: Schema | None = None) -> str:
    """The schema in a few words: `integer`, `list of string`, `string or null`, `one of "a", "b"`."""
    if "enum" in schema or "const" in schema:
        return "one of " + ", ".join(_quoted(choice) for choice in schema.get("enum", [schema.get("const")]))
    if "$ref" in schema:
        return say(_resolved(schema, definitions or {}), definitions)
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if alternatives:
        return " or ".join(say(part, definitions) for part in alternatives)
    kind = schema.get("type", "anything")
    if kind == "array" and "items" in schema:
        return f"list of {say(schema['items'], definitions)}"
    return " or ".join(cast("list[str]", kind)) if isinstance(kind, list) else str(kind)


def _quoted(choice: object) -> str:
    return f'"{choice}"' if isinstance(choice, str) else str(choice)


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    """What a reference points to, with nothing to say of itself when it is another reference or unknown."""
    target = definitions.get(str(schema["$ref"]).rsplit("/", 1)[-1], {})
    return {} if "$ref" in target else target


def _type(schema: Schema, definitions: Schema, depth: int) -> Any:
    if depth > _DEEPEST:
        return Any
    if "$ref" in schema:
        return _type(_resolved(schema, definitions), definitions, depth + 1)
    if "enum" in schema or "const" in schema:
        return _choice(schema.get("enum", [schema.get("const")]))
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if alternatives:
        return _union([_type(part, definitions, depth + 1) for part in alternatives])
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return _union([_type({**schema, "type": kind}, definitions, depth + 1) for kind in cast("list[str]", kinds)])
    return _of_kind(cast("str | None", kinds), schema, definitions, depth)


def _of_kind(kind: str | None, schema: Schema, definitions: Schema, depth: int) -> Any:
    if kind == "array":
        return list[_type(schema.get("items", {}), definitions, depth + 1)]
    if kind == "object" and "properties" in schema:
        return _object(schema, definitions, depth + 1, open_by_default=True)
    if kind == "object":
        return dict[str, Any]
    return _TYPES.get(kind or "", Any)


def _choice(choices: list[Any]) -> Any:
    literal = all(isinstance(choice, str | int | bool | None) for choice in choices)
    return Literal[tuple(choices)] if literal and choices else Any


def _union(types: list[Any]) -> Any:
    return Any if Any in types else Union[tuple(types)]  # noqa: UP007 - the members are known at run time only


def _object(schema: Schema, definitions: Schema, depth: int, *, open_by_default: bool) -> type[BaseModel]:
    required = schema.get("required", ())
    fields: dict[str, Any] = {
        f"field_{number}": (
            _type(part, definitions, depth + 1),
            Field(... if name in required else None, alias=name, description=part.get("description")),
        )
        for number, (name, part) in enumerate(schema.get("properties", {}).items())
    }
    is_open = bool(schema.get("additionalProperties", open_by_default))
    config: ConfigDict = {**STRICT_BUT_KIND, "extra": "allow" if is_open else "forbid"}
    return create_model("Arguments", __config__=config, **fields)
