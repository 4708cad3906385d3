"""The objects that models write for a call: by these names and no others, so that quoted evidence is none."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from prunella.brains.mending.broken import Broken, Cut, is_whole
from prunella.brains.mending.call import Arguments, Call, shorten
from prunella.brains.mending.notation import read_whole
from prunella.errors import Rejected

SUBMIT_PLAN, ANSWER, GIVE_UP = "submit_plan", "answer", "give_up"
_DECISIONS = ("use_tools", ANSWER, GIVE_UP)
_LAST_WORDS = frozenset({"final answer", "final_answer"})
CHATTER = frozenset(
    {"explanation", "reason", "reasoning", "thought", "thoughts", "why", "rationale", "comment", "justification"}
)
_NAMES = ("tool", "tool_name", "function_name", "function", "action", "name")
_GIVEN = ("arguments", "action_input", "tool_input", "parameters", "args", "input", "kwargs", "params")
_TELLING_NAMES, _TELLING_GIVEN = frozenset(_NAMES[:3]), frozenset(_GIVEN[:3])
_WRAPPERS = ("tool_calls", "tool_call", "function_calls", "function_call", "calls", "proposal")
_ENVELOPE = frozenset({"id", "type", "index", "call_id", "tool_call_id", "status", "step", "confidence", "description"})
_CALL_TYPES = frozenset({"function", "tool_call", "tool_use", "function_call"})
_LONGEST_NAME = 100


def calls_in(value: object, *, leads: bool) -> Iterator[Call]:
    """The calls in one value, in order; none when it is of another shape. `leads`: no word stands before it.

    Of what was cut off only the calls that are whole. Raises Rejected for one that is misshapen.
    """
    if isinstance(value, list):
        for item in cast("list[object]", value):
            yield from calls_in(item, leads=leads)
    elif isinstance(value, dict):
        fields = cast("Arguments", value)
        call = _proposal(fields) or _call(fields, leads=leads)
        if call:
            yield call
        elif not any(key in fields for key in _NAMES):
            yield from (call for key in _WRAPPERS for call in calls_in(fields.get(key), leads=True))


def is_meant(partial: object, *, leads: bool) -> bool:
    """True when what was read of a value until it broke was going to be a call."""
    if isinstance(partial, list):
        return any(is_meant(item, leads=leads) for item in cast("list[object]", partial))
    if not isinstance(partial, dict):
        return False
    fields = cast("Arguments", partial)
    if (
        fields.get("decision") in _DECISIONS
        or any(key in fields for key in _WRAPPERS)
        or _names_steps(fields.get("steps"))
    ):
        return True
    nested = fields.get("function")
    if isinstance(nested, dict):
        return is_meant(cast("Arguments", nested), leads=leads)
    name, given = _name_key(fields), _given_key(fields)
    return name is not None and given is not None and (leads or _tells(name, given))


def name_in(partial: object) -> str:
    """The name of the call that was being written when a value broke; "" for none or several."""
    fields = cast("Arguments", partial) if isinstance(partial, dict) else {}
    nested = fields.get("function")
    inner = cast("Arguments", nested) if isinstance(nested, dict) else fields
    key = _name_key(inner)
    return str(inner[key]) if key else ""


def call_of_step(step: Mapping[str, Any]) -> Call | None:
    """A step of a plan, however it is written; None when it names no tool."""
    return _call(dict(step), leads=True)


def arguments_of(name: str, given: object) -> Arguments:
    """The arguments as an object; some models write them as a text that holds one, or leave them out.

    Raises Rejected with the place of the fault.
    """
    value: object = given
    for _ in range(2):
        if isinstance(value, str):
            value = _read_arguments(name, value) if value.strip() else {}
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Rejected(f"the arguments of {name} are not a JSON object: {shorten(repr(given))}")
    return cast("Arguments", value)


def unwrapped(call: Call) -> Call:
    """A structured answer that came as a call of the schema's own name, as the call that it stands for."""
    return (_proposal(call.arguments) or call) if call.name == "proposal" else call


def _read_arguments(name: str, text: str) -> object:
    try:
        return read_whole(text)
    except Broken as broken:
        raise Rejected(f"the arguments of {name} are not a JSON object: {broken}: {shorten(text)}") from broken


