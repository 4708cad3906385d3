"""Model servers that misbehave, over real sockets: nothing hangs, nothing is lost, no key is shown."""

import asyncio
import json
import time
import traceback
from typing import Any

import pytest

from prunella.brains.chat.brain import Chat
from prunella.brains.chat.models import choose_model
from prunella.brains.chat.wire import Way
from prunella.domain.frozen import JsonValue
from prunella.domain.plan import LookUp, Plan, Unsure
from prunella.domain.run import EventKind
from prunella.errors import Transient
from prunella.testing.openai_server import (
    EMPTY_CHOICES,
    OTHER_FORMAT,
    Cut,
    Drips,
    Hangs,
    Huge,
    OpenAIServer,
    Raw,
    Refused,
    Said,
    Script,
)
from tests.brains.chat.briefs import BRIEF, FIX
from tests.brains.chat.test_brain import PLAN

KEY = "sk-test-0123456789abcdef"
PLANNED = Said(content=json.dumps(PLAN, indent=1), tokens=40)
CALLED = Said(calls=(("config_set", FIX),))
WRONG = [
    (Raw(), "gave no answer of a chat model"),
    (Raw("{}", "application/json"), "gave no answer of a chat model"),
    (Raw("", "text/event-stream"), "gave no answer of a chat model"),
    (Raw("data: {oops\n\n", "text/event-stream"), "gave no answer of a chat model"),
    (EMPTY_CHOICES, "gave no answer of a chat model"),
    (OTHER_FORMAT, "gave no answer of a chat model"),
]


class Told:
    """Every event, oldest first."""

    def __init__(self) -> None:
        self.events: list[tuple[EventKind, str, str, dict[str, JsonValue]]] = []

    def __call__(self, kind: EventKind, node: str, text: str, /, **data: JsonValue) -> None:
        self.events.append((kind, node, text, data))

    @property
    def calls(self) -> list[dict[str, JsonValue]]:
        return [data for kind, _, _, data in self.events if kind is EventKind.MODEL]

    @property
    def pieces(self) -> list[str]:
        return [str(data["text"]) for kind, _, _, data in self.events if kind is EventKind.TOKENS]


def chat(server: OpenAIServer, way: Way = Way.CALLS, **options: Any) -> Chat:
    load = choose_model(f"{server.url}#m", {"OPENAI_API_KEY": KEY}).load
    return Chat(load, name="test", key="OPENAI_API_KEY", way=way, backoff_s=(0.01, 0.01), **options)


@pytest.mark.parametrize("way", [Way.CALLS, Way.SCHEMA])
@pytest.mark.parametrize("said", [PLANNED, CALLED])
async def test_an_answer_is_streamed_and_its_usage_is_asked_for(way: Way, said: Said):
    with OpenAIServer(said) as server:
        brain = chat(server, way)
        assert isinstance(await brain.propose(BRIEF), Plan)
    assert [bool(request.body.get("stream")) for request in server.requests] == [True]
    assert brain.usage.tokens == said.tokens


async def test_tokens_are_told_as_they_come_and_at_most_twenty_times_a_second():
    told = Told()
    content = json.dumps(PLAN, indent=1)
    with OpenAIServer(Drips(Said(content), pause_s=0.02)) as server:
        started = time.monotonic()
        await chat(server, Way.SCHEMA, emit=told).propose(BRIEF)
        took_s = time.monotonic() - started
    assert "".join(told.pieces) == content
    assert 3 <= len(told.pieces) <= took_s * 20 + 2
    (call,) = told.calls
    first_s, seconds = call["first_token_s"], call["seconds"]
    assert isinstance(first_s, float)
    assert isinstance(seconds, float)
    assert first_s < seconds / 2
    assert [text for kind, _, text, _ in told.events if kind is EventKind.TOKENS] == [""] * len(told.pieces)


