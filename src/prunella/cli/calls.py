"""A call of a tool, from the words that an operator types: `config.set web PORT 8080`."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from prunella.configs.reading import read_config
from prunella.domain.evidence import Observation
from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Step
from prunella.domain.service import Fleet, Service
from prunella.domain.tool import Risk, ToolSpec
from prunella.errors import Misuse
from prunella.nearest import did_you_mean
from prunella.protocols import Tool, Toolbox
from prunella.tools.names import wire_name

_FILES = {"file", "path"}
_KEYS = {"key", "setting"}


@dataclass(frozen=True)
class Call:
    """A step whose arguments fit its tool."""

    step: Step
    tool: Tool


def call_in(text: str, tools: Toolbox, fleet: Fleet) -> Call:
    """The first word is the tool; the others are its arguments in order, or `name=value`.

    Where a file is wanted a service stands for its own. Raises Misuse, with what is nearest, for what fits nothing.
    """
    name, *words = _words_of(text)
    spec = _spec_of(name, tools)
    given = dict(_given(spec, words))
    arguments = {key: _meant(key, value, spec, given, fleet) for key, value in given.items()}
    step = Step(tool=spec.name, arguments=arguments)
    tool = tools.find(step)
    if isinstance(tool, Observation):
        raise Misuse(f"{tool.message} {_usage(spec)}")
    return Call(step, tool)


def _words_of(text: str) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise Misuse(f"{text!r} cannot be read: {error}. Close the quote.") from error
    if not words:
        raise Misuse('Say which call: `prunella policy explain "config.set web PORT 8080"`.')
    return words


def _spec_of(name: str, tools: Toolbox) -> ToolSpec:
    for spec in tools.specs:
        if wire_name(spec.name).casefold() == wire_name(name).casefold():
            return spec
    known = [spec.name for spec in tools.specs]
    raise Misuse(f"There is no tool {name!r}. " + (did_you_mean(name, known) or f"Known: {', '.join(known)}."))


def _given(spec: ToolSpec, words: list[str]) -> Iterator[tuple[str, JsonValue]]:
    """By name where the word begins with a parameter's name, else in the order of the parameters."""
    parameters = _parameters(spec)
    named = [word.partition("=") for word in words if _is_named(word, parameters)]
    free = [key for key in parameters if key not in {key for key, _, _ in named}]
    placed = [word for word in words if not _is_named(word, parameters)]
    if len(placed) > len(free):
        raise Misuse(f"{placed[len(free)]!r} is one word too many. {_usage(spec)} Quote a value that holds spaces.")
    values = {**dict(zip(free, placed, strict=False)), **{key: value for key, _, value in named}}
    missing = [key for key in _required(spec) if key not in values]
    if missing:
        raise Misuse(f"{spec.name} lacks {', '.join(missing)}. {_usage(spec)}")
    yield from ((key, _typed(value, parameters[key])) for key, value in values.items())


def _is_named(word: str, parameters: Mapping[str, JsonValue]) -> bool:
    key, equals, _ = word.partition("=")
    return bool(equals) and key in parameters


def _typed(value: str, schema: JsonValue) -> JsonValue:
    """Lists and tables are written as JSON; all else the tool reads from text."""
    if not isinstance(schema, dict) or schema.get("type") not in {"array", "object"}:
        return value
    try:
        return cast("JsonValue", json.loads(value))
    except ValueError as error:
        raise Misuse(f"{value!r} is no JSON, and {schema['type']} is wanted: {error}.") from error


def _meant(key: str, value: JsonValue, spec: ToolSpec, given: Mapping[str, JsonValue], fleet: Fleet) -> JsonValue:
    schema = _parameters(spec)[key]
    listed = schema.get("enum") if isinstance(schema, dict) else None
    if not isinstance(value, str):
        return value
    if key == "service":
        return _service(value, fleet).name
    may_be_folder = key == "path" and spec.risk is Risk.READ
    if key in _FILES and not (may_be_folder and (fleet.folder / value).exists()):
        return _file(value, given, fleet, must_be_declared=bool(listed))
    return value


def _service(name: str, fleet: Fleet) -> Service:
    for service in fleet.services.values():
        if service.name.casefold() == name.casefold():
            return service
    known = ", ".join(fleet.services)
    raise Misuse(f'There is no service "{name}". ' + (did_you_mean(name, fleet.services) or f"Known: {known}."))


def _file(word: str, given: Mapping[str, JsonValue], fleet: Fleet, *, must_be_declared: bool) -> str:
    """A service's name stands for its file: its only one, or the only one that has the setting which is meant."""
    declared = {path: service for service in fleet.services.values() for path in service.config}
    if any(word in {path.name, str(path)} or fleet.folder / word == path for path in declared):
        return word
    service = next((each for each in fleet.services.values() if each.name.casefold() == word.casefold()), None)
    if service is not None:
        return _relative(_file_of(service, given, fleet), fleet)
    if not must_be_declared:
        return word
    known = [*fleet.services, *(_relative(path, fleet) for path in declared)]
    near = did_you_mean(word, known) or f"Known: {', '.join(known)}."
    raise Misuse(f'"{word}" is neither a service nor a configuration file of the fleet. {near}')


def _file_of(service: Service, given: Mapping[str, JsonValue], fleet: Fleet) -> Path:
    if not service.config:
        raise Misuse(f"{service.name} declares no configuration file.")
    keys = {str(value) for name, value in given.items() if name in _KEYS}
    having = [path for path in service.config if keys & {setting.key for setting in read_config(path).settings}]
    for fitting in (service.config, tuple(having)):
        if len(fitting) == 1:
            return fitting[0]
    names = ", ".join(_relative(path, fleet) for path in service.config)
    raise Misuse(f"{service.name} has several configuration files: {names}. Name one of them.")


def _relative(path: Path, fleet: Fleet) -> str:
    return str(path).removeprefix(f"{fleet.folder}/")


def _parameters(spec: ToolSpec) -> Mapping[str, JsonValue]:
    properties = spec.parameters.get("properties")
    return properties if isinstance(properties, dict) else {}


def _required(spec: ToolSpec) -> tuple[str, ...]:
    required = spec.parameters.get("required")
    return tuple(str(key) for key in required) if isinstance(required, list) else ()


def _usage(spec: ToolSpec) -> str:
    required = _required(spec)
    names = (key if key in required else f"[{key}]" for key in _parameters(spec))
    return f"Write: {' '.join([spec.name, *names])}."
