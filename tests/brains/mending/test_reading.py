"""What is a call in a text, what only looks like one, and what is too much."""

import json
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from prunella.brains.chat.replies import calls_of, proposal_of, words_of
from prunella.brains.mending.call import Call
from prunella.brains.mending.reading import written_calls
from prunella.domain.plan import Answer, LookUp, Plan, Proposal
from prunella.errors import Rejected
from prunella.testing.models import calling
from tests.brains.chat.briefs import BRIEF, FIX

SET = json.dumps({"name": "config_set", "arguments": FIX})


def proposed(text: str) -> Proposal:
    message = AIMessage(content=text)
    return proposal_of(calls_of(message), words_of(message), BRIEF)


@pytest.mark.parametrize(
    "text",
    [
        'The log says {"level": "error", "name": "worker", "args": ["--port", "80"]} at 12:00.',
        'The log says {"name": "web", "parameters": {"port": 80}}, which is right.',
        'It has {"error": {"code": 500}} and [{"level": "warn"}, {"level": "info"}].',
        'The audit has {"ts": 1, "tool": "config_set", "arguments": {"service": "x"}, "user": "bob"}.',
        'Its workflow is {"name": "ci", "steps": [{"run": "make"}, {"uses": "checkout"}]}.',
        f"Seen in the log:\n```log\n{SET}\n```\nso the port is wrong.",
        f"Seen:\n```data\n{SET}",
        "I would rather not call config_set(service='x') now.",
        "Run this:\n```bash\nkubectl set env --name=x {a: 1}\n```",
        "PORT={PORT:-8080} and f(x)[0] and dict(a=1)",
        "print(end='x')",
        "```python\nimport os\nfor x in [1, 2]:\n    print(x, end='')\n```",
        "It is {a, b} or [x].",
    ],
)
def test_quoted_evidence_and_programs_stay_words(text: str):
    assert proposed(text) == Answer(text=text)


def test_an_invented_tool_is_passed_on_to_be_named():
    text = '{"name": "restart_service", "parameters": {"service": "payments"}}'
    plan = proposed(text)
    assert isinstance(plan, Plan)
    assert plan.steps[0].tool == "restart_service"


def test_of_several_calls_none_is_lost_for_its_name():
    for text in (
        f'{SET}\n{{"name": "restart_it", "parameters": {{"service": "payments"}}}}',
        'config_set(service="payments", key="PORT", value="8080")\nrestart_it(service="payments")',
        '{"tool": "config_set", "service": "payments", "key": "PORT", "value": "8080"}\n{"tool": "restart_it"}',
    ):
        plan = proposed(text)
        assert isinstance(plan, Plan), text
        assert [step.tool for step in plan.steps] == ["config.set", "restart_it"]


def test_steps_of_a_plan_are_mended_like_calls():
    steps = [
        {"name": "functions.config_set", "parameters": {**FIX, "value": 8080}, "thought": "x"},
        {"tool": "services_restart", "args": '{"service": "payments"}'},
        {"tool": "Services.Restart", "service": "ledger"},
    ]
    plan = proposed(json.dumps({"cause": "c", "steps": steps}))
    assert isinstance(plan, Plan)
    assert [(step.tool, step.arguments) for step in plan.steps] == [
        ("config.set", FIX),
        ("services.restart", {"service": "payments"}),
        ("services.restart", {"service": "ledger"}),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"name": "a", "arguments": {"x": 80 80}}', 'call of a cannot be read: expected "," or "}", found "80}}" at'),
        ('{"name": "a", "arguments": "{x"}', "the arguments of a are not a JSON object"),
        ('{"tool": "a", "arguments": {"x": 80', "the call of a is cut off at character 36"),
        ('<function=a>{"x": oops}</function>', '"oops" is not in quotes at character 19'),
        ('<invoke name="a"><parameter name="x">80', "the call of a is cut off at character 40"),
        ('<invoke name="a"><parameter name="x">80</parameter> and so on', "expected a parameter or the end"),
        ("Action: a\nAction Input: payments", 'are not a JSON object: found "payments" at character 25'),
        ('a(x="80', "the call of a is cut off at character 8"),
        ('{"name": "a", "arguments": {}, "force": true}', 'has "force" beside its "arguments"'),
        ("<think>It might", "ended before its thoughts did"),
        (
            f'<tool_call>{{"name": "a", "arguments": {{"x": "y"</tool_call>\n{SET}',
            "cut off at .* other calls follow it",
        ),
    ],
)
def test_what_cannot_be_mended_is_told_with_its_place(text: str, fault: str):
    with pytest.raises(Rejected, match=fault):
        calls_of(AIMessage(content=text))


