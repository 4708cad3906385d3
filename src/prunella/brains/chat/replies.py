"""From what a model said to a proposal: native calls, calls written as text, or one JSON object."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from prunella.brains.chat.wire import ANSWER, GIVE_UP, SUBMIT_PLAN, find_spec, states_why
from prunella.domain.brief import Brief
from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Answer, LookUp, Plan, Proposal, Step, Unsure
from prunella.domain.tool import Risk, ToolSpec
from prunella.errors import Rejected

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

Arguments = dict[str, Any]
_THOUGHT = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Call:
    """One call as the model made it; nothing about it is checked yet."""

    name: str
    arguments: Arguments = field(default_factory=dict[str, Any])


class _SubmittedStep(BaseModel):
    model_config = ConfigDict(extra="ignore")

    tool: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    why: str = ""


class _Submitted(BaseModel):
    """A plan as models write it; what they add is ignored, a single reason may stand without its list."""

    model_config = ConfigDict(extra="ignore")

    cause: str = ""
    because: tuple[str, ...] = ()
    steps: tuple[_SubmittedStep, ...] = Field(min_length=1)

    @field_validator("because", mode="before")
    @classmethod
    def _as_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


def words_of(message: "AIMessage") -> str:
    """What the model said aloud, without its thoughts."""
    return _THOUGHT.sub("", str(message.text)).strip()


def calls_of(message: "AIMessage") -> tuple[Call, ...]:
    """Native calls, else calls and plans written into the text; empty for plain words.

    Raises Rejected for a native call whose arguments are no JSON.
    """
    if message.invalid_tool_calls:
        broken = message.invalid_tool_calls[0]
        raise Rejected(f"the arguments of {broken['name']} are not a JSON object: {_shorten(broken['args'] or '')}")
    if message.tool_calls:
        return tuple(_unwrapped(Call(call["name"], call["args"])) for call in message.tool_calls)
    return tuple(call for value in _objects_in(words_of(message)) for call in _calls_in(value))


def require_words(words: str) -> str:
    """`words` when they are words. Raises Rejected for nothing at all, and for JSON that is cut off or misshapen."""
    if not words:
        raise Rejected("the reply was empty")
    opening = words.removeprefix("```json").removeprefix("```").lstrip()
    if not opening.startswith(("{", "[")):
        return words
    try:
        json.JSONDecoder().raw_decode(opening)
    except json.JSONDecodeError as error:
        raise Rejected(f"the reply is not whole JSON: {error.msg} at character {error.pos}") from error
    raise Rejected('the JSON names no tool and has no "steps", "text" or "decision"')


def proposal_of(calls: tuple[Call, ...], words: str, brief: Brief) -> Proposal:
    """What the calls amount to. Raises Rejected with the exact fault, and for a plan that was tried before."""
    for call in calls:
        if call.name == GIVE_UP:
            return Unsure(why=_said(call, "why", "text") or words or "it gave up without a reason")
        if call.name == ANSWER:
            return Answer(text=_said(call, "text", "answer") or require_words(words))
    submitted = next((call for call in calls if call.name == SUBMIT_PLAN), None)
    plan = _submitted(submitted, brief) if submitted else _acting(calls, words, brief)
    return _require_new(plan, brief)


def _acting(calls: tuple[Call, ...], words: str, brief: Brief) -> Plan | LookUp:
    steps = tuple(_step(call, brief.tools) for call in calls)
    leading = _without_repeats(_leading_reads(steps, brief))
    if leading:
        return LookUp(steps=leading)
    changes = _changes(steps, brief)
    cause = _first_sentence(words) or next((step.why for step in changes if step.why), "not stated")
    return Plan(cause=cause, steps=changes)


def _submitted(call: Call, brief: Brief) -> Plan | LookUp:
    submitted = _validated(call.arguments)
    steps = tuple(_step(Call(step.tool, step.arguments), brief.tools, step.why) for step in submitted.steps)
    changes = _changes(steps, brief)
    if not changes:
        return LookUp(steps=_without_repeats(steps))
    return Plan(cause=submitted.cause or "not stated", because=submitted.because, steps=changes)


def _validated(arguments: Arguments) -> _Submitted:
    try:
        return _Submitted.model_validate(arguments)
    except ValidationError as error:
        first = error.errors()[0]
        raise Rejected(f"the plan's {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _require_new(proposal: Plan | LookUp, brief: Brief) -> Plan | LookUp:
    if isinstance(proposal, Plan) and proposal.key in brief.tried:
        steps = "; ".join(map(str, proposal.steps))
        raise Rejected(f"this very plan was tried or rejected before: {steps}")
    return proposal


def _step(call: Call, specs: tuple[ToolSpec, ...], why: str = "") -> Step:
    """The step by the tool's own name; an unknown name stays, for the vetting to answer with the nearest."""
    spec = find_spec(call.name, specs)
    arguments = dict(call.arguments)
    if spec is None or not states_why(spec):
        why = str(arguments.pop("why", None) or why)
    return Step(tool=spec.name if spec else call.name, arguments=arguments, why=why)


