"""`prunella export`: what a model is to learn from, made from a run's timeline and journal."""

import asyncio
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from prunella.brains.chat.replies import Call, proposal_of
from prunella.clock import SystemClock
from prunella.domain.brief import Brief
from prunella.domain.evidence import Evidence, EvidenceKind, Observation
from prunella.domain.journal import Outcome
from prunella.domain.plan import Plan, Step
from prunella.domain.report import Reach, Reading, Report
from prunella.domain.run import EventKind, RunRecord, Verdict
from prunella.domain.tool import Prepared
from prunella.redaction.redactor import Redactor
from prunella.storage.events import EventFile, event_path
from prunella.telemetry.emitter import Emitter
from prunella.wiring.records import Records, open_records
from prunella.wiring.settings import Settings
from tests.memory.samples import plan, restart, step

PRUNELLA = Path(sys.executable).parent / "prunella"
PASSWORD = "hunter2hunter"  # noqa: S105 -- of nobody
WRONG, RIGHT = plan(step("HOST", "::2"), cause="The host."), plan(step("PORT", "9100"), restart(), cause="The port.")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def export(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environ = {"PATH": os.environ["PATH"], "PRUNELLA_HOME": str(home), "HOME": str(home)}
    return subprocess.run(
        [PRUNELLA, "export", *words], env=environ, capture_output=True, text=True, timeout=60, check=False
    )


def ran(home: Path, run: str, *plans: tuple[Plan, Outcome], **changes: Any) -> None:
    """A run as the loop leaves it, carried out in its book, its journal and its timeline."""
    with open_records(Settings(home)) as book:
        asyncio.run(_run(book, run, plans, changes))


async def _run(book: Records, run: str, plans: Sequence[tuple[Plan, Outcome]], changes: dict[str, Any]) -> None:
    record = RunRecord(id=run, goal="stock answers", fleet="/srv/yard/prunella.toml", services=(run,), started=1.0)
    record = await book.runs.open(record.model_copy(update=changes))
    emitter = Emitter(run, SystemClock(), [EventFile(book.home, run)], Redactor([PASSWORD]))
    reading = Reading(probe="stock http", service="stock", reach=Reach.WRONG, detail=f"answered 503 ({PASSWORD})")
    fact = Evidence(kind=EvidenceKind.LOG, source="stock log", service="stock", text="ERROR port", is_error=True)
    look = Observation(tool="config.show", arguments={"file": "stock.env"}, ok=True, output="PORT=1")
    emitter.emit(EventKind.READING, "observe", "", **reading.model_dump(mode="json"))
    emitter.emit(EventKind.EVIDENCE, "diagnose", "", **fact.model_dump(mode="json"))
    emitter.emit(EventKind.LOOKUP, "diagnose", "", **look.model_dump(mode="json"))
    for chosen, outcome in plans:
        emitter.emit(EventKind.PLAN, "plan", "", **chosen.model_dump(mode="json"), key=chosen.key)
        for each in chosen.steps:
            entry = await book.journal.intend(run, record.token, chosen, each, Prepared())
            await book.journal.settle(entry, record.token, outcome, None)
        late = fact.model_copy(update={"text": "ERROR seen later"})
        emitter.emit(EventKind.EVIDENCE, "diagnose", "", **late.model_dump(mode="json"))
    verdict, ended = changes.get("verdict", Verdict.ACHIEVED), changes.get("ended", time.time())
    await book.runs.close(record.model_copy(update={"verdict": verdict, "ended": ended}))


def test_a_verified_run_is_what_the_model_sees_and_what_it_should_have_said(home: Path):
    ran(home, "r1", (WRONG, Outcome.UNDONE), (RIGHT, Outcome.APPLIED))
    done = export(home, "--format", "chat")
    (line,) = done.stdout.splitlines()
    example = json.loads(line)
    system, user, answer = example["messages"]
    assert [each["role"] for each in example["messages"]] == ["system", "user", "assistant"]
    assert system["content"].startswith("You reach a goal")
    for seen in ("stock answers", "stock http of stock", "answered 503 ([redacted])", "ERROR port", "PORT=1"):
        assert seen in user["content"]
    assert "ERROR seen later" not in user["content"]
    assert PASSWORD not in line
    calls = [(each["function"]["name"], json.loads(each["function"]["arguments"])) for each in answer["tool_calls"]]
    assert calls == [("config_set", RIGHT.steps[0].arguments), ("services_restart", {"service": "stock"})]
    assert answer["content"] == "The port."
    names = {tool["function"]["name"] for tool in example["tools"]}
    assert {"config_set", "services_restart", "services_read_log", "submit_plan"} <= names
    assert (done.returncode, done.stderr) == (0, "1 verified run exported.\n")


def test_what_is_taught_is_understood(home: Path):
    """The chat brain reads the exported answer as the very plan that healed."""
    why = RIGHT.model_copy(update={"steps": (RIGHT.steps[0].model_copy(update={"why": "9100 it is."}), restart())})
    ran(home, "r1", (why, Outcome.APPLIED))
    calls = json.loads(export(home).stdout)["messages"][2]["tool_calls"]
    said = tuple(Call(each["function"]["name"], json.loads(each["function"]["arguments"])) for each in calls)
    from prunella.cli.export import _fleet_specs  # pyright: ignore[reportPrivateUsage] -- the tools of every fleet

    understood = proposal_of(said, "The port.", Brief(goal="", report=Report(), tools=_fleet_specs(home)))
    assert isinstance(understood, Plan)
    assert understood.key == RIGHT.key


def test_plans_that_were_kept_one_after_the_other_are_one_answer(home: Path):
    second = plan(step("HOST", "::1"), restart(), cause="The host.")
    ran(home, "r1", (RIGHT, Outcome.APPLIED), (second, Outcome.APPLIED))
    answer = json.loads(export(home).stdout)["messages"][2]
    assert [json.loads(each["function"]["arguments"]).get("key") for each in answer["tool_calls"]] == [
        "PORT", "HOST", None,
    ]  # fmt: skip
    assert answer["content"] == "The port. The host."


def test_only_what_probes_verified_and_nothing_secret(home: Path):
    ran(home, "r1", (RIGHT, Outcome.APPLIED), verdict=Verdict.ESCALATED)
    ran(home, "r2", (WRONG, Outcome.UNDONE))
    ran(home, "r3", (plan(step("GREETING", PASSWORD)), Outcome.APPLIED))
    ran(home, "r4", (RIGHT, Outcome.APPLIED))
    event_path(home, "r4").unlink()
    done = export(home, "--out", str(home / "x.jsonl"))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("There is nothing to export: no verified run; left out: ")
    for why in ("1 for no step of its own", "1 for a secret", "1 for a timeline that is not kept"):
        assert why in done.stderr
    assert not (home / "x.jsonl").exists()


def test_the_file_is_whole_and_for_its_owner(home: Path, tmp_path: Path):
    out = tmp_path / "runs.jsonl"
    out.write_text("older")
    for run in ("r1", "r2"):
        ran(home, run, (RIGHT, Outcome.APPLIED), goal=f"{run} answers")
    done = export(home, "--out", str(out))
    assert (done.stdout, done.stderr) == ("", f"2 verified runs exported to {out}.\n")
    goals = [json.loads(line)["messages"][1]["content"].splitlines()[1] for line in out.read_text().splitlines()]
    assert goals == ["r1 answers", "r2 answers"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert sorted(each.name for each in tmp_path.iterdir()) == ["home", "runs.jsonl"]


def test_a_place_that_cannot_be_written_is_bad_input(home: Path, tmp_path: Path):
    ran(home, "r1", (RIGHT, Outcome.APPLIED))
    for place in (tmp_path, tmp_path / "missing" / "x.jsonl"):
        failed = export(home, "--out", str(place))
        assert failed.returncode == 2
        assert "cannot be written" in failed.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["home"]


def test_since_counts_from_the_end(home: Path):
    ran(home, "r1", (RIGHT, Outcome.APPLIED), ended=time.time() - 3 * 86_400)
    assert "no verified run in the last 2 days" in export(home, "--since", "2").stderr
    assert export(home, "--since", "4").stderr == "1 verified run exported.\n"


def test_tools_of_an_agents_own_are_told_as_far_as_they_were_called(home: Path):
    own = Plan(cause="Late.", steps=(Step(tool="set_price", arguments={"item": "pen", "cents": 120}),))
    ran(home, "r1", (own, Outcome.APPLIED), fleet="")
    tools = {each["function"]["name"]: each["function"] for each in json.loads(export(home).stdout)["tools"]}
    assert {"item", "cents"} <= set(tools["set_price"]["parameters"]["properties"])
    assert "config_set" not in tools
