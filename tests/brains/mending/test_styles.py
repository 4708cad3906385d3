"""Every written style says the same as a native call would."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from prunella.brains.chat.replies import calls_of, proposal_of, words_of
from prunella.domain.brief import Brief
from prunella.domain.plan import Plan
from prunella.domain.report import Report
from prunella.domain.tool import Risk, ToolSpec
from prunella.errors import Rejected
from prunella.testing.models import calling
from prunella.testing.written import STYLES

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True).filter(
    lambda name: name not in {"why", "reason", "thought", "tool", "type", "name", "arguments", "true", "false", "null"}
)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).filter(
    lambda text: "<" not in text and text == text.strip()
)
AWKWARD = ["8080", "true", "1.10", "null", "{}", "[1]", "a\nb", "'\"\\"]
KINDS: dict[str, tuple[dict[str, Any], st.SearchStrategy[Any]]] = {
    "string": (
        {"type": "string"},
        TEXTS | st.sampled_from(["8080", "true", "1.10", "null", "{}", "[1]", "a\nb", "'\"\\"]),
    ),
    "integer": ({"type": "integer"}, st.integers(-(10**12), 10**12)),
    "number": ({"type": "number"}, st.floats(-1e6, 1e6) | st.integers(-100, 100)),
    "boolean": ({"type": "boolean"}, st.booleans()),
    "array": ({"type": "array", "items": {"type": "string"}}, st.lists(TEXTS, max_size=3)),
    "object": ({"type": "object"}, st.dictionaries(NAMES, TEXTS | st.integers(0, 9), max_size=2)),
}


@st.composite
def made_calls(draw: st.DrawFn) -> tuple[ToolSpec, dict[str, Any]]:
    """A tool, and arguments that fit it."""
    kinds = draw(st.dictionaries(NAMES, st.sampled_from(sorted(KINDS)), max_size=4))
    tool = draw(st.from_regex(r"[a-z]{3,8}(\.[a-z]{3,8})?", fullmatch=True).filter(lambda name: "answer" not in name))
    parameters: dict[str, Any] = {
        "type": "object",
        "properties": {name: KINDS[kind][0] for name, kind in kinds.items()},
        "required": list(kinds),
        "additionalProperties": False,
    }
    spec = ToolSpec(name=tool, description="It does.", risk=Risk.CHANGE, parameters=parameters, returns={})
    return spec, {name: draw(KINDS[kind][1]) for name, kind in kinds.items()}


def step_of(message: AIMessage, spec: ToolSpec) -> tuple[str, dict[str, Any]]:
    brief = Brief(goal="g", report=Report(), tools=(spec,))
    plan = proposal_of(calls_of(message), words_of(message), brief)
    assert isinstance(plan, Plan)
    (step,) = plan.steps
    return step.tool, step.arguments


@settings(max_examples=100, deadline=None)
@given(made_calls())
def test_a_native_call_passes_as_it_is(made: tuple[ToolSpec, dict[str, Any]]):
    spec, arguments = made
    tool, taken = step_of(calling(spec.name.replace(".", "_"), arguments), spec)
    assert (tool, repr(taken)) == (spec.name, repr(arguments))


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=15, deadline=None)
@given(made=made_calls())
def test_a_written_call_is_the_native_one(style: str, made: tuple[ToolSpec, dict[str, Any]]):
    spec, arguments = made
    text = STYLES[style](spec.name.replace(".", "_"), arguments)
    tool, taken = step_of(AIMessage(content=text), spec)
    assert tool == spec.name
    assert taken == arguments
    assert list(map(type, taken.values())) == list(map(type, arguments.values()))


@pytest.mark.parametrize("style", STYLES)
def test_two_written_calls_keep_their_order(style: str):
    write = STYLES[style]
    text = f"First:\n{write('set_a', {'x': 1})}\nThen:\n{write('set_b', {'y': 2})}\n"
    assert [call.name for call in calls_of(AIMessage(content=text))] == ["set_a", "set_b"]


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_reply_that_is_cut_anywhere_never_runs_part_of_a_value(style: str, data: st.DataObject):
    write = STYLES[style]
    text = f"{write('set_a', {'x': 'first value', 'n': 8080})}\n{write('set_b', {'y': 'second value', 'm': 9090})}"
    cut = text[: data.draw(st.integers(0, len(text)))]
    message = AIMessage(content=cut)
    try:
        calls = calls_of(message)
    except Rejected:
        return
    whole = [("set_a", {"x": "first value", "n": 8080}), ("set_b", {"y": "second value", "m": 9090})]
    texts = [("set_a", {"x": "first value", "n": "8080"}), ("set_b", {"y": "second value", "m": "9090"})]
    found = [(call.name.removesuffix(".call"), call.arguments) for call in calls]
    assert found in (whole[: len(found)], texts[: len(found)])
