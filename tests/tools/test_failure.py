"""What a server answered belongs to the error of the client that asked it: real clients, a real server."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
import requests

from prunella.domain.evidence import Observation
from prunella.domain.plan import Step
from prunella.errors import Transient
from prunella.redaction.redactor import Redactor
from prunella.tools.failure import Unredacted, observe_failure

FAULT = {"detail": [{"loc": ["body", "quantity"], "msg": "must be a whole number"}]}
BODIES = {
    "/422": (422, json.dumps(FAULT).encode()),
    "/429": (429, b"slow down"),
    "/500": (500, b"API_KEY=sk-verysecretverysecret died\n" + b"x" * 3_000_000),
    "/502": (502, b"\xff\xfe is no UTF-8"),
    "/503": (503, b""),
}


class Desk(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = BODIES[self.path]
        self.send_response(status)
        self.send_header("Retry-After", "7")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its own name
        """Say nothing."""


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Desk)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def by_httpx(url: str) -> None:
    httpx.get(url, trust_env=False).raise_for_status()


def by_requests(url: str) -> None:
    requests.get(url, timeout=5).raise_for_status()


def wrapped(url: str) -> None:
    try:
        by_httpx(url)
    except httpx.HTTPStatusError as error:
        raise ValueError("the order was refused") from error


def observed(call: Callable[[str], None], url: str) -> Observation:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - each client has an error of its own
        call(url)
    return observe_failure("order", Step(tool="order"), raised.value, Redactor())


@pytest.mark.parametrize("call", [by_httpx, by_requests, wrapped])
def test_the_body_and_the_wait_are_in_the_message(api: str, call: Callable[[str], None]) -> None:
    seen = observed(call, f"{api}/422")
    assert seen.message.endswith(f"\nRetry-After: 7\n{json.dumps(FAULT)}")
    assert "429" in observed(by_httpx, f"{api}/429").message
    assert observed(call, f"{api}/429").message.endswith("\nslow down")


@pytest.mark.parametrize("call", [by_httpx, by_requests])
def test_a_body_is_bounded_and_redacted(api: str, call: Callable[[str], None]) -> None:
    seen = observed(call, f"{api}/500")
    assert "API_KEY=" in seen.message
    assert "sk-very" not in seen.message
    assert len(seen.message) < 2_100


def test_a_body_in_no_known_writing_and_none_are_no_trouble(api: str) -> None:
    assert observed(by_httpx, f"{api}/502").message.endswith("\ufffd\ufffd is no UTF-8")
    assert observed(by_httpx, f"{api}/503").message.endswith("Retry-After: 7")


def streamed_by_httpx(url: str) -> None:
    with httpx.stream("GET", url, trust_env=False) as answer:
        answer.raise_for_status()


def streamed_by_requests(url: str) -> None:
    with requests.get(url, timeout=5, stream=True) as answer:
        answer.raise_for_status()


@pytest.mark.parametrize("call", [streamed_by_httpx, streamed_by_requests])
def test_what_nobody_read_is_not_read_for_it(api: str, call: Callable[[str], None]) -> None:
    seen = observed(call, f"{api}/422")
    assert "422" in seen.message
    assert "quantity" not in seen.message


class Odd(Exception):
    """Has what looks like an answer, and is none."""

    @property
    def response(self) -> object:
        raise RuntimeError("no request was made")


class Empty(Exception):
    response = None


@pytest.mark.parametrize("error", [Odd("odd"), Empty("odd"), ValueError("odd")])
def test_what_is_no_answer_adds_nothing(error: Exception) -> None:
    assert observe_failure("order", Step(tool="order"), error, Unredacted()).message == "odd"


def test_an_error_of_ours_says_all_there_is(api: str) -> None:
    try:
        by_httpx(f"{api}/422")
    except httpx.HTTPStatusError as cause:
        error = Transient("try later")
        error.__cause__ = cause
        assert observe_failure("order", Step(tool="order"), error, Unredacted()).message == "try later"


def test_errors_that_name_each_other_as_cause_end() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert observe_failure("order", Step(tool="order"), one, Unredacted()).message == "one"
