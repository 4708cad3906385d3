"""The chat brain through the real OpenAI client over HTTP, and through scripted LangChain models."""

import asyncio
import json
import time
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from prunella.brains.chat.brain import Chat
from prunella.brains.chat.models import choose_model
from prunella.brains.chat.options import Tactic
from prunella.brains.chat.wire import Way
from prunella.domain.brief import Brief
from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Answer, ClimbReason, LookUp, Plan, Step, Unsure
from prunella.domain.run import Attempt, EventKind
from prunella.errors import Misuse, Transient
from prunella.testing.models import ScriptedModel, calling
from prunella.testing.openai_server import Hangs, OpenAIServer, Refused, Said, Script
from tests.brains.chat.briefs import BRIEF, FIX

PLAN: dict[str, Any] = {
    "cause": "The port is wrong.",
    "because": ["Check if PORT is set to 8080."],
    "decision": "use_tools",
    "steps": [{"why": "the log says so", "tool": "config_set", "arguments": FIX}],
    "text": "",
}
FIX_STEP = Step(tool="config.set", arguments={**FIX})


def chat(server: OpenAIServer, **options: float) -> Chat:
    model = choose_model(server.url, {"OPENAI_API_KEY": "sk-test"}).load
    return Chat(model, name="test", key="OPENAI_API_KEY", backoff_s=(0.01, 0.01), **options)  # pyright: ignore[reportArgumentType] - only timeout_s is given


async def propose(*script: Script) -> object:
    with OpenAIServer(*script) as server:
        return await chat(server).propose(BRIEF)


async def test_read_calls_are_a_look_up():
    assert await propose(Said(calls=(("services_status", {"service": "payments"}),))) == LookUp(
        steps=(Step(tool="services.status", arguments={"service": "payments"}),)
    )


async def test_change_calls_are_a_plan_in_order_with_the_words_as_its_cause():
    proposal = await propose(
        Said(
            content="The port is wrong.\nSo I set it.",
            calls=(
                ("config_set", {**FIX, "why": "as the log says"}),
                ("services_restart", {"service": "payments"}),
                ("services_status", {"service": "payments"}),
            ),
        )
    )
    assert proposal == Plan(
        cause="The port is wrong.",
        steps=(
            Step(tool="config.set", arguments={**FIX}, why="as the log says"),
            Step(tool="services.restart", arguments={"service": "payments"}),
        ),
    )


async def test_without_words_the_reason_of_the_first_step_is_the_cause():
    proposal = await propose(Said(calls=(("config_set", {**FIX, "why": "as the log says"}),)))
    assert isinstance(proposal, Plan)
    assert proposal.cause == "as the log says"


async def test_a_look_ahead_of_a_change_comes_first():
    proposal = await propose(Said(calls=(("services_status", {"service": "payments"}), ("config_set", FIX))))
    assert proposal == LookUp(steps=(Step(tool="services.status", arguments={"service": "payments"}),))


async def test_a_submitted_plan_is_taken_whole():
    proposal = await propose(Said(calls=(("submit_plan", PLAN),)))
    assert proposal == Plan(
        cause="The port is wrong.",
        because=("Check if PORT is set to 8080.",),
        steps=(FIX_STEP.model_copy(update={"why": "the log says so"}),),
    )


async def test_giving_up_is_being_unsure():
    assert await propose(Said(calls=(("give_up", {"why": "no log"}),))) == Unsure(why="no log")


async def test_an_unknown_tool_is_passed_on_for_the_vetting_to_refuse():
    proposal = await propose(Said(calls=(("restart_servce", {"service": "payments"}),)))
    assert proposal == Plan(cause="not stated", steps=(Step(tool="restart_servce", arguments={"service": "payments"}),))


async def test_tools_go_out_by_wire_name_with_a_reason_for_changes_only():
    with OpenAIServer(Said(calls=(("give_up", {"why": "-"}),))) as server:
        await chat(server).propose(BRIEF)
    (request,) = server.requests
    assert request.tools == [
        "services_status", "config_set", "services_restart", "submit_plan", "answer", "give_up",
    ]  # fmt: skip
    functions = {tool["function"]["name"]: tool["function"]["parameters"] for tool in request.body["tools"]}
    assert list(functions["services_status"]["properties"]) == ["service"]
    assert list(functions["config_set"]["properties"]) == ["service", "key", "value", "why"]
    assert request.authorization == "Bearer sk-test"
    assert request.body["temperature"] == 0


async def test_calls_written_into_the_text_are_taken_and_remembered():
    with OpenAIServer(Said(calls=(("config_set", FIX),)), Said(content=json.dumps(PLAN)), writes_calls=True) as server:
        brain = chat(server)
        first, second = await brain.propose(BRIEF), await brain.propose(BRIEF)
    assert isinstance(first, Plan)
    assert isinstance(second, Plan)
    assert first.key == second.key
    assert [bool(r.tools) for r in server.requests] == [True, False]
    assert server.requests[1].schema is not None