async def test_a_call_is_told_with_all_that_a_trace_needs():
    told = Told()
    with OpenAIServer(Refused(503), PLANNED) as server:
        await chat(server, Way.SCHEMA, emit=told, role="judge").propose(BRIEF)
    failed, done = told.calls
    assert failed["error"] == f"The model test at {server.url} failed (503): no. Try again later, or use another model."
    assert (failed["input_tokens"], failed["output_tokens"], failed["first_token_s"]) == (0, 0, None)
    assert {key: value for key, value in done.items() if not key.endswith("_s") and key != "seconds"} == {
        "brain": "test", "provider": "openai", "model": "m", "way": "schema", "role": "judge",
        "input_tokens": 30, "output_tokens": 10, "dollars": 0.0, "error": "",
    }  # fmt: skip
    assert [node for _, node, _, _ in told.events] == ["judge"] * len(told.events)
    *_, (_, _, text, _) = told.events
    assert text.startswith("m: 0.")
    assert text.endswith(" s, 30 + 10 tokens, no charge")


async def test_prompt_and_reply_are_told_only_where_that_was_asked_for():
    told = Told()
    with OpenAIServer(PLANNED) as server:
        await chat(server, Way.SCHEMA, emit=told, capture=True).propose(BRIEF)
    (call,) = told.calls
    assert BRIEF.goal in str(call["prompt"])
    assert call["reply"] == PLANNED.content


@pytest.mark.parametrize("way", [Way.CALLS, Way.SCHEMA])
@pytest.mark.parametrize(("wrong", "says"), WRONG)
async def test_nonsense_is_transient_after_one_more_try_in_one_piece(wrong: Raw, says: str, way: Way):
    with OpenAIServer(wrong, wrong) as server, pytest.raises(Transient, match=says):
        await chat(server, way).propose(BRIEF)
    assert [bool(request.body.get("stream")) for request in server.requests] == [True, False]


@pytest.mark.parametrize("features", [{"refuses_stream": True}, {"refuses_usage": True}, {"ignores_stream": True}])
@pytest.mark.parametrize("way", [Way.CALLS, Way.SCHEMA])
async def test_a_server_that_does_not_stream_is_asked_whole_from_then_on(features: dict[str, Any], way: Way):
    with OpenAIServer(*[PLANNED] * 3, **features) as server:
        brain = chat(server, way)
        for _ in range(2):
            assert isinstance(await brain.propose(BRIEF), Plan)
    assert [bool(request.body.get("stream")) for request in server.requests] == [True, False, False]


async def test_a_model_that_refuses_a_temperature_is_asked_without_from_then_on():
    with OpenAIServer(PLANNED, PLANNED, refuses_temperature=True) as server:
        brain = chat(server, Way.SCHEMA)
        for _ in range(2):
            assert isinstance(await brain.propose(BRIEF), Plan)
    assert ["temperature" in request.body for request in server.requests] == [True, False, False]
    assert all(request.body.get("stream") for request in server.requests)


@pytest.mark.parametrize("reset", [True, False])
@pytest.mark.parametrize("way", [Way.CALLS, Way.SCHEMA])
async def test_a_cut_stream_is_asked_again(reset: bool, way: Way):
    told = Told()
    with OpenAIServer(Cut(PLANNED, 3, reset=reset), PLANNED) as server:
        brain = chat(server, way, emit=told)
        assert isinstance(await brain.propose(BRIEF), Plan)
    assert len(server.requests) == 2
    assert "broke off in mid-answer" in str(told.calls[0]["error"])
    assert brain.usage.calls == 2
    assert brain.usage.input_tokens > 30  # the cut one was read too, and is estimated


@pytest.mark.parametrize("reset", [True, False])
async def test_a_server_that_always_breaks_off_is_transient(reset: bool):
    with (
        OpenAIServer(*[Cut(PLANNED, 2, reset=reset)] * 4) as server,
        pytest.raises(Transient, match="broke off in mid-answer"),
    ):
        await chat(server, Way.SCHEMA).propose(BRIEF)


async def test_arguments_that_were_cut_are_never_completed_by_guessing():
    cut = Said(calls=(("config_set", '{"service": "payments", "key": "PORT", "value": "80'),))
    with OpenAIServer(cut, cut) as server:
        proposal = await chat(server).propose(BRIEF)
    assert not isinstance(proposal, Plan | LookUp)


