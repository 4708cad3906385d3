"""The tutorial's agent through the real OpenAI client, over HTTP, with a model that follows a script."""

import json

import pytest

from prunella.errors import Misuse
from prunella.testing.openai_server import OpenAIServer, Request, Said
from tests.examples.running import EXAMPLES, Runner

GOAL = "Check the payments service and fix any issues."
LOOK = {"service": "payments"}
FIX = {"service": "payments", "key": "PORT", "value": "8080"}


def as_json(cause: str, decision: str, *steps: tuple[str, dict[str, str]], text: str = "") -> Said:
    listed = [{"why": cause, "tool": tool, "arguments": arguments} for tool, arguments in steps]
    return Said(json.dumps({"cause": cause, "because": [], "decision": decision, "steps": listed, "text": text}))


def fix_what_the_log_says(request: Request) -> Said:
    """A model that has read the log; without it, it would be lost."""
    value = "8080" if "Check if PORT is set to 8080" in request.text else "1"
    return Said("PORT is wrong.", calls=(("update_service_config", {**FIX, "value": value}),))


def test_by_tool_calls_it_looks_then_repairs_and_the_check_ends_the_run(run_example: Runner) -> None:
    with OpenAIServer(Said(calls=(("check_service_status", LOOK),)), fix_what_the_log_says) as server:
        ended = run_example("tutorial", OPENAI_BASE_URL=server.url)
    assert ended.exit_code == 0
    assert ended.node("diagnose") == ("check_service_status payments",)
    assert ended.node("act") == ("update_service_config: None",)
    assert ended.lines[-1] == "end: achieved: PORT is wrong."
    assert [request.body["model"] for request in server.requests] == ["gpt-4o", "gpt-4o"]
    assert {"check_service_status", "update_service_config"} <= set(server.requests[0].tools)
    assert GOAL in server.requests[0].text


@pytest.mark.parametrize("refuses_tools", [True, False])
def test_by_json_a_wrong_guess_is_put_back_before_the_right_one(run_example: Runner, refuses_tools: bool) -> None:
    look = as_json("Is it down?", "use_tools", ("check_service_status", LOOK))
    guess = as_json("DEBUG is off.", "use_tools", ("update_service_config", {**FIX, "key": "DEBUG"}))
    repair = as_json("PORT is wrong.", "use_tools", ("update_service_config", FIX))
    with OpenAIServer(look, guess, look, repair, refuses_tools=refuses_tools) as server:
        ended = run_example("tutorial", "--brain", server.url)
    assert ended.exit_code == 0
    assert ended.node("undo") == ("put back: update_service_config payments DEBUG 8080",)
    assert ended.lines[-1] == "end: achieved: PORT is wrong."
    assert [tools_in(request) for request in server.requests] == [
        ["check_service_status"], ["check_service_status", "update_service_config"],
    ] * 2  # fmt: skip


def tools_in(request: Request) -> list[str]:
    """The tools that the schema of a request knows."""
    assert request.schema is not None
    return [step["properties"]["tool"]["enum"][0] for step in request.schema["properties"]["steps"]["items"]["anyOf"]]


def test_a_model_that_only_says_so_is_not_believed(run_example: Runner) -> None:
    lie = as_json("It was broken.", "answer", text="Fixed!")
    with OpenAIServer(Said("I fixed it: payments runs on 8080 now!"), lie, lie, lie) as server:
        ended = run_example("tutorial", OPENAI_BASE_URL=server.url)
    assert ended.exit_code == 1
    assert ended.node("act") == ()
    assert ended.lines[-1].startswith("end: escalated: ")
    assert "the check is still red: Fixed!" in ended.lines[-1]


def test_without_a_key_it_says_which_one_and_does_nothing(
    run_example: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Misuse, match=r"openai:gpt-4o needs a key: set OPENAI_API_KEY, or OPENAI_BASE_URL"):
        run_example("tutorial")
    assert capsys.readouterr().out == ""


def test_it_is_as_short_as_its_readme_says() -> None:
    lines = (EXAMPLES / "tutorial" / "agent.py").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) <= 40
