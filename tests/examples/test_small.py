"""The examples that need no model."""

from pathlib import Path

import pytest

from tests.examples.running import EXAMPLES, run_example


def test_pricing_puts_the_wrong_guess_back(tmp_path: Path) -> None:
    ended = run_example("pricing", tmp_path)
    assert ended.exit_code == 0, ended.complaint
    assert ended.lines[:2] == ("achieved", "{'tea': 290}")
    assert ended.node("undo") == ("put back: price_tea 300",)
    assert ended.node("action") == ("price_tea: None", "price_tea: None")


def test_the_objective_ends_at_the_best_setting_inside_the_constraint(tmp_path: Path) -> None:
    ended = run_example("objective", tmp_path)
    assert ended.exit_code == 0, ended.complaint
    assert ended.lines[-1] == "achieved {'workers': 10} 60 s"
    put_back = [line for line in ended.lines if line.startswith("put back")]
    assert put_back == [f"put back: resize_pool {workers}" for workers in (16, 12, 11)]


@pytest.mark.parametrize(
    ("answer", "verdict", "sent"), [("y\n", "achieved", "['Ada']"), ("\n", "escalated", "[]"), ("", "escalated", "[]")]
)
def test_approval_needs_a_yes(tmp_path: Path, answer: str, verdict: str, sent: str) -> None:
    ended = run_example("approval", tmp_path, answer=answer)
    assert ended.exit_code == 0, ended.complaint
    assert ended.lines[0].startswith("send_reminder Ada  (send_reminder cannot be put back")
    assert ended.lines[1:3] == (f"Do it? [y/N] {verdict}", sent)


def test_every_example_has_a_test() -> None:
    folders = {path.parent.name for path in EXAMPLES.glob("*/agent.py")}
    assert folders == {"tutorial", "pricing", "objective", "approval"}