async def test_plain_words_are_asked_once_more_by_schema_and_that_is_remembered():
    with OpenAIServer(
        Said(content="I would set the port to 8080."), Said(content=json.dumps(PLAN)), Said(content=json.dumps(PLAN))
    ) as server:
        brain = chat(server)
        first = await brain.propose(BRIEF)
        await brain.propose(BRIEF)
    assert isinstance(first, Plan)
    assert first.steps[0].arguments == FIX
    assert [request.schema is not None for request in server.requests] == [False, True, True]


async def test_plain_words_that_stay_words_are_an_answer_and_nothing_is_remembered():
    spoken: dict[str, Any] = {**PLAN, "decision": "answer", "steps": [], "text": "All is well, really."}
    with OpenAIServer(Said(content="All is well."), Said(content=json.dumps(spoken))) as server:
        brain = chat(server)
        assert await brain.propose(BRIEF) == Answer(text="All is well.")
    assert brain.way is Way.CALLS


async def test_a_server_that_is_asked_by_schema_first_and_ignores_it_is_asked_for_calls_from_then_on():
    words, calls = Said(content="Set the port."), Said(calls=(("config_set", FIX),))
    with OpenAIServer(words, calls, calls) as server:
        brain = Chat(choose_model(server.url, {}).load, way=Way.SCHEMA)
        assert isinstance(await brain.propose(BRIEF), Plan)
        assert isinstance(await brain.propose(BRIEF), Plan)
    assert [bool(request.tools) for request in server.requests] == [False, True, True]


async def test_a_server_that_refuses_schemas_is_asked_for_calls():
    with OpenAIServer(Said(calls=(("config_set", FIX),)), refuses_schema=True) as server:
        brain = Chat(choose_model(server.url, {}).load, way=Way.SCHEMA)
        assert isinstance(await brain.propose(BRIEF), Plan)
    assert brain.way is Way.CALLS


async def test_an_answer_in_json_is_meant_and_asked_for_once():
    spoken: dict[str, Any] = {**PLAN, "decision": "answer", "steps": [], "text": "All is well."}
    with OpenAIServer(Said(content=json.dumps(spoken))) as server:
        brain = Chat(choose_model(server.url, {}).load, way=Way.SCHEMA)
        assert await brain.propose(BRIEF) == Answer(text="All is well.")


async def test_a_server_without_tools_is_asked_by_schema():
    with OpenAIServer(Said(content=json.dumps(PLAN)), refuses_tools=True) as server:
        brain = chat(server)
        assert isinstance(await brain.propose(BRIEF), Plan)
    assert brain.way is Way.SCHEMA


async def test_a_server_without_tools_and_schema_is_asked_in_words():
    fenced = f"Here:\n```json\n{json.dumps(PLAN)}\n```"
    with OpenAIServer(Said(content=fenced), refuses_tools=True, refuses_schema=True) as server:
        brain = chat(server)
        assert isinstance(await brain.propose(BRIEF), Plan)
    assert brain.way is Way.WORDS
    assert "Its JSON schema" in server.requests[-1].text


async def test_the_schema_knows_each_tool_and_its_parameters():
    with OpenAIServer(Said(content=json.dumps(PLAN)), refuses_tools=True) as server:
        await chat(server).propose(BRIEF)
    schema = server.requests[-1].schema
    assert schema is not None
    steps = schema["properties"]["steps"]["items"]["anyOf"]
    assert {
        step["properties"]["tool"]["enum"][0]: sorted(step["properties"]["arguments"]["properties"]) for step in steps
    } == {
        "services_status": ["service"],
        "config_set": ["key", "service", "value"],
        "services_restart": ["service"],
    }


async def test_a_broken_call_is_asked_once_more_with_the_exact_fault():
    with OpenAIServer(Said(calls=(("config_set", '{"service": "pay'),)), Said(calls=(("config_set", FIX),))) as server:
        assert isinstance(await chat(server).propose(BRIEF), Plan)
    assert "the arguments of config_set are not a JSON object" in server.requests[1].text
    assert "NOT USABLE" not in server.requests[0].text


def settling() -> Brief:
    tools = [tool.model_copy(update={"settles": tool.name == "services.restart"}) for tool in BRIEF.tools]
    return BRIEF.model_copy(update={"tools": tuple(tools)})


async def test_a_change_that_nothing_reads_is_asked_for_once_more_and_then_taken():
    only_set, restart = Said(calls=(("config_set", FIX),)), ("services_restart", {"service": "payments"})
    for second, steps in ((Said(calls=(("config_set", FIX), restart)), 2), (only_set, 1)):
        with OpenAIServer(only_set, second) as server:
            proposal = await chat(server).propose(settling())
        assert isinstance(proposal, Plan)
        assert len(proposal.steps) == steps
        assert "after them the one of services_restart" in server.requests[-1].text