def _proposal(fields: Arguments) -> Call | None:
    """An object of the proposal schema as the call that says the same."""
    decision, steps = fields.get("decision"), fields.get("steps")
    listed = cast("list[object]", steps) if isinstance(steps, list) else []
    if listed and decision != GIVE_UP and (decision in _DECISIONS or _names_steps(listed, fields)):
        return _plan(fields, listed)
    if decision == "use_tools" and not isinstance(fields, Cut):
        raise Rejected('the decision is "use_tools", and "steps" is empty')
    if decision in {ANSWER, GIVE_UP} and not isinstance(fields, Cut):
        text = fields.get("text") or fields.get("cause") or ""
        return Call(str(decision), {"text": text})
    return None


def _plan(fields: Arguments, steps: list[object]) -> Call | None:
    """The plan with the steps that are whole; None when none is."""
    whole = [each for each in (_whole_step(step) for step in steps) if each is not None]
    others = {key: value for key, value in fields.items() if is_whole(value)}
    is_cut = len(whole) < len(steps)
    return Call(SUBMIT_PLAN, {**others, "steps": whole}, is_cut=is_cut) if whole else None


def _whole_step(step: object) -> object:
    """What is left of a step that was cut, when all that it does is there."""
    if is_whole(step):
        return step
    call = _call(cast("Arguments", step), leads=True) if isinstance(step, Cut) else None
    return {"tool": call.name, "arguments": call.arguments} if call else None


def _names_steps(steps: object, beside: Arguments | None = None) -> bool:
    """True for a list of calls, or of anything beside a cause."""
    listed = cast("list[object]", steps) if isinstance(steps, list) else []
    objects = [cast("Arguments", step) for step in listed if isinstance(step, dict)]
    return any(_name_key(step) and (_given_key(step) or "tool" in step) for step in objects) or (
        bool(objects) and "cause" in (beside or {})
    )


def _call(fields: Arguments, *, leads: bool) -> Call | None:
    nested = fields.get("function")
    if isinstance(nested, dict):
        inner = cast("Arguments", nested)
        return _call(type(inner)({**inner, **_reason(fields)}), leads=True)
    name, given = _name_key(fields), _given_key(fields)
    if name is None:
        return _keyed(fields)
    if given is None or not _may_hold(fields[given], given):
        return _flat(fields, name)
    return _complete(fields, name, given, leads=leads)


def _complete(fields: Arguments, name: str, given: str, *, leads: bool) -> Call | None:
    """A call of a name and an object of arguments, beside which nothing stands that could matter."""
    called, is_sure = str(fields[name]), leads or _tells(name, given)
    if not is_whole(fields[given]):
        return None
    more = [key for key in fields if key not in {name, given} and key not in CHATTER and key not in _ENVELOPE]
    if more and leads and not isinstance(fields, Cut):
        raise Rejected(f'the call of {called} has "{more[0]}" beside its "{given}": put all arguments into "{given}"')
    if more:
        return None
    if called.casefold() in _LAST_WORDS and isinstance(fields[given], str):
        return Call(ANSWER, {"text": fields[given]})
    try:
        arguments = arguments_of(called, fields[given])
    except Rejected:
        if is_sure:
            raise
        return None
    return Call(called, {**_reason(fields), **arguments}, is_sure)


def _flat(fields: Arguments, name: str) -> Call | None:
    """The arguments right beside the name; only a tool of that very name makes a call of it."""
    if isinstance(fields, Cut):
        return None
    noise = {name} | ({"type"} if fields.get("type") in _CALL_TYPES else set[str]())
    return Call(str(fields[name]), {key: value for key, value in fields.items() if key not in noise}, is_sure=False)


def _keyed(fields: Arguments) -> Call | None:
    """The name as the only key, the arguments as its value; only a tool of that very name makes a call of it."""
    if len(fields) != 1 or isinstance(fields, Cut):
        return None
    ((name, given),) = fields.items()
    if name in _WRAPPERS or not isinstance(given, dict):
        return None
    return Call(name, cast("Arguments", given), is_sure=False)


def _name_key(fields: Arguments) -> str | None:
    names = (key for key in _NAMES if isinstance(fields.get(key), str))
    return next((key for key in names if 0 < len(fields[key].strip()) <= _LONGEST_NAME), None)


def _given_key(fields: Arguments) -> str | None:
    return next((key for key in _GIVEN if key in fields), None)


def _may_hold(given: object, key: str) -> bool:
    """True for an object, for a text that is meant to be one, and for nothing under a name that tells."""
    if key in _TELLING_GIVEN or isinstance(given, dict):
        return True
    return given is None or (isinstance(given, str) and given.strip()[:1] in {"", "{"})


def _tells(name: str, given: str) -> bool:
    return name in _TELLING_NAMES or given in _TELLING_GIVEN


def _reason(fields: Arguments) -> Arguments:
    why = fields.get("why")
    return {"why": why} if isinstance(why, str) and why else {}
