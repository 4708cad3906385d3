"""The server over real HTTP, by the real client and by hand."""

import json
import threading
import time
from contextlib import closing
from http.client import HTTPConnection, IncompleteRead
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from prunella.testing.openai_server import (
    EMPTY_CHOICES,
    Cut,
    Drips,
    Hangs,
    Huge,
    OpenAIServer,
    Raw,
    Refused,
    Request,
    Said,
)

TOOL: dict[str, Any] = {"type": "function", "function": {"name": "look", "description": "Looks.", "parameters": {}}}


class Answer(NamedTuple):
    status: int
    body: dict[str, Any]
    headers: dict[str, str]


def client(server: OpenAIServer, key: str = "k") -> ChatOpenAI:
    return ChatOpenAI(model="m", base_url=server.url, api_key=SecretStr(key), max_retries=0, timeout=5)


def ask(server: OpenAIServer, method: str, path: str, body: str = "", timeout_s: float = 5) -> Answer:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=timeout_s)
    with closing(connection):
        connection.request(method, path, body)
        response = connection.getresponse()
        return Answer(response.status, json.load(response), dict(response.headers))


def post(server: OpenAIServer, body: dict[str, Any], timeout_s: float = 5) -> Answer:
    return ask(server, "POST", "/v1/chat/completions", json.dumps(body), timeout_s)


async def test_words_calls_and_usage_as_the_client_reads_them():
    with OpenAIServer(Said("hello", calls=(("look", {"at": "x"}),), tokens=20)) as server:
        message = await client(server).bind_tools([TOOL]).ainvoke("hi")
    assert message.text == "hello"
    assert message.tool_calls[0]["args"] == {"at": "x"}
    assert message.usage_metadata is not None
    assert message.usage_metadata["total_tokens"] == 20
    assert server.requests[0].tools == ["look"]
    assert server.requests[0].text == "hi"


async def test_a_stream_says_the_same():
    with OpenAIServer(Said("one\ntwo", calls=(("look", {"at": "x"}),), tokens=20)) as server:
        chunks = [chunk async for chunk in client(server).astream("hi", stream_usage=True)]
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert whole.text == "one\ntwo"
    assert whole.tool_calls[0]["args"] == {"at": "x"}
    assert whole.usage_metadata is not None
    assert whole.usage_metadata["total_tokens"] == 20


def test_models_are_listed():
    with OpenAIServer(models=("a", "b")) as server:
        assert [model["id"] for model in ask(server, "GET", "/v1/models").body["data"]] == ["a", "b"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_other_paths_are_not_there(method: str):
    with OpenAIServer() as server:
        assert ask(server, method, "/v2/models", "{}").status == 404


def test_a_server_that_refuses_features_keeps_its_script_for_later():
    with OpenAIServer(Said("ok"), refuses_tools=True, refuses_schema=True) as server:
        assert post(server, {"tools": [TOOL]}).status == 400
        assert post(server, {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}}).status == 400
        assert post(server, {}).body["choices"][0]["message"]["content"] == "ok"


def test_calls_can_be_written_into_the_text():
    with OpenAIServer(Said("So:", calls=(("look", {"at": "x"}),)), writes_calls=True) as server:
        message = post(server, {"tools": [TOOL]}).body["choices"][0]["message"]
    assert "tool_calls" not in message
    assert message["content"].startswith('So:\n```json\n{\n  "name": "look"')


def test_refusals_carry_status_message_and_pause():
    with OpenAIServer(Refused(429, "slow down", retry_after="3")) as server:
        status, body, headers = post(server, {})
    assert (status, body["error"]["message"], headers["Retry-After"]) == (429, "slow down", "3")


def test_only_the_right_key_is_let_in():
    with OpenAIServer(Said("ok"), key="right") as server:
        assert post(server, {}).status == 401
        assert client(server, "right").invoke("hi").text == "ok"


def test_the_end_of_the_script_is_an_error_that_says_so():
    with OpenAIServer() as server:
        status, body, _ = post(server, {})
    assert (status, body["error"]["message"]) == (500, "the script is over")


def test_a_reply_may_depend_on_the_request():
    def echo(request: Request) -> Said:
        return Said(request.text.upper())

    with OpenAIServer(echo) as server:
        assert client(server).invoke("hi").text == "HI"


def test_a_hanging_server_stops_at_once_when_its_block_ends():
    with OpenAIServer(Hangs()) as server, pytest.raises(TimeoutError):
        post(server, {}, timeout_s=0.1)
    assert not [thread for thread in threading.enumerate() if "serve_forever" in thread.name]


def stream(server: OpenAIServer) -> tuple[str, bytes]:
    with closing(HTTPConnection(urlsplit(server.url).netloc, timeout=5)) as connection:
        connection.request("POST", "/v1/chat/completions", '{"stream": true}')
        response = connection.getresponse()
        return response.headers["Content-Type"], response.read()


def test_a_cut_stream_is_reset_or_just_ends():
    said = Said("a\nb\nc")
    with OpenAIServer(Cut(said), Cut(said, reset=False), said) as server:
        with pytest.raises(ConnectionResetError):
            stream(server)
        (_, cut), (_, whole) = stream(server), stream(server)
    assert whole.endswith(b"[DONE]\n\n")
    assert (cut.count(b"data:"), whole.count(b"data:")) == (2, 6)


def test_a_cut_body_is_shorter_than_it_says():
    with OpenAIServer(Cut(Said("hello"), reset=False)) as server, pytest.raises(IncompleteRead):
        post(server, {})


def test_a_drip_takes_its_time_and_says_all():
    with OpenAIServer(Drips(Said("a\nb"), 0.05), Drips(Said("hi"), 0.01)) as server:
        started = time.monotonic()
        assert stream(server)[1].count(b"data:") == 5
        assert 0.2 <= time.monotonic() - started < 2
        assert post(server, {}).body["choices"][0]["message"]["content"] == "hi"


def test_a_huge_reply_is_huge_both_ways():
    with OpenAIServer(Huge(100_000, piece=1_000), Huge(100_000)) as server:
        assert stream(server)[1].count(b"data:") == 103
        assert len(post(server, {}).body["choices"][0]["message"]["content"]) == 100_000


def test_raw_bodies_come_as_they_are_even_where_a_stream_was_asked_for():
    with OpenAIServer(Raw(), EMPTY_CHOICES) as server:
        kind, page = stream(server)
        assert (kind, page[:6]) == ("text/html", b"<html>")
        assert post(server, {}).body["choices"] == []


def test_a_server_that_ignores_streams_or_refuses_them_and_one_that_quotes_the_key():
    with OpenAIServer(Said("hi"), ignores_stream=True) as server:
        assert stream(server)[0] == "application/json"
    with OpenAIServer(Said("hi"), refuses_stream=True, refuses_usage=True, refuses_temperature=True) as server:
        refusable: list[dict[str, Any]] = [{"stream": True}, {"stream_options": {}}, {"temperature": 0}]
        refused = [post(server, body).status for body in refusable]
        assert (refused, post(server, {"stream": False}).status) == ([400, 422, 400], 200)
    with OpenAIServer(key="right", echoes_key=True) as server, pytest.raises(Exception, match="Bearer wrong"):
        client(server, "wrong").invoke("hi")
