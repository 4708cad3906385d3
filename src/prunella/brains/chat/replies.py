"""From what a model said to a proposal: native calls, calls written as text, or one JSON object."""

from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import TYPE_CHECKING, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from prunella.brains.chat.wire import ANSWER, GIVE_UP, SUBMIT_PLAN, find_spec, states_why
from prunella.brains.mending.broken import Broken
from prunella.brains.mending.call import Arguments, Call, shorten
from prunella.brains.mending.fitting import fit, plain
from prunella.brains.mending.names import meant
from prunella.brains.mending.notation import read_value, read_whole
from prunella.brains.mending.reading import written_calls
from prunella.brains.mending.shapes import arguments_of, call_of_step, unwrapped
from prunella.brains.mending.thoughts import MOST_CHARS, without_thoughts
from prunella.domain.brief import Brief
from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Answer, LookUp, Plan, Proposal, Step, Unsure
from prunella.domain.tool import Risk, ToolSpec
from prunella.errors import Rejected
from prunella.tools.names import wire_name

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

_ANSWERS = (SUBMIT_PLAN, ANSWER, GIVE_UP)


class Repeated(Rejected):
    """The model says again what was tried or rejected; it may have something else to say."""


class _SubmittedStep(BaseModel):
    model_config = ConfigDict(extra="ignore")

    tool: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    why: str = ""
    until: str = ""

    @model_validator(mode="before")
    @classmethod
    def _as_call(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        fields = cast("Arguments", value)
        until = {key: fields[key] for key in ("until",) if fields.get(key)}
        call = call_of_step({key: given for key, given in fields.items() if key != "until"})
        return {"tool": call.name, "arguments": call.arguments, **until} if call else fields


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

    @field_validator("steps", mode="before")
    @classmethod
    def _as_steps(cls, value: object) -> object:
        """A list that was written as text, or one step without its list."""
        steps = read_whole(value) if isinstance(value, str) else value
        return [cast("object", steps)] if isinstance(steps, dict) else cast("object", steps)


def words_of(message: "AIMessage") -> str:
    """What the model said aloud, without its thoughts."""
    return without_thoughts(str(message.text)).words


def calls_of(message: "AIMessage") -> tuple[Call, ...]:
    """Native calls, else calls and plans written into the text; empty for plain words.

    Raises Rejected, with the place of the fault, for what was going to be a call and cannot be mended.
    """
    if message.tool_calls or message.invalid_tool_calls:
        return tuple(unwrapped(call) for call in _native_calls(message))
    text = str(message.text)
    if len(text) > MOST_CHARS:
        raise Rejected(f"the reply is {len(text)} characters long; be brief")
    said = without_thoughts(text)
    if said.is_in_thought and not said.words:
        raise Rejected("the reply ended before its thoughts did, and said nothing else; think less, then answer")
    return written_calls(said.words)


def _native_calls(message: "AIMessage") -> Iterator[Call]:
    """The calls in their order. Those that the client could not read come apart from the others, their place unknown:
    only one that was cut off is known to have been the last.
    """
    more = bool(message.invalid_tool_calls)
    yield from (Call(call["name"], call["args"], is_cut=more) for call in message.tool_calls)
    for broken in message.invalid_tool_calls:
        name, text = broken["name"] or "a tool", broken["args"] or ""
        if not message.tool_calls:
            yield Call(name, arguments_of(name, text))
        elif not _is_cut(text):
            raise Rejected(f"the arguments of {name} are not a JSON object: {shorten(text)}")


def _is_cut(text: str) -> bool:
    try:
        read_value(text)
    except Broken as broken:
        return broken.has_ended
    return False


def require_words(words: str) -> str:
    """`words` when they are words. Raises Rejected for nothing at all, and for JSON that is cut off or misshapen."""
    if not words:
        raise Rejected("the reply was empty")
    opening = words.removeprefix("```json").removeprefix("```").lstrip()
    if not opening.startswith(("{", "[")):
        return words
    try:
        read_value(words, words.index(opening[0]))
    except Broken as broken:
        raise Rejected(f"the reply is not whole JSON: {broken}") from broken
    raise Rejected('the JSON names no tool and has no "steps", "text" or "decision"')


def proposal_of(calls: tuple[Call, ...], words: str, brief: Brief) -> Proposal:
    """What the calls amount to. Raises Rejected with the exact fault, and for a plan that was tried before."""
    calls = _without_evidence(calls, brief.tools)
    if not calls:
        return Answer(text=require_words(words))
    for call in calls:
        kind = _answering(call, brief.tools)
        if kind == GIVE_UP:
            return Unsure(why=_said(call, "why", "text") or words or "it gave up without a reason")
        if kind == ANSWER:
            return Answer(text=_said(call, "text", "answer") or require_words(words))
    submitted = next((call for call in calls if _answering(call, brief.tools) == SUBMIT_PLAN), None)
    plan = _submitted(submitted, brief) if submitted else _acting(calls, words, brief)
    if isinstance(plan, Plan) and any(call.is_cut for call in calls):
        raise Rejected("the reply was cut off, and half a plan is not carried out; be brief")
    return _require_new(plan, brief)


def _without_evidence(calls: tuple[Call, ...], specs: tuple[ToolSpec, ...]) -> tuple[Call, ...]:
    """Without what only looks like calls, unless one of these names a tool: then all of them are meant."""
    is_meant = any(_is_known(call, specs) for call in calls if not call.is_sure)
    return tuple(call for call in calls if call.is_sure or is_meant)


def _is_known(call: Call, specs: tuple[ToolSpec, ...]) -> bool:
    """True when a tool, or a way to answer, has that name but for case and separators."""
    return find_spec(call.name, specs, with_typos=False) is not None or _answering(call, specs) != ""


def _answering(call: Call, specs: tuple[ToolSpec, ...]) -> str:
    """Which of the ways to answer the call is; "" for a tool's."""
    return "" if find_spec(call.name, specs) else meant(call.name, _ANSWERS, with_typos=False) or ""


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
    steps = tuple(
        _step(Call(step.tool, step.arguments), brief.tools, step.why).model_copy(update={"until": step.until})
        for step in submitted.steps
    )
    changes = _changes(steps, brief)
    if not changes:
        return LookUp(steps=_without_repeats(steps))
    return Plan(cause=submitted.cause or "not stated", because=submitted.because, steps=changes)


def _validated(arguments: Arguments) -> _Submitted:
    try:
        return _Submitted.model_validate(arguments)
    except Broken as broken:
        raise Rejected(f"the plan's steps are not a JSON list: {broken}") from broken
    except ValidationError as error:
        first = error.errors()[0]
        raise Rejected(f"the plan's {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _require_new(proposal: Plan | LookUp, brief: Brief) -> Plan | LookUp:
    if isinstance(proposal, Plan) and proposal.key in brief.tried:
        steps = "; ".join(map(str, proposal.steps))
        raise Repeated(
            f"this very plan was tried or rejected before: {steps}; change another setting, or give it another value"
        )
    return proposal


def require_settled(proposal: Proposal, brief: Brief) -> None:
    """Raises Rejected for a plan that changes what processes read at their start, and makes none of them read it."""
    settling = [spec.name for spec in brief.tools if spec.settles]
    if not isinstance(proposal, Plan) or not settling:
        return
    specs = [find_spec(step.tool, brief.tools) for step in proposal.steps]
    changes = [place for place, spec in enumerate(specs) if spec and spec.risk is Risk.CHANGE and not spec.settles]
    if changes and not any(spec and spec.settles for spec in specs[changes[-1] :]):
        names = ", ".join(wire_name(name) for name in settling)
        raise Rejected(
            f"nothing reads what {proposal.steps[changes[-1]]} changes: give all of these steps again, and after them "
            f"the one of {names} that makes the service read its settings"
        )


def _step(call: Call, specs: tuple[ToolSpec, ...], why: str = "") -> Step:
    """The step by the tool's own name, its arguments as the schema has them; an unknown name stays, for the vetting to
    answer with the nearest.
    """
    spec = find_spec(call.name, specs)
    arguments = dict(call.arguments)
    if spec is None or not states_why(spec):
        why = str(arguments.pop("why", None) or why)
    fitted = plain(arguments) if spec is None else fit(arguments, spec.parameters)
    return Step(tool=spec.name if spec else call.name, arguments=fitted, why=why)


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


def _said(call: Call, *fields: str) -> str:
    return next((str(call.arguments[name]) for name in fields if call.arguments.get(name)), "")


def _first_sentence(words: str) -> str:
    line = next((line.strip() for line in words.splitlines() if line.strip()), "")
    return "" if line.startswith(("{", "[", "```", "<")) else shorten(line, 300)
