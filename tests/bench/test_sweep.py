"""The sweep counts what demos say of themselves, and no process of theirs can fool or stop it."""

import json

import pytest

from bench.figures import Figure, wilson
from bench.sweep import Demo, Play, named, play, print_sweep, read_play, seeded
from prunella.demo.faults import FAULTS

DEMO = Demo("seed 7", "wrong-port", ("--seed", "7"))


def said(*objects: object) -> str:
    return "".join(json.dumps(each) + "\n" for each in objects)


def test_a_verdict_is_the_last_line_and_the_heal_lasts_from_the_first_event_to_the_last():
    text = said({"at": 10.0}, {"at": 12.5}, {"fault": "x", "verdict": "healed", "problems": []})
    ended = read_play(DEMO, "exit code 0", text, "", 9.0)
    assert (ended.verdict, ended.heal_s, ended.went_well) == ("healed", 2.5, True)


def test_healed_with_any_problem_is_false():
    text = said({"fault": "x", "verdict": "healed", "problems": ["payments is not well: 503"]})
    ended = read_play(DEMO, "exit code 1", text, "", 1.0)
    assert ended.is_false_healed
    assert not ended.went_well


def test_escalated_with_a_problem_is_not_well_and_not_false():
    text = said({"fault": "x", "verdict": "escalated", "problems": ["the verdict should be healed"]})
    ended = read_play(DEMO, "exit code 1", text, "", 1.0)
    assert not ended.is_false_healed
    assert not ended.went_well


@pytest.mark.parametrize("text", ["", "Traceback\n", said({"at": 1.0}), '{"verdict": "hea'])
def test_a_demo_without_a_judge_s_line_is_not_well_and_keeps_its_last_words(text: str):
    ended = read_play(DEMO, "exit code 1", text, "Traceback\nImportError: nothing there\n", 1.0)
    assert not ended.went_well
    assert ended.problems == ("exit code 1", "ImportError: nothing there")


def test_a_demo_that_cannot_run_is_counted_not_raised():
    ended = play(Demo("none", "none", ("--fault", "no-such-fault")))
    assert ended.verdict == ""
    assert "exit code 2" in ended.problems


def test_every_named_fault_and_every_seed_is_played_once():
    assert [demo.name for demo in named(0)] == [fault.name for fault in FAULTS]
    assert [demo.arguments for demo in seeded(3, 2)] == [("--seed", "3"), ("--seed", "4")]
    assert {demo.family for demo in seeded(0, 50)} >= {"wrong-port", "broken-file"}


def test_a_false_heal_misses_the_aim_however_many_went_well(capsys: pytest.CaptureFixture[str]):
    good = [Play(f"seed {n}", "wrong-port", "healed", (), 1.0, 0.5) for n in range(9)]
    false = Play("seed 9", "typo-key", "healed", ("app.env was changed",), 1.0, 0.5)
    assert print_sweep(good, 8, as_json=False)
    assert not print_sweep([*good, false], 8, as_json=False)
    assert "seed 9 (typo-key) healed: app.env was changed" in capsys.readouterr().out


def test_what_never_got_to_a_verdict_counts_against_the_aim(capsys: pytest.CaptureFixture[str]):
    plays = [Play("a", "f", "healed", (), 1.0, 0.5), Play("b", "f", "", ("exit code 1",), 0.1)]
    assert not print_sweep(plays, 2, as_json=True)
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["met"] for each in objects if each["name"] == "ended as they should"] == [False]


def test_wilson_against_published_values():
    low, high = wilson(81, 263)  # Newcombe 1998, table I, method 3
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 20)[0] == 0.0


@pytest.mark.parametrize(
    ("figure", "judged"),
    [
        (Figure("f", 5.0, aim=5), "ok"),
        (Figure("f", 5.1, aim=5), "over"),
        (Figure("f", 79, aim=80, at_least=True), "under"),
        (Figure("f", None, aim=5), "?"),
        (Figure("f", 1.0), ""),
    ],
)
def test_a_figure_is_held_against_its_aim(figure: Figure, judged: str):
    assert figure.judged == judged
