"""What goes over the wire: the run's tools and the ways to answer, as schemas that providers accept."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from prunella.brains.mending.names import meant
from prunella.brains.mending.shapes import ANSWER, GIVE_UP, SUBMIT_PLAN
from prunella.domain.brief import Brief
from prunella.domain.tool import Risk, ToolSpec
from prunella.tools.names import wire_name

Schema = dict[str, Any]

WHY: Schema = {"type": "string", "description": "one sentence: why this step", "maxLength": 200}
_UNTIL = "ends a sub-goal of the plan: the probe that has to be green before the next step is taken"
_TEXT: Schema = {"type": "string", "maxLength": 2000}
_SENTENCE: Schema = {"type": "string", "maxLength": 300}
_REASONS: Schema = {"type": "array", "items": _SENTENCE, "maxItems": 3}
MOST_STEPS, MOST_LOOKS = 8, 3


class Way(StrEnum):
    """How an answer is asked for, best first; each takes less of the model than the one before."""

    CALLS = "calls"  # native tool calls
    SCHEMA = "schema"  # one JSON object, held to a schema by the provider
    WORDS = "words"  # one JSON object, asked for in words


def find_spec(name: str, specs: Iterable[ToolSpec], *, with_typos: bool = True) -> ToolSpec | None:
    """The tool that a model means by `name`: its own name or the one on the wire, or what can mean no other."""
    own = {spec.name: spec for spec in specs}
    on_wire = {wire_name(spec.name): spec for spec in own.values()}
    found = own.get(name) or on_wire.get(name)
    near = None if found else meant(name, own, with_typos=with_typos)
    return own[near] if near else found


def states_why(spec: ToolSpec) -> bool:
    """True when the tool has a parameter of its own by that name, which then belongs to the tool."""
    properties = spec.parameters.get("properties")
    return isinstance(properties, dict) and "why" in properties


def plain_parameters(spec: ToolSpec) -> Schema:
    """The parameters with every reference resolved, so that they can stand inside another schema."""
    from langchain_core.utils.json_schema import dereference_refs

    schema: Schema = dereference_refs({"type": "object", "properties": {}, **spec.parameters})
    return {key: value for key, value in schema.items() if key != "$defs"}


def tools_on_wire(specs: Iterable[ToolSpec], probes: Sequence[str] = ()) -> list[Schema]:
    """The run's tools and the three ways to answer, in OpenAI's shape, which every LangChain provider converts."""
    specs = tuple(specs)
    return [_function_of(spec) for spec in specs] + _answers(specs, probes)


def _function_of(spec: ToolSpec) -> Schema:
    parameters = plain_parameters(spec)
    if spec.risk is not Risk.READ and not states_why(spec):
        parameters = {**parameters, "properties": {**parameters["properties"], "why": WHY}}
    return _function(wire_name(spec.name), f"[{spec.risk}] {spec.description}", parameters)


def _answers(specs: tuple[ToolSpec, ...], probes: Sequence[str]) -> list[Schema]:
    step = _closed(tool=_name_schema(specs), arguments={"type": "object"}, why=WHY)
    if len(probes) > 1:
        step["properties"]["until"] = {"type": "string", "enum": list(probes), "description": _UNTIL}
    steps: Schema = {"type": "array", "items": step, "minItems": 1, "maxItems": MOST_STEPS}
    plan = _function(
        SUBMIT_PLAN,
        "Propose a whole plan: the root cause, the evidence for it, and the steps in order.",
        _closed(cause=_SENTENCE, because=_REASONS, steps=steps),
    )
    answer = _function(ANSWER, "Answer in words, when the goal asks for words only.", _closed(text=_TEXT))
    give_up = _function(GIVE_UP, "Say that you do not know, and what you would need to know.", _closed(why=_TEXT))
    return [plan, answer, give_up] if specs else [answer, give_up]


def _name_schema(specs: tuple[ToolSpec, ...]) -> Schema:
    return {"type": "string", "enum": [wire_name(spec.name) for spec in specs]}


def _function(name: str, description: str, parameters: Schema) -> Schema:
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def _closed(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def readers_first(brief: Brief) -> tuple[ToolSpec, ...]:
    """The tools to look with, while nothing was seen yet; empty when something was, or when none only reads."""
    return () if brief.evidence else tuple(spec for spec in brief.tools if spec.risk is Risk.READ)


def schema_for(brief: Brief, most_steps: int = MOST_STEPS) -> Schema:
    """What a model is held to. Small ones change before they look, so until something was seen they can only look."""
    readers = readers_first(brief)
    if readers:
        return proposal_schema(readers, min(MOST_LOOKS, most_steps), words=brief.wants_words)
    return proposal_schema(brief.tools, most_steps, words=brief.wants_words)


def proposal_schema(specs: Iterable[ToolSpec], most_steps: int = MOST_STEPS, *, words: bool = True) -> Schema:
    """One object that can say all: thought first, then the decision, then typed steps of known tools only. To say what
    must change before choosing a call keeps small models from calling what only sounds like the trouble.

    Without `words` there is no place for an answer: small models fill it whatever they decide, at length. Whoever
    gives up then says so in the cause.
    """
    specs = tuple(specs)
    decisions = ["use_tools", *([ANSWER] if words else []), GIVE_UP] if specs else [ANSWER, GIVE_UP]
    properties: dict[str, Schema] = {
        "because": _REASONS,
        "cause": _SENTENCE,
        "change": _SENTENCE,
        "decision": {"type": "string", "enum": decisions},
        "steps": {"type": "array", "items": {"anyOf": [_step_of(s) for s in specs]}, "maxItems": most_steps},
        "text": _TEXT,
    }
    if not specs:
        del properties["steps"], properties["change"]
    elif not words:
        del properties["text"]
    return {"title": "proposal", "description": "What to do next.", **_closed(**properties)}


def _step_of(spec: ToolSpec) -> Schema:
    """What only looks needs no reason; elsewhere it stands last, where the call is known that it is for."""
    tool: Schema = {"type": "string", "enum": [wire_name(spec.name)]}
    reason = {} if spec.risk is Risk.READ else {"why": WHY}
    return _closed(tool=tool, arguments=plain_parameters(spec), **reason)
