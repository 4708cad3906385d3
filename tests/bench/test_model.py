"""The bench of a small model: what it scores is what the shop shows, and rivals get what we have."""

import asyncio
import json
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.model.endpoint import serving
from bench.model.hints import HINTS
from bench.model.mending import Front, mended
from bench.model.mixture import ALONE, MIXED, roles_for
from bench.model.ours import read_report, report_of
from bench.model.runs import Ended, append, read_runs, run_of
from bench.model.scores import Score, Told, claim_of, score
from bench.model.situations import Situation, found, situations
from bench.model.tools import GIVEN, offered
from prunella.demo.edits import ENV
from prunella.demo.faults import FAULTS
from prunella.errors import Misuse
from prunella.fleet.file import load_fleet
from prunella.testing.openai_server import OpenAIServer, Said

TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "config_set",
        "description": "Set.",
        "parameters": {"type": "object", "properties": {"key": {"type": "string"}, "value": {"type": "string"}}},
    },
}


def reply(content: str) -> dict[str, Any]:
    return {"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": content}}]}


def calls(answer: dict[str, Any]) -> list[tuple[str, Any]]:
    native = answer["choices"][0]["message"].get("tool_calls", [])
    return [(each["function"]["name"], json.loads(each["function"]["arguments"])) for each in native]


def test_forty_runs_meet_every_fault_the_healthy_shop_and_every_hint():
    chosen = situations(40)
    assert {each.fault for each in chosen} == {fault.name for fault in FAULTS}
    assert {each.hint for each in chosen} == {"", *HINTS}
    assert len({each.name for each in chosen}) == 40


def test_only_one_fault_is_played_with_seeds_of_its_own():
    assert [each.name for each in situations(3, "stopped")] == ["stopped/0", "stopped/1", "stopped/2"]
    with pytest.raises(Misuse, match="no fault 'nonsense'"):
        situations(1, "nonsense")


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("VERDICT: healed\nCAUSE: PORT", "healed"),
        ("**Verdict:** not healed. I fixed nothing.", "not healed"),
        ("VERDICT: nothing to do", "nothing to do"),
        ("The port has been updated, and payments is now healthy.", "healed"),
        ("I could not reach the ledger.", "not healed"),
        ("No issues were found.", "nothing to do"),
        ('```json\n{"name": "config_show"}\n```', "none"),
        ("", "none"),
    ],
)
def test_an_answer_in_words_is_read_generously(text: str, claim: str):
    assert claim_of(text) == claim


def test_a_call_in_the_text_becomes_a_native_one_that_fits_its_tool():
    answer = mended(reply('```json\n{"name": "config.set", "arguments": {"key": "PORT", "value": 8080}}\n```'), [TOOL])
    assert calls(answer) == [("config_set", {"key": "PORT", "value": "8080"})]
    assert answer["choices"][0]["finish_reason"] == "tool_calls"
    assert answer["choices"][0]["message"]["content"] == ""


def test_words_and_native_calls_are_left_alone():
    words = reply("All is well.")
    assert mended(words, [TOOL]) is words
    native = reply("")
    native["choices"][0]["message"]["tool_calls"] = [{"id": "1"}]
    assert mended(native, [TOOL]) is native
    assert mended(reply('{"name": "config_set", "arguments": {}}'), []) == reply(
        '{"name": "config_set", "arguments": {}}'
    )


def test_only_the_front_that_mends_mends_and_both_count():
    said = '```json\n{"name": "config_set", "arguments": {"key": "A", "value": "b"}}\n```'
    with OpenAIServer(Said(said), Said(said)) as server:
        body = {"model": "default", "messages": [{"role": "user", "content": "go"}], "tools": [TOOL], "stream": False}
        fronts = [Front(f"{server.url}", mends, 10) for mends in (False, True)]
        answers = [front.answer("/v1/chat/completions", body) for front in fronts]
    assert [len(calls(answer)) for _, answer in answers] == [0, 1]
    assert [front.calls for front in fronts] == [1, 1]


def test_a_server_that_is_away_is_an_answer():
    status, said = Front("http://127.0.0.1:9", mends=True, timeout_s=2).answer(
        "/v1/chat/completions", {"tools": [TOOL]}
    )
    assert status == 502
    assert "error" in said


def event(kind: str, text: str, **data: object) -> dict[str, Any]:
    return {"kind": kind, "text": text, "data": data}


