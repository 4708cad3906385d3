"""The examples that need no model."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.running import EXAMPLES, Runner


def test_pricing_puts_the_wrong_guess_back(run_example: Runner) -> None:
    ended = run_example("pricing")
    assert ended.exit_code == 0
    assert ended.lines[:2] == ("achieved", "{'tea': 290}")
    assert ended.node("undo") == ("put back: price_tea 300",)
    assert ended.node("action") == ("price_tea: None", "price_tea: None")


def test_the_objective_ends_at_the_best_setting_inside_the_constraint(run_example: Runner) -> None:
    ended = run_example("objective")
    assert ended.exit_code == 0
    assert ended.lines[-1] == "achieved {'workers': 10} 60 s"
    put_back = [line for line in ended.lines if line.startswith("put back")]
    assert put_back == [f"put back: resize_pool {workers}" for workers in (16, 12, 12, 11)]


@pytest.mark.parametrize(
    ("answer", "verdict", "sent"), [("y\n", "achieved", "['Ada']"), ("\n", "escalated", "[]"), ("", "escalated", "[]")]
)
def test_approval_needs_a_yes(run_example: Runner, answer: str, verdict: str, sent: str) -> None:
    ended = run_example("approval", typed=answer)
    assert ended.exit_code == 0
    assert ended.lines[0].startswith("send_reminder Ada  (send_reminder cannot be put back")
    assert ended.lines[1:3] == (f"Do it? [y/N] {verdict}", sent)


def test_every_example_has_a_test() -> None:
    folders = {path.parent.name for path in EXAMPLES.glob("*/agent.py")}
    assert folders == {"tutorial", "pricing", "objective", "approval", "analyst", "api_client", "coder"}


def test_a_user_runs_it_as_a_program(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / "pricing" / "agent.py")]
    environ = {**os.environ, "PRUNELLA_HOME": str(tmp_path)}
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.startswith("achieved\n{'tea': 290}\n")
    assert ended.stderr == ""
