"""The API client through the real OpenAI client, against its own API, with a model that follows a script."""

import importlib
import sys
from collections.abc import Iterator

import pytest

from prunella.testing.openai_server import OpenAIServer, Request, Said
from tests.examples.running import EXAMPLES, Runner


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A script finds what lies beside it."""
    monkeypatch.syspath_prepend(str(EXAMPLES / "api_client"))
    yield
    sys.modules.pop("orders_api", None)


def orders(quantity: object) -> Said:
    return Said("Eggs.", calls=(("place_order", {"item": "eggs", "quantity": quantity}),))


def mends_what_the_body_names(request: Request) -> Said:
    """A model that has read the API's answer; without it, it would be lost."""
    named = "quantity" in request.text and "whole number from 1 to 20" in request.text
    return orders(12 if named else 0)


def statuses() -> list[int]:
    return importlib.import_module("orders_api").Desk.asked


def test_a_422_is_read_and_a_429_is_waited_for(run_example: Runner) -> None:
    with OpenAIServer(orders("a dozen"), mends_what_the_body_names) as server:
        ended = run_example("api_client", OPENAI_BASE_URL=server.url)
    assert ended.exit_code == 0, ended.lines
    assert statuses() == [422, 429, 201]
    assert any("HTTP 422" in line for line in ended.node("act"))
    assert ended.lines[-1].startswith("end: achieved")
    assert len(server.requests) == 2


def test_a_wrong_order_is_taken_back(run_example: Runner) -> None:
    with OpenAIServer(orders(2), orders(12)) as server:
        ended = run_example("api_client", "--brain", server.url)
    assert ended.exit_code == 0, ended.lines
    assert any("put back: place_order eggs 2" in line for line in ended.node("undo"))
    assert statuses() == [201, 429, 201]
