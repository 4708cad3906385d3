"""`--brain URL`: any OpenAI-compatible server, by tool calls and by JSON; a dead one costs nothing but a message."""

import json
from typing import Any

from prunella.testing.openai_server import OpenAIServer, Said
from prunella.testing.ports import free_ports
from tests.acceptance.conftest import Build
from tests.acceptance.harbour import Harbour
from tests.acceptance.test_heal import break_port


def steps(harbour: Harbour) -> list[dict[str, Any]]:
    edit = {"file": "lamp/.env", "key": "LAMP_LISTEN", "value": str(harbour.ports["lamp"])}
    return [
        {"why": "the probe looks there", "tool": "config_set", "arguments": edit},
        {"why": "it reads its file at start", "tool": "services_restart", "arguments": {"service": "lamp"}},
    ]


def proposal(harbour: Harbour) -> dict[str, Any]:
    return {"cause": "The lamp hangs at another door.", "because": ["nobody answers"], "decision": "use_tools",
            "steps": steps(harbour), "text": ""}  # fmt: skip


def broken(build: Build) -> Harbour:
    harbour = build("lamp")
    break_port(harbour, "lamp")
    harbour.start("lamp")
    return harbour


def test_a_model_that_calls_tools_heals(build: Build) -> None:
    harbour = broken(build)
    calls = [(step["tool"], step["arguments"]) for step in steps(harbour)]
    look = ("services_read_log", {"service": "lamp"})
    with OpenAIServer(Said(calls=(look,)), Said(content="The lamp hangs elsewhere.", calls=tuple(calls))) as server:
        ended = harbour.run("heal", "--brain", server.url)
    assert ended.code == 0, ended.said
    assert harbour.is_alive("lamp")
    assert "look up" in ended.out
    assert "The lamp hangs elsewhere." in ended.out


def test_a_model_without_tools_heals_by_json(build: Build) -> None:
    harbour = broken(build)
    with OpenAIServer(Said(content=json.dumps(proposal(harbour))), refuses_tools=True) as server:
        ended = harbour.run("heal", "--brain", f"{server.url}#some-model")
    assert ended.code == 0, ended.said
    assert harbour.is_alive("lamp")
    assert "The lamp hangs at another door." in ended.out


def test_a_dead_model_is_named_and_the_world_is_as_found(build: Build) -> None:
    harbour = broken(build)
    before, pids = harbour.picture(), harbour.pids()
    (port,) = free_ports(1)
    ended = harbour.run("heal", "--brain", f"http://127.0.0.1:{port}/v1")
    assert ended.code == 3, ended.said
    assert f"http://127.0.0.1:{port}/v1 cannot be reached" in ended.out
    assert "Traceback" not in ended.said
    assert (harbour.picture(), harbour.pids()) == (before, pids)


def test_an_unknown_brain_is_refused_before_anything_starts(build: Build) -> None:
    harbour = build("lamp")
    ended = harbour.run("heal", "--brain", "opnai:gpt-5")
    assert (ended.code, ended.out) == (2, ""), ended.said
    assert "Did you mean openai:gpt-5?" in ended.err
    assert harbour.run("status").out.startswith("No runs yet.")


def test_a_rung_that_cannot_be_had_is_left_out_with_a_word(build: Build) -> None:
    harbour = broken(build)
    harbour.declare(extra='[brains]\nladder = ["reflex", "openai:gpt-5"]\n')
    ended = harbour.run("heal", OPENAI_API_KEY="")
    assert ended.code == 0, ended.said
    assert "Going on without the brain openai:gpt-5" in ended.err
    assert harbour.is_alive("lamp")


def test_a_ladder_without_a_rung_is_refused(build: Build) -> None:
    harbour = broken(build)
    harbour.declare(extra='[brains]\nladder = ["openai:gpt-5"]\n')
    ended = harbour.run("heal", OPENAI_API_KEY="")
    assert (ended.code, ended.out) == (2, ""), ended.said
    assert "OPENAI_API_KEY" in ended.err