def _reads(step: Step, brief: Brief) -> bool:
    spec = find_spec(step.tool, brief.tools)
    return spec is not None and spec.risk is Risk.READ


def _leading_reads(steps: tuple[Step, ...], brief: Brief) -> Iterator[Step]:
    return takewhile(lambda step: _reads(step, brief), steps)


def _without_repeats(steps: Iterable[Step]) -> tuple[Step, ...]:
    """One look of a kind: a second one in the same answer shows the same."""
    return tuple({step.key: step for step in steps}.values())


def _changes(steps: tuple[Step, ...], brief: Brief) -> tuple[Step, ...]:
    """The steps that do something, without those that a model only repeats."""
    changes = [step for step in steps if not _reads(step, brief)]
    return tuple(step for place, step in enumerate(changes) if place == 0 or step.key != changes[place - 1].key)


def _objects_in(text: str) -> Iterator[object]:
    """Every outermost JSON object or list in `text`, in order, wherever it stands."""
    decoder, place = json.JSONDecoder(strict=False), 0
    while opening := re.compile(r"[{\[]").search(text, place):
        try:
            value, place = decoder.raw_decode(text, opening.start())
        except json.JSONDecodeError:
            place = opening.start() + 1
        else:
            yield value


def _calls_in(value: object) -> Iterator[Call]:
    """The calls in one JSON value; none when it is of another shape, such as a quoted piece of evidence."""
    if isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _calls_in(item)
    elif isinstance(value, dict):
        fields = cast("Arguments", value)
        call = _proposal_call(fields) or _written_call(fields)
        yield from (call,) if call else _calls_in(fields.get("tool_calls"))


def _proposal_call(fields: Arguments) -> Call | None:
    """An object of the proposal schema as the call that says the same."""
    decision = fields.get("decision")
    if fields.get("steps") and decision != GIVE_UP:
        return Call(SUBMIT_PLAN, fields)
    if decision == "use_tools":
        raise Rejected('the decision is "use_tools", and "steps" is empty')
    if decision in {ANSWER, GIVE_UP}:
        text = fields.get("text") or fields.get("cause") or ""
        return Call(str(decision), {"text": text})
    return None


def _written_call(fields: Arguments) -> Call | None:
    fields = fields["function"] if isinstance(fields.get("function"), dict) else fields
    name = next(
        (fields[key] for key in ("name", "tool", "function", "action") if isinstance(fields.get(key), str)), None
    )
    given = next((fields[key] for key in ("arguments", "parameters", "args", "action_input") if key in fields), None)
    if name is None or given is None:
        return None
    call = Call(name, _argument_object(name, given))
    return Call(name, {**call.arguments, "why": fields["why"]}) if fields.get("why") else _unwrapped(call)


def _argument_object(name: str, given: object) -> Arguments:
    """The arguments as an object; some models write them as a text that holds one."""
    try:
        value: object = json.loads(given) if isinstance(given, str) else given
    except json.JSONDecodeError as error:
        raise Rejected(f"the arguments of {name} are not JSON: {_shorten(str(given))}") from error
    if not isinstance(value, dict):
        raise Rejected(f"the arguments of {name} are not a JSON object: {_shorten(json.dumps(value))}")
    return cast("Arguments", value)


def _unwrapped(call: Call) -> Call:
    """A structured answer that came as a call of the schema's own name, as the call that it stands for."""
    return (_proposal_call(call.arguments) or call) if call.name == "proposal" else call


def _said(call: Call, *fields: str) -> str:
    return next((str(call.arguments[name]) for name in fields if call.arguments.get(name)), "")


def _first_sentence(words: str) -> str:
    line = next((line.strip() for line in words.splitlines() if line.strip()), "")
    return "" if line.startswith(("{", "[", "```", "<")) else _shorten(line, 300)


def _shorten(text: str, most: int = 120) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