def test_calls_in_a_list_of_lines_are_taken():
    line = 'config_set(service="payments", key="PORT", value=8080)'
    for text in (
        f"Do this:\n1. {line}",
        f"Do this:\n- `{line}` to mend it",
        f"Step 1: {line}",
        f"```json x=1\n{SET}\n```",
    ):
        plan = proposed(text)
        assert isinstance(plan, Plan), text
        assert plan.steps[0].arguments == FIX


def test_steps_that_were_written_as_text_are_read():
    for steps in ('[{"tool": "config_set", "arguments": {}}]', {"tool": "config_set"}):
        (call,) = calls_of(calling("submit_plan", {"cause": "c", "steps": steps}))
        plan = proposal_of((call,), "", BRIEF)
        assert isinstance(plan, Plan)
        assert plan.steps[0].tool == "config.set"
    with pytest.raises(Rejected, match=r"the plan's steps are not a JSON list: .* at character 2"):
        proposal_of((Call("submit_plan", {"steps": "[oops]"}),), "", BRIEF)


def test_a_final_answer_is_an_answer():
    assert proposed('{"action": "Final Answer", "action_input": "It is the port."}') == Answer(text="It is the port.")


def test_the_whole_steps_of_a_plan_that_was_cut_are_kept():
    text = '{"cause": "c", "steps": [{"tool": "a", "arguments": {"x": 1}}, {"tool": "b", "arguments": {"y": "tr'
    (call,) = written_calls(text)
    assert call.arguments == {"cause": "c", "steps": [{"tool": "a", "arguments": {"x": 1}}]}
    with pytest.raises(Rejected, match="cut off"):
        written_calls(text[:58])


def test_a_call_that_lacks_its_last_brace_only_is_whole():
    assert written_calls(SET[:-1]) == (Call("config_set", {**FIX}),)


def test_what_a_model_imagines_to_have_seen_and_then_does_is_left_out():
    text = "Action: a\nAction Input: {}\nObservation: it works\nAction: b\nAction Input: {}"
    assert written_calls(text) == (Call("a"),)
    text = "Observation: it is down.\nAction: a\nAction Input: {}\nAction: b\nAction Input: {}"
    assert written_calls(text) == (Call("a"), Call("b"))


def test_arguments_that_the_client_could_not_read_are_mended():
    message = AIMessage(content="", invalid_tool_calls=[_invalid("{'service': 'payments',}")])
    assert calls_of(message) == (Call("services_restart", {"service": "payments"}),)


def test_a_native_call_that_was_cut_is_left_out_and_any_other_broken_one_is_told():
    first = {"name": "config_set", "args": {**FIX}, "id": "1"}
    cut = AIMessage(content="", tool_calls=[first], invalid_tool_calls=[_invalid('{"service": "pay')])
    assert calls_of(cut) == (Call("config_set", {**FIX}),)
    broken = AIMessage(content="", tool_calls=[first], invalid_tool_calls=[_invalid('{"service": pay}')])
    with pytest.raises(Rejected, match="the arguments of services_restart are not a JSON object"):
        calls_of(broken)


def _invalid(arguments: str) -> dict[str, str]:
    return {"name": "services_restart", "args": arguments, "id": "2", "error": "", "type": "invalid_tool_call"}


def test_a_look_by_a_near_name_is_a_look():
    assert isinstance(proposed('{"tool": "service_status", "arguments": {"serviceName": "payments"}}'), LookUp)


@pytest.mark.parametrize("size", [99_900, 10_000_000])
@pytest.mark.parametrize(
    "garbage",
    [
        "[", "{", '{"a":', '["', "<think>", "<", "/*", '{"name":', '[{"name":"a","arguments":{', "[{'a':1},", "{a:b",
        '{"a":1}', '<invoke name="a">', '<invoke name="a"><parameter name="x">', "<function=a>", "```log\n", "to=a",
        "Action: a\nAction Input: {}\n", "<tool_call>a<arg_key>", "[TOOL_CALLS]a[ARGS]{", "\na(b=", "“", "\\", " ",
        "\n", "\n1. ", "\nStep 1: ",
        '{"a":[{},{},', SET, "a{'b':\"\"\"",
    ],
)  # fmt: skip
def test_garbage_of_any_size_takes_bounded_time(garbage: str, size: int):
    message = AIMessage(content=(garbage * (size // len(garbage) + 1))[:size])
    started = time.process_time()
    words_of(message)
    with suppress(Rejected):
        calls_of(message)
    assert time.process_time() - started < 0.5


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="{}[]\"':,ab1 \n`<>=/|()#*\\“", max_size=80))
def test_no_text_breaks_the_search(text: str):
    try:
        calls = written_calls(text)
    except Rejected:
        return
    assert all(call.name for call in calls)
