"""Refuses tools that a brain could not choose rightly: what they are called and what is said of them."""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from prunella.domain.frozen import JsonValue
from prunella.domain.tool import ToolSpec
from prunella.tools.docstring import parse_docstring


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that say nothing of what a tool does, whatever stands beside them.
_VAGUE = _words("""
    action any custom data do execute foo bar func function general generic handle handler helper helpers info
    information input it main manage manager method misc my new operation perform process processor run something
    stuff that thing things this tmp tool util utility utils work
""")
# Verbs that say something only beside an object that does.
_NEEDS_AN_OBJECT = _words("""
    add apply call change check create delete fetch get list load make read save send set show update use write
""")
_FILLERS = _words("a an and by for from function in is it its of on or that the this to tool which with")
_WORD = re.compile(r"[^\W\d_]+")
_DOCUMENT_WORD = re.compile(r"[\u3040-\u9fff\uac00-\ud7af]|[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_FEWEST_WORDS = 4


def lint(spec: ToolSpec, function: Callable[..., object]) -> tuple[str, ...]:
    """Everything that keeps a brain from choosing this tool rightly; empty when nothing does."""
    return (*_of_name(spec.name), *_of_description(spec), *_of_parameters(spec, function), *_of_types(function))


def _of_name(name: str) -> tuple[str, ...]:
    words = [word.lower() for word in _WORD.findall(_CAMEL.sub("_", name))]
    telling = [word for word in words if len(word) > 1 and word not in _VAGUE]
    if len(words) > 1:
        telling = [word for word in telling if word not in _NEEDS_AN_OBJECT]
    if telling:
        return ()
    return (f"`{name}` does not tell: say what it does, as `format_csv_for_accounting_upload` does.",)


def _of_description(spec: ToolSpec) -> tuple[str, ...]:
    words = [word.lower() for word in _DOCUMENT_WORD.findall(spec.description)]
    if len(words) < _FEWEST_WORDS:
        return (
            f'The docstring "{spec.description}" is too thin: say in a sentence what the tool does and when to use it.',
        )
    name = {_stem(word.lower()) for word in _WORD.findall(_CAMEL.sub("_", spec.name))}
    if {_stem(word) for word in words if word not in _FILLERS} <= name:
        return (f'The docstring "{spec.description}" only repeats the name: say what the name does not.',)
    return ()


def _of_parameters(spec: ToolSpec, function: Callable[..., object]) -> tuple[str, ...]:
    properties = cast("Mapping[str, Mapping[str, JsonValue]]", spec.parameters.get("properties", {}))
    silent = [name for name, part in properties.items() if not str(part.get("description", "")).strip()]
    stale = [name for name in parse_docstring(inspect.getdoc(function) or "").parameters if name not in properties]
    return (
        *(f"Parameter `{name}` is not described: add it to `Args:` or use Annotated with Field." for name in silent),
        *(f"`Args:` describes `{name}`, which is no parameter." for name in stale),
    )


def _of_types(function: Callable[..., object]) -> tuple[str, ...]:
    signature = inspect.signature(function)
    untyped = [name for name, parameter in signature.parameters.items() if _is_empty(parameter.annotation)]
    problems = [f"Parameter `{name}` has no type." for name in untyped]
    if _is_empty(signature.return_annotation):
        problems.append("What it returns has no type: write `-> None` for nothing.")
    return tuple(problems)


def _is_empty(annotation: Any) -> bool:
    return annotation is inspect.Parameter.empty


def _stem(word: str) -> str:
    return word.rstrip("s")