async def test_a_change_that_is_read_is_taken_at_once():
    proposal_calls = (("config_set", FIX), ("services_restart", {"service": "payments"}))
    with OpenAIServer(Said(calls=proposal_calls)) as server:
        assert isinstance(await chat(server).propose(settling()), Plan)
    assert len(server.requests) == 1


async def test_a_second_answer_is_asked_for_with_some_warmth():
    with OpenAIServer(Said(content='{"tool": "config_set", "arg'), Said(calls=(("config_set", FIX),))) as server:
        await chat(server).propose(BRIEF)
    first, second = (request.body["temperature"] for request in server.requests)
    assert first == 0
    assert second > 0


async def test_two_broken_answers_are_a_doubt_that_names_the_fault():
    broken = Said(calls=(("submit_plan", {"cause": "x", "steps": []}),))
    assert await propose(broken, broken) == Unsure(
        why="test gave no usable answer twice: "
        "the plan's steps: Tuple should have at least 1 item after validation, not 0",
        reason=ClimbReason.MALFORMED,
    )


async def test_json_cut_off_by_the_output_limit_is_a_doubt_and_no_answer():
    cut = Said(content=json.dumps(PLAN)[:60], finish="length")
    with OpenAIServer(cut, cut, refuses_tools=True) as server:
        proposal = await chat(server).propose(BRIEF)
    assert isinstance(proposal, Unsure)
    assert "cut off" in proposal.why or "not whole JSON" in proposal.why


async def test_a_plan_that_was_tried_is_not_proposed_again():
    tried = Attempt(plan=Plan(cause="x", steps=(FIX_STEP,)), came_of_it="no help")
    brief = BRIEF.model_copy(update={"attempts": (tried,)})
    again = Said(calls=(("config_set", FIX),))
    with OpenAIServer(*[again] * 4) as server:
        proposal = await chat(server).propose(brief)
    assert isinstance(proposal, Unsure)
    assert "4 times: this very plan was tried or rejected before" in proposal.why
    heats = [request.body["temperature"] for request in server.requests]
    assert heats == sorted(set(heats))


async def test_a_model_that_repeats_itself_may_think_of_something_else_when_it_is_warmer():
    tried = Attempt(plan=Plan(cause="x", steps=(FIX_STEP,)), came_of_it="no help")
    brief = BRIEF.model_copy(update={"attempts": (tried,)})
    again, other = Said(calls=(("config_set", FIX),)), Said(calls=(("config_set", {**FIX, "value": "9090"}),))
    with OpenAIServer(again, again, again, other) as server:
        proposal = await chat(server).propose(brief)
    assert isinstance(proposal, Plan)


async def test_tokens_add_up_also_for_answers_that_were_not_usable():
    with OpenAIServer(Said(tokens=30), Said(calls=(("give_up", {"why": "-"}),), tokens=12)) as server:
        brain = chat(server)
        await brain.propose(BRIEF)
    assert brain.usage.tokens == 42
    assert brain.usage.calls == 2


async def test_tokens_are_estimated_when_the_server_does_not_tell():
    with OpenAIServer(Said(calls=(("give_up", {"why": "-"}),), tokens=None)) as server:
        brain = chat(server)
        await brain.propose(BRIEF)
    assert 300 < brain.usage.tokens < 3000


async def test_a_rate_limit_is_waited_for():
    slow = Refused(429, "slow down", retry_after="0.2")
    started = time.monotonic()
    assert isinstance(await propose(slow, Said(calls=(("config_set", FIX),))), Plan)
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize(
    ("reply", "says", "requests"),
    [
        (Refused(429), "limits our rate (429)", 3),
        (Refused(503, "overloaded"), "failed (503): overloaded.", 3),
        (Refused(404, "no such model"), "was not found (404): no such model. Check the model's name", 1),
        (Refused(403), "refused the key (403). Set OPENAI_API_KEY", 1),
    ],
)
async def test_a_model_that_fails_is_transient_after_a_few_tries(reply: Refused, says: str, requests: int):
    with OpenAIServer(*[reply] * 5) as server:
        with pytest.raises(Transient) as raised:
            await chat(server).propose(BRIEF)
        assert says in str(raised.value)
        assert f"The model test at {server.url}" in str(raised.value)
    assert len(server.requests) == requests


async def test_a_wrong_key_is_said_without_showing_it():
    with OpenAIServer(key="sk-right") as server, pytest.raises(Transient) as raised:
        await chat(server).propose(BRIEF)
    assert "refused the key (401). Set OPENAI_API_KEY" in str(raised.value)
    assert "sk-" not in str(raised.value)
    assert len(server.requests) == 1


