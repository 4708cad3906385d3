"""The contract that a Python signature and its docstring state."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import Field, TypeAdapter, create_model
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo

from prunella.errors import Misuse
from prunella.tools.contract import Contract
from prunella.tools.docstring import parse_docstring
from prunella.tools.schema import STRICT_BUT_KIND

_BY_NAME = {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}


def contract_of(function: Callable[..., object], name: str) -> Contract:
    """Raises Misuse for a signature that cannot be called by name with JSON; untyped parts take anything."""
    signature = _signature(function, name)
    documented = parse_docstring(inspect.getdoc(function) or "").parameters
    fields = [_field(name, parameter, documented) for parameter in signature.parameters.values()]
    numbered: dict[str, Any] = {f"argument_{number}": field for number, field in enumerate(fields)}
    try:
        takes = create_model("Arguments", __config__=STRICT_BUT_KIND, **numbered)
        contract = Contract(name, takes, TypeAdapter(_result(signature)))
        contract.parameters()
        contract.returns()
    except PydanticUserError as error:
        raise Misuse(
            f"Tool {name} has a type without a JSON form: {error.message} "
            "Use Pydantic models, dataclasses or plain types."
        ) from error
    return contract


def _signature(function: Callable[..., object], name: str) -> inspect.Signature:
    try:
        return inspect.signature(function, eval_str=True)
    except NameError as error:
        raise Misuse(f"Tool {name}: {error} in its annotations. Import or define the type at module level.") from error


def _field(tool: str, parameter: inspect.Parameter, documented: Mapping[str, str]) -> tuple[Any, Any]:
    name, annotation = parameter.name, parameter.annotation
    if parameter.kind not in _BY_NAME:
        raise Misuse(f"Tool {tool} takes {parameter}: name each parameter, so that brains can give it by name.")
    if name in {"self", "cls"} and annotation is inspect.Parameter.empty:
        raise Misuse(f"Tool {tool} is a method without its object: use tool(...)(instance.method) instead.")
    if isinstance(parameter.default, FieldInfo):
        raise Misuse(f"Tool {tool}: write {name}'s Field inside Annotated, so that a plain call still has its default.")
    typed = Any if annotation is inspect.Parameter.empty else annotation
    default = ... if parameter.default is inspect.Parameter.empty else parameter.default
    return typed, Field(default, alias=name, description=_described(annotation) or documented.get(name))


def _described(annotation: Any) -> str | None:
    notes = [note for note in getattr(annotation, "__metadata__", ()) if isinstance(note, FieldInfo)]
    return next((note.description for note in notes if note.description), None)


def _result(signature: inspect.Signature) -> Any:
    annotation = signature.return_annotation
    return Any if annotation is inspect.Signature.empty else annotation