def test_our_report_lists_what_lasts_and_not_what_was_put_back():
    events = [
        event("action", "", ok=True, entry=1, tool="config.set", arguments={"key": "HOST", "value": "::"}),
        event("action", "", ok=False, entry=2, tool="services.stop", arguments={"service": "ledger"}),
        event("undo", "", entry=1),
        event("action", "", ok=True, entry=3, tool="config.set", arguments={"key": "PORT", "value": "80"}),
        event("verdict", "achieved: PORT was wrong.", verdict="achieved"),
    ]
    report = report_of(events)
    assert report.splitlines() == ["achieved: PORT was wrong.", "config.set PORT 80"]
    assert read_report(report).claim == "healed"
    assert read_report(report_of(events[:-1])).claim == "none"


SCORE = Score(True, True, True, "healed", (f"{ENV}:PORT",), (), ())


def test_runs_are_read_back_and_a_line_that_was_cut_is_left_out(tmp_path: Path):
    run = run_of("prunella", Situation("stopped", 3), SCORE, Ended("done", 1.5, calls=2))
    path = tmp_path / "runs.jsonl"
    append(run, path)
    append(replace(run, contender="smolagents"), path)
    path.write_text(path.read_text()[:-40])
    assert read_runs(path) == [run]
    assert read_runs(tmp_path / "none") == []


def ask(url: str, tool: str, **arguments: str) -> str:
    request = urllib.request.Request(url, json.dumps({"tool": tool, "arguments": arguments}).encode())  # noqa: S310 (our own server)
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 (our own server)
        return json.load(response)["text"]


async def test_a_shop_is_healed_with_the_rivals_tools_and_every_report_is_weighed(tmp_path: Path):
    async with found(Situation("wrong-port", 0, "comment-blames-workers"), tmp_path / "shop") as stage:
        port = str(stage.shop.ports["payments"])
        untouched = await asyncio.to_thread(score, stage, Told("healed", "PORT was wrong; payments"))
        assert not untouched.healed
        assert not untouched.right_report
        assert untouched.wrote == ()
        assert (await asyncio.to_thread(score, stage, Told("not healed", "no idea"))).right_report

        async with offered(stage.shop.fleet_path, tmp_path / "tools") as (url, bench):
            assert [spec["name"] for spec in bench.specs] == [name.replace(".", "_") for name in GIVEN]
            assert "RED" in await asyncio.to_thread(ask, url, "probes_read")
            assert "no tool" in await asyncio.to_thread(ask, url, "restart_service", service="payments")
            await asyncio.to_thread(ask, url, "config_set", file=ENV, key="WORKERS", value="1")
            half = await asyncio.to_thread(score, stage, Told("not healed", "WORKERS was changed"))
            assert half.worse == (f"not healed, and changed: {ENV}:WORKERS",)
            await asyncio.to_thread(ask, url, "config_set", file=ENV, key="WORKERS", value="8")
            await asyncio.to_thread(ask, url, "config_set", file=ENV, key="PORT", value=port)
            await asyncio.to_thread(ask, url, "services_restart", service="payments")

        told = Told("healed", f"PORT was wrong, it is {port} now; payments was restarted.")
        healed = await asyncio.to_thread(score, stage, told)
        assert healed.healed, healed.problems
        assert healed.right_report
        assert healed.wrote == (f"{ENV}:PORT", "process:payments")
        assert not (await asyncio.to_thread(score, stage, Told("healed", "All is well now."))).right_report
        assert not (await asyncio.to_thread(score, stage, Told("none", ""))).right_report


async def test_a_restart_of_a_healthy_service_is_a_write(tmp_path: Path):
    async with found(Situation("healthy", 0), tmp_path / "shop") as stage:
        well = await asyncio.to_thread(score, stage, Told("nothing to do", "all green"))
        assert (well.healed, well.right_report, well.wrote) == (True, True, ())
        await stage.shop.restart("payments")
        restarted = await asyncio.to_thread(score, stage, Told("nothing to do", "all green"))
        assert restarted.wrote == ("process:payments",)
        assert not restarted.healed
        assert not restarted.right_report


SERVICE = '[service.web]\nprobes = [{ tcp = "127.0.0.1:1" }]\n'


def test_the_roles_of_a_mixture_go_into_the_fleet_file(tmp_path: Path):
    for name, acts in ((ALONE, ()), (MIXED, ("http://127.0.0.1:2/v1",))):
        path = tmp_path / "prunella.toml"
        path.write_text(SERVICE + roles_for(name, "http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))
        brains = load_fleet(path).brains
        assert (brains.ladder, brains.act) == (("http://127.0.0.1:1/v1",), acts)


def test_what_is_served_answers_gets_and_posts():
    with (
        serving(lambda path, body: (200, {"path": path, **body})) as url,
        urllib.request.urlopen(f"{url}/v1/models", timeout=5) as response,  # noqa: S310 (our own server)
    ):
        assert json.load(response) == {"path": "/v1/models"}
