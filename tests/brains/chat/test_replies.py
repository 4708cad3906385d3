"""The many shapes in which models say the same."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from prunella.brains.chat.replies import Call, calls_of, proposal_of, require_words
from prunella.domain.plan import Answer, LookUp, Plan, Step, Unsure
from prunella.domain.tool import Risk
from prunella.errors import Rejected
from tests.brains.chat.briefs import BRIEF, FIX, TEXT, spec

FIXED = json.dumps(FIX)


@pytest.mark.parametrize(
    "text",
    [
        f'{{"name": "config_set", "arguments": {FIXED}}}',
        f'{{"tool": "config_set", "arguments": {FIXED}}}',
        f'{{"tool": "config_set", "parameters": {FIXED}}}',
        f'{{"action": "config_set", "action_input": {FIXED}}}',
        f'{{"function": {{"name": "config_set", "arguments": {json.dumps(FIXED)}}}}}',
        f'{{"tool_calls": [{{"function": {{"name": "config_set", "arguments": {FIXED}}}}}]}}',
        f'[{{"name": "config_set", "args": {FIXED}}}]',
        f'I will do this:\n```json\n{{"name": "config_set",\n "arguments": {FIXED}}}\n```\nThat is all.',
        f'<tool_call>\n{{"name": "config_set", "arguments": {FIXED}}}\n</tool_call>',
        f'Mind the brace {{ here. {{"name": "config_set", "arguments": {FIXED}}}',
    ],
)
def test_a_call_written_as_text_is_found(text: str):
    assert calls_of(AIMessage(content=text)) == (Call("config_set", {**FIX}),)


def test_two_written_calls_keep_their_order():
    text = '{"name": "a", "arguments": {}}\n{"name": "b", "arguments": {}}'
    assert [call.name for call in calls_of(AIMessage(content=text))] == ["a", "b"]


@pytest.mark.parametrize("text", ["", "The port is wrong.", 'The log says {"level": "error"} and [1, 2].', "{}"])
def test_other_words_and_quoted_json_are_no_calls(text: str):
    assert calls_of(AIMessage(content=text)) == ()


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet='{}[]":,ab1 \n`', max_size=60))
def test_no_text_breaks_the_search_for_calls(text: str):
    try:
        calls = calls_of(AIMessage(content=text))
    except Rejected:
        return
    assert all(call.name for call in calls)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"decision": "use_tools", "steps": []}', '"steps" is empty'),
        (
            '{"name": "config_set", "arguments": "{oops"}',
            "the arguments of config_set are not a JSON object: .* at character 6: {oops",
        ),
        ('{"name": "config_set", "arguments": [1]}', r"the arguments of config_set are not a JSON object: \[1\]"),
    ],
)
def test_a_misshapen_call_is_refused_with_its_fault(text: str, fault: str):
    with pytest.raises(Rejected, match=fault):
        calls_of(AIMessage(content=text))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "the reply was empty"),
        ('{"cause": "The po', "not whole JSON"),
        ('```json\n{"cause": "x",', "not whole JSON"),
        ('{"level": "error"}', "names no tool"),
    ],
)
def test_what_is_no_answer_in_words_is_refused(text: str, fault: str):
    with pytest.raises(Rejected, match=fault):
        require_words(text)


@pytest.mark.parametrize(
    ("text", "proposal"),
    [
        ('{"cause": "c", "decision": "answer", "text": "Four."}', Answer(text="Four.")),
        ('{"cause": "no log", "decision": "give_up", "text": ""}', Unsure(why="no log")),
        ('{"name": "give_up", "arguments": {"why": "no log"}}', Unsure(why="no log")),
        (
            '{"cause": "c", "because": "b", "steps": [{"tool": "services_status", "arguments": {"service": "x"}}]}',
            LookUp(steps=(Step(tool="services.status", arguments={"service": "x"}),)),
        ),
        (
            '{"cause": "c", "because": "b", "steps": [{"tool": "nonsense"}, {"tool": "services_status"}]}',
            Plan(cause="c", because=("b",), steps=(Step(tool="nonsense"),)),
        ),
    ],
)
def test_a_proposal_as_one_object(text: str, proposal: object):
    assert proposal_of(calls_of(AIMessage(content=text)), text, BRIEF) == proposal


def test_giving_up_wins_over_steps_that_came_with_it():
    text = '{"cause": "no idea", "decision": "give_up", "steps": [{"tool": "config_set"}], "text": "no log"}'
    assert proposal_of(calls_of(AIMessage(content=text)), text, BRIEF) == Unsure(why="no log")


def test_a_change_that_is_only_repeated_is_made_once():
    call = Call("services_restart", {"service": "payments"})
    other = Call("config_set", {**FIX})
    plan = proposal_of((call, call, other, call), "", BRIEF)
    assert isinstance(plan, Plan)
    assert [step.tool for step in plan.steps] == ["services.restart", "config.set", "services.restart"]


def test_a_look_that_is_only_repeated_is_taken_once():
    look, other = Call("services_status", {"service": "payments"}), Call("services_status", {"service": "ledger"})
    steps = [{"tool": call.name, "arguments": call.arguments} for call in (look, other, look)]
    submitted = Call("submit_plan", {"cause": "c", "steps": steps})
    for calls in ((look, other, look), (submitted,)):
        proposal = proposal_of(calls, "", BRIEF)
        assert isinstance(proposal, LookUp)
        assert [step.arguments["service"] for step in proposal.steps] == ["payments", "ledger"]


def test_the_reason_inside_the_arguments_is_no_argument():
    steps = [{"tool": "config_set", "arguments": {**FIX, "why": "inner"}, "why": "outer"}]
    plan = proposal_of((Call("submit_plan", {"cause": "c", "steps": steps}),), "", BRIEF)
    assert plan == Plan(cause="c", steps=(Step(tool="config.set", arguments={**FIX}, why="inner"),))


def test_a_tool_with_a_parameter_named_why_keeps_it():
    brief = BRIEF.model_copy(update={"tools": (spec("pages.send", Risk.CHANGE, why=TEXT),)})
    plan = proposal_of((Call("pages_send", {"why": "disk full"}),), "", brief)
    assert plan == Plan(cause="not stated", steps=(Step(tool="pages.send", arguments={"why": "disk full"}),))


def test_a_rejected_plan_is_refused_by_its_key():
    call = Call("config_set", {**FIX})
    plan = proposal_of((call,), "", BRIEF)
    assert isinstance(plan, Plan)
    rejection = {"plan": plan.key, "steps": "", "reasons": ("no",)}
    brief = BRIEF.model_validate({**BRIEF.model_dump(), "rejections": [rejection]})
    with pytest.raises(Rejected, match=r"tried or rejected before: config\.set payments PORT 8080"):
        proposal_of((call,), "", brief)


def test_a_step_that_ends_a_sub_goal_says_with_which_probe():
    steps = [{"tool": "config_set", "arguments": {**FIX}, "until": "shop up"}]
    plan = proposal_of((Call("submit_plan", {"cause": "c", "steps": steps}),), "", BRIEF)
    assert isinstance(plan, Plan)
    assert plan.steps[0].until == "shop up"


def test_half_a_plan_is_not_carried_out_but_half_a_look_is():
    stop = {"tool": "services_restart", "arguments": {"service": "a"}}
    look = {"tool": "services_status", "arguments": {"service": "a"}}
    for first, is_fine in ((stop, False), (look, True)):
        text = json.dumps({"cause": "c", "steps": [first, stop]})
        calls = calls_of(AIMessage(content=text[:-20]))
        if is_fine:
            assert isinstance(proposal_of(calls, "", BRIEF), LookUp)
        else:
            with pytest.raises(Rejected, match="half a plan"):
                proposal_of(calls, "", BRIEF)