async def test_a_dead_url_is_said_with_the_url():
    with OpenAIServer() as server:
        url = server.url
    with pytest.raises(Transient, match="cannot be reached") as raised:
        await chat(server).propose(BRIEF)
    assert url in str(raised.value)


async def test_a_model_that_hangs_is_left_after_the_timeout_and_not_asked_again():
    with OpenAIServer(Hangs(), Hangs()) as server:
        with pytest.raises(Transient, match=r"did not answer within 0\.2 s"):
            await chat(server, timeout_s=0.2).propose(BRIEF)
        assert len(server.requests) == 1


async def test_a_model_that_ran_on_without_end_is_held_to_the_schema_from_then_on():
    with OpenAIServer(Hangs(), Said(content=json.dumps(PLAN))) as server:
        brain = chat(server, timeout_s=0.5)
        with pytest.raises(Transient):
            await brain.propose(BRIEF)
        assert isinstance(await brain.propose(BRIEF), Plan)
    assert [request.schema is not None for request in server.requests] == [False, True]


async def test_cancelling_a_proposal_is_not_swallowed():
    with OpenAIServer(Hangs()) as server:
        task = asyncio.create_task(chat(server).propose(BRIEF))
        await asyncio.to_thread(server.arrived.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_model_is_made_at_its_first_proposal():
    made: list[ScriptedModel] = []

    def make() -> ScriptedModel:
        made.append(ScriptedModel(replies=[calling("give_up", {"why": "-"})] * 2))
        return made[-1]

    brain = Chat(make, name="late")
    assert not made
    await brain.propose(BRIEF)
    await brain.propose(BRIEF)
    assert len(made) == 1


async def test_a_script_that_is_too_short_is_a_mistake_of_the_test():
    with pytest.raises(Misuse, match="asked 1 times and has 0 replies"):
        await Chat(ScriptedModel()).propose(BRIEF)


async def test_a_client_of_another_make_that_fails_oddly_is_transient_too():
    with pytest.raises(Transient, match="gave no answer of a chat model: KeyError"):
        await Chat(ScriptedModel(replies=[KeyError("choices")]), name="odd").propose(BRIEF)


async def test_thoughts_are_not_words():
    thinking = AIMessage(content='<think>{"name": "config_set", "arguments": {}}</think>', tool_calls=[])
    model = ScriptedModel(replies=[thinking, calling("give_up", {"why": "no idea"})])
    assert await Chat(model).propose(BRIEF) == Unsure(why="no idea")


async def test_one_step_at_a_time_takes_the_first_step_only():
    two = Said(calls=(("config_set", FIX), ("services_restart", {"service": "payments"})))
    held = Said(content=json.dumps({**PLAN, "steps": [*PLAN["steps"], *PLAN["steps"]]}))
    with OpenAIServer(two, held) as server:
        for way in (Way.CALLS, Way.SCHEMA):
            brain = Chat(choose_model(server.url, {}).load, way=way, tactic=Tactic.REACT)
            proposal = await brain.propose(BRIEF)
            assert isinstance(proposal, Plan)
            assert [step.tool for step in proposal.steps] == ["config.set"]
    by_calls, by_schema = server.requests
    assert "submit_plan" not in by_calls.tools
    assert by_schema.schema is not None
    assert by_schema.schema["properties"]["steps"]["maxItems"] == 1


async def test_the_first_step_of_a_plan_is_not_proposed_again_either():
    tried = Attempt(plan=Plan(cause="x", steps=(FIX_STEP,)), came_of_it="no help")
    brief = BRIEF.model_copy(update={"attempts": (tried,)})
    two = Said(calls=(("config_set", FIX), ("services_restart", {"service": "payments"})))
    with OpenAIServer(*[two] * 4) as server:
        proposal = await Chat(choose_model(server.url, {}).load, tactic=Tactic.REACT).propose(brief)
    assert isinstance(proposal, Unsure)
    assert "this very step was tried" in proposal.why


async def test_a_brain_is_made_of_a_choice():
    told: list[str] = []

    def emit(kind: EventKind, node: str, text: str, /, **data: JsonValue) -> None:
        told.append(f"{kind} {node} {data.get('model', '')}")

    with OpenAIServer(Said(content=json.dumps(PLAN), tokens=40)) as server:
        choice = choose_model(f"{server.url}?input_price=1&output_price=2&timeout=7#small", {})
        brain = Chat.of(choice, emit=emit, role="act")
        await brain.propose(BRIEF)
    assert brain.name == f"{server.url}?input_price=1&output_price=2&timeout=7#small"
    assert brain.usage.dollars == pytest.approx((30 * 1 + 10 * 2) / 1_000_000)  # pyright: ignore[reportUnknownMemberType] - pytest leaves its argument's type open
    assert told[-1] == "model act small"
