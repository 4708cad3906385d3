"""What a tool takes and what it gives, checked both ways; conversions that lose something are refused."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import to_json, to_jsonable_python

from prunella.domain.frozen import JsonValue
from prunella.domain.tool import ToolSpec
from prunella.errors import PrunellaError, Rejected
from prunella.nearest import nearest
from prunella.tools.schema import PlainSchema, model_of, say, type_of, without_titles

_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue, config={"allow_inf_nan": False})
_LONGEST_VALUE = 80
_LONGEST_NAME = 100
_LEVELS_AROUND = 30  # what an observation lies in when it is written down


class BadArguments(Rejected):
    """Arguments that do not fit. `hint` says what would."""

    code = "bad-arguments"

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class BrokenContract(PrunellaError):
    """A tool gave what it never promised; its effect may have taken place."""

    code = "broken-contract"


@dataclass(frozen=True)
class Contract:
    """Both sides of one tool's bargain. The fields of `takes` have the parameters' names as aliases."""

    name: str
    takes: type[BaseModel]
    gives: TypeAdapter[Any]

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters, in their order."""
        return tuple(field.alias or name for name, field in self.takes.model_fields.items())

    def parameters(self) -> dict[str, JsonValue]:
        return without_titles(self.takes.model_json_schema(by_alias=True, schema_generator=PlainSchema))

    def returns(self) -> dict[str, JsonValue]:
        return without_titles(self.gives.json_schema(mode="serialization", schema_generator=PlainSchema))

    def read(self, arguments: Mapping[str, JsonValue]) -> BaseModel:
        """Raises BadArguments that names every field at fault."""
        given = dict(arguments)
        try:
            must_be_json(given)
            taken = self.takes.model_validate(given)
        except ValidationError as error:
            raise self._bad(_faults(error, self.parameters())) from error
        except ValueError as error:
            raise self._bad((f"the arguments cannot be written as JSON ({error})",)) from error
        losses = tuple(_losses(given, taken, ""))
        if losses:
            raise self._bad(losses)
        return taken

    def accept(self, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """The arguments, which fit. Raises BadArguments."""
        self.read(arguments)
        return dict(arguments)

    def release(self, output: JsonValue) -> JsonValue:
        """What the tool's `run` gave, which it checked itself with `deliver`."""
        return output

    def deliver(self, result: object) -> JsonValue:
        """The result as JSON. Raises BrokenContract."""
        try:
            taken = self.gives.validate_python(result)
            losses = tuple(_losses(result, taken, ""))
            output = _JSON.validate_python(self.gives.dump_python(taken, mode="json", by_alias=True, warnings="error"))
            must_be_json(output)
        except (ValueError, RecursionError) as error:
            raise self._broken(result, _reasons(error)) from error
        if losses:
            raise self._broken(result, "; ".join(losses))
        return output

    def hint(self) -> str:
        """How it is called, in one line."""
        schema: dict[str, Any] = self.parameters()
        required = schema.get("required", [])
        wanted = ", ".join(
            f"{name}{'' if name in required else '?'}: {say(part, schema.get('$defs'))}"
            for name, part in schema.get("properties", {}).items()
        )
        return f"It is called as {self.name}({wanted})."

    def _bad(self, faults: tuple[str, ...]) -> BadArguments:
        return BadArguments(f"{self.name} was not called: {'; '.join(faults)}.", self.hint())

    def _broken(self, result: object, why: str) -> BrokenContract:
        return BrokenContract(
            f"{self.name} ran, but gave {_shown(result)}, which breaks its contract "
            f"({say(cast('dict[str, Any]', self.returns()))}): {why}. Its effect may have taken place."
        )


class SchemaContract(Contract):
    """The contract of a tool that has JSON schemas only; it is given arguments of the types that it asked for."""

    def accept(self, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        return self.read(arguments).model_dump(mode="json", by_alias=True, exclude_unset=True)

    def release(self, output: JsonValue) -> JsonValue:
        return self.deliver(output)


def contract_from(spec: ToolSpec) -> Contract:
    """What the schemas of a spec promise."""
    return SchemaContract(spec.name, model_of(spec.parameters), TypeAdapter(type_of(spec.returns)))


def as_json(value: object) -> JsonValue:
    """Any Pydantic value, dataclass or plain value as JSON; bytes as URL-safe base64. Raises ValueError."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return cast("JsonValue", to_jsonable_python(plain, bytes_mode="base64"))


def must_be_json(value: object) -> None:
    """Raises ValueError for what no JSON writer takes, although its readers may: half a surrogate pair, nesting of
    more than 200 levels.
    """
    for _ in range(_LEVELS_AROUND):
        value = [value]
    to_json(value)


def _faults(error: ValidationError, schema: dict[str, Any]) -> tuple[str, ...]:
    properties, definitions = schema.get("properties", {}), schema.get("$defs", {})
    return tuple(_fault(dict(fault), properties, definitions) for fault in error.errors(include_url=False))


def _fault(fault: dict[str, Any], properties: dict[str, Any], definitions: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in fault["loc"])
    part: dict[str, Any] = properties.get(fault["loc"][0], {}) if len(fault["loc"]) == 1 else {}
    if fault["type"] == "missing":
        return f"{place}: missing, expected {_said(part, definitions)}"
    if fault["type"] == "extra_forbidden":
        return f"{_shown(place)} is no parameter{_near(place, properties)}"
    message = str(fault["msg"])
    return f"{place}: given {_shown(fault['input'])}, {message.replace('Input should be', 'expected', 1)}"


def _said(part: dict[str, Any], definitions: dict[str, Any]) -> str:
    words, meaning = say(part, definitions), str(part.get("description", "")).rstrip(".")
    return f"{words} ({meaning})" if meaning else words


def _near(place: str, properties: dict[str, Any]) -> str:
    found = nearest(place[:_LONGEST_NAME], properties)
    return f" (nearest: {', '.join(found)})" if found else ""


def _reasons(error: ValueError | RecursionError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    places = [(".".join(str(part) for part in fault["loc"]), fault["msg"]) for fault in error.errors(include_url=False)]
    return "; ".join(f"{place}: {message}" if place else message for place, message in places[:5])


def _losses(given: object, taken: object, place: str) -> Iterator[str]:
    """Where a conversion made something else of a value: True into 1, 2**53 + 1 into a float."""
    for key, before, after in _pairs(given, taken):
        yield from _losses(before, after, f"{place}.{key}" if place else key)
    is_number = isinstance(taken, int | float) and not isinstance(taken, bool)
    if is_number and (isinstance(given, bool) or (isinstance(given, int | float) and given != taken)):
        yield f"{place or 'result'}: given {_shown(given)}, expected a number that holds it as it is"


def _pairs(given: object, taken: object) -> Iterator[tuple[str, object, object]]:
    """The parts of a value beside what became of each; nothing for a scalar."""
    if isinstance(given, dict):
        parts = cast("dict[str, object]", given)
        kept = _parts(taken)
        yield from ((key, value, kept[key]) for key, value in parts.items() if key in kept)
    elif isinstance(given, list | tuple) and isinstance(taken, list | tuple):
        rows = zip(cast("list[object]", given), cast("list[object]", taken), strict=False)
        yield from ((str(number), before, after) for number, (before, after) in enumerate(rows))


def _parts(taken: object) -> dict[str, object]:
    if isinstance(taken, dict):
        return cast("dict[str, object]", taken)
    if isinstance(taken, BaseModel):
        return {field.alias or name: getattr(taken, name) for name, field in type(taken).model_fields.items()}
    return {}


def _shown(value: object) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = f"something of type {type(value).__name__}"
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
