"""Asking a human, and hearing the answer, over processes and days: on a real service."""

import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from prunella.cli.approvals import show_approvals
from prunella.cli.approve import Reply, approve_run, show_question
from prunella.cli.exits import Exit
from prunella.cli.explain import explain_run
from prunella.cli.pause import pause_agents, resume_agents
from prunella.cli.status import show_status
from prunella.domain.ruling import Question
from prunella.errors import Misuse
from prunella.storage.runs import Orphaned, Unanswered
from tests.cli.quay import Quay, berthed
from tests.storage.questions import request

TELL = "import sys, pathlib; pathlib.Path('told.json').write_text(sys.stdin.read()); print('approve: yes')"


@pytest.fixture
def quay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Quay]:
    with berthed(tmp_path.resolve(), monkeypatch, capsys) as each:
        yield each


def test_without_a_terminal_it_parks_and_the_answer_goes_on_with_it(quay: Quay):
    harbour = quay.harbour
    harbour.declare(f'autonomy = "ask"\napproval = {{ command = {json.dumps([sys.executable, "-c", TELL])} }}')
    before = harbour.picture()
    assert quay.heal(brains=("reflex",)) is Exit.WAITING
    (question,) = quay.waiting()
    told = json.loads((harbour.folder / "told.json").read_text())
    assert (told["run"], told["plan"]) == (question["run"], question["plan"])
    (harbour.folder / "told.json").unlink()
    assert (harbour.picture(), harbour.processes()) == (before, []), "what the command prints approves nothing"
    assert quay.states() == ["waiting for approval"]
    with pytest.raises(Unanswered, match=f"prunella approve {question['run']} --show"):
        quay.heal()
    with pytest.raises(Misuse, match="not 0badc0de"):
        approve_run("last", Reply(plan="0badc0de"), json=True)
    assert len(quay.waiting()) == 1
    assert approve_run("last", Reply(plan=question["plan"]), json=True) is Exit.DONE
    assert harbour.is_alive("lamp")
    assert (quay.waiting(), quay.states()) == ([], ["ended"])
    with pytest.raises(Misuse, match="has ended"):
        approve_run("last", Reply(), json=True)


def test_a_no_that_is_final_leaves_everything_as_it_was_found(quay: Quay):
    before = quay.harbour.picture()
    assert quay.heal() is Exit.WAITING
    assert approve_run("last", Reply(deny=True, final=True, reason="not today"), json=True) is Exit.ESCALATED
    assert (quay.harbour.picture(), quay.harbour.processes()) == (before, [])
    quay.said()
    explain_run("last", None, json=False)
    assert "not today" in quay.said()


def test_silence_is_a_no_that_the_next_heal_finds(quay: Quay):
    quay.harbour.declare('autonomy = "ask"\napproval = { expires = "1s" }')
    assert quay.heal() is Exit.WAITING
    time.sleep(1.1)
    assert quay.waiting() == []
    assert quay.states() == ["answered"]
    assert quay.heal() is Exit.ESCALATED
    assert "nobody answered in time" in quay.said()
    assert quay.harbour.processes() == []


def test_another_plan_can_be_wanted_instead_and_asks_anew(quay: Quay, tmp_path: Path):
    assert quay.heal() is Exit.WAITING
    (question,) = quay.waiting()
    steps = question["request"]["plan"]["steps"]
    dim = {"tool": "config.set", "arguments": {"file": "lamp/.env", "key": "LAMP_COLOUR", "value": "red"}}
    edited = tmp_path / "steps.yaml"
    edited.write_text(json.dumps({"steps": [dim, *steps]}))  # JSON is YAML
    assert approve_run("last", Reply(edit=edited, reason="and dim it"), json=True) is Exit.WAITING
    (again,) = quay.waiting()
    assert [step["tool"] for step in again["request"]["plan"]["steps"]] == ["config.set", *(s["tool"] for s in steps)]
    assert again["plan"] != question["plan"]
    assert approve_run("last", Reply(), json=True) is Exit.DONE
    assert "LAMP_COLOUR=red" in quay.harbour.file("lamp").read_text()
    assert quay.harbour.is_alive("lamp")


def test_an_answer_while_all_is_paused_is_kept_for_later(quay: Quay):
    assert quay.heal() is Exit.WAITING
    pause_agents("moving house", json=True)
    assert approve_run("last", Reply(), json=True) is Exit.PAUSED
    assert quay.states() == ["paused", "answered"]
    with pytest.raises(Misuse, match="said yes"):
        approve_run("last", Reply(deny=True), json=True)
    assert quay.heal() is Exit.PAUSED
    assert "moving house" in quay.said()
    resume_agents(json=True)
    with pytest.raises(Orphaned, match="has its answer"):
        quay.heal(dry_run=True)
    assert quay.harbour.processes() == [], "a dry run does not go on with what would touch the world"
    assert quay.heal() is Exit.DONE
    assert quay.harbour.is_alive("lamp")


def test_all_that_is_asked_can_be_read_on_a_narrow_screen(quay: Quay, monkeypatch: pytest.MonkeyPatch):
    """Everything that a human has to know is there, and no line is wider than the screen."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert quay.heal() is Exit.WAITING
    quay.said()
    shown: dict[str, str] = {}
    for name, show in {
        "question": lambda: show_question("last", json=False),
        "approvals": lambda: show_approvals(json=False),
        "status": lambda: show_status(json=False),
    }.items():
        show()
        shown[name] = re.sub(r"\x1b\[[\d;]*m", "", quay.said())
    words = ("services.start lamp", "asks", "risk", "undo", "seen", "silence", "it is a no; nothing is", "--deny")
    assert [word for word in words if word not in shown["question"]] == []
    assert "1 question waits" in shown["approvals"]
    assert "waiting for approval" in shown["status"]
    long = [line for text in shown.values() for line in text.splitlines() if len(line) > 80]
    assert long == []


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        (Reply(edit=Path("x.json"), deny=True), "contradict"),
        (Reply(final=True), "goes with --deny"),
        (Reply(plan="beef"), "not beef"),
        (Reply(edit=Path("gone.json")), "cannot be read"),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(reply: Reply, complaint: str):
    with pytest.raises(Misuse, match=complaint):
        reply.to(question())


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("a.json", "{", "holds no steps"),
        ("a.json", "[]", "holds no steps"),
        ("a.yaml", "- tool: [", "holds no steps"),
        ("a.yaml", "- tool: x\n  argument: {}\n", "holds no steps"),
        ("a.json", '[{"tool": "config.set", "arguments": {"value": "[redacted]"}}]', "secret:NAME"),
        ("a.json", json.dumps([step.model_dump() for step in request("a").plan.steps]), "those that are asked about"),
    ],
)
def test_steps_that_are_none_are_refused(tmp_path: Path, name: str, text: str, complaint: str):
    (tmp_path / name).write_text(text)
    with pytest.raises(Misuse, match=complaint):
        Reply(edit=tmp_path / name).to(question())


def question() -> Question:
    asked = request("a")
    return Question(id="q", plan=asked.plan.key, request=asked)