async def test_a_slow_drip_ends_at_the_timeout_and_a_stop_at_the_idle_one():
    with OpenAIServer(Drips(Said("a\n" * 50), 0.1), Drips(Said("a\nb\nc"), 1)) as server:
        with pytest.raises(Transient, match=r"did not answer within 0\.5 s"):
            await chat(server, timeout_s=0.5).propose(BRIEF)
        started = time.monotonic()
        with pytest.raises(Transient, match="stopped in mid-answer"):
            await chat(server, idle_s=0.2).propose(BRIEF)
        assert time.monotonic() - started < 3
    assert len(server.requests) == 2


@pytest.mark.parametrize("whole", [True, False])
async def test_an_answer_out_of_all_proportion_is_cut_off_and_a_fault(whole: bool):
    told = Told()
    with OpenAIServer(*[Huge()] * 4, ignores_stream=whole) as server:
        proposal = await chat(server, Way.SCHEMA, emit=told).propose(BRIEF)
    assert isinstance(proposal, Unsure)
    assert "cut off at 400,000 characters; be brief" in proposal.why
    assert "be brief" in server.requests[-1].text
    assert sum(map(len, told.pieces)) < 1_000_000


async def test_a_body_without_end_is_not_kept_in_memory():
    with OpenAIServer(*[Raw("a" * 40_000_000)] * 4) as server:
        proposal = await chat(server, Way.SCHEMA).propose(BRIEF)
    assert isinstance(proposal, Unsure)
    assert "longer than any answer" in proposal.why


async def test_a_pause_of_an_hour_is_not_waited_for():
    with OpenAIServer(Refused(429, retry_after="3600")) as server:
        with pytest.raises(Transient, match="Wait for 3600 s"):
            await chat(server).propose(BRIEF)
        assert len(server.requests) == 1


async def test_a_used_up_quota_is_not_asked_again():
    with OpenAIServer(Refused(429, "insufficient_quota")) as server, pytest.raises(Transient):
        await chat(server).propose(BRIEF)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500, 503])
async def test_a_key_that_the_server_quotes_is_shown_nowhere(status: int):
    told = Told()
    with OpenAIServer(*[Refused(status)] * 20, echoes_key=True) as server:
        brain = chat(server, emit=told, capture=True)
        with pytest.raises(Transient) as raised:
            await brain.propose(BRIEF)
        assert any(KEY in request.authorization for request in server.requests)
    shown = "".join(traceback.format_exception(raised.value)) + repr(vars(brain)) + repr(told.events)
    assert KEY not in shown
    assert raised.value.__context__ is None or KEY not in repr(raised.value.__context__)


async def test_a_key_that_the_model_repeats_is_not_told():
    told = Told()
    with OpenAIServer(Drips(Said(f"My key is {KEY[:9]}\b{KEY[9:]} {KEY} indeed.\n"), 0.06), PLANNED) as server:
        await chat(server, emit=told, capture=True).propose(BRIEF)
    assert KEY not in repr(told.events)
    assert "[redacted]" in "".join(told.pieces)


async def test_a_cancelled_call_is_counted_and_told():
    told = Told()
    with OpenAIServer(Hangs()) as server:
        brain = chat(server, emit=told)
        task = asyncio.create_task(brain.propose(BRIEF))
        await asyncio.to_thread(server.arrived.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert brain.usage.calls == 1
    assert brain.usage.input_tokens > 300
    assert "nobody waits" in str(told.calls[0]["error"]).casefold()


@pytest.mark.parametrize("script", [(Refused(400, "no"),), (Hangs(),)])
async def test_usage_of_what_was_refused_is_nothing_and_of_what_ran_out_is_estimated(script: tuple[Script, ...]):
    with OpenAIServer(*script * 9) as server:
        brain = chat(server, timeout_s=0.3)
        with pytest.raises(Transient):
            await brain.propose(BRIEF)
    assert brain.usage.calls == len(server.requests)
    assert (brain.usage.tokens > 0) == isinstance(script[0], Hangs)
