"""`status`, `explain` and `undo`: one heal, told and taken back."""

from tests.acceptance.conftest import Build
from tests.acceptance.test_heal import break_port, run_of


def test_a_heal_is_listed_explained_and_taken_back(build: Build) -> None:
    harbour = build("lamp")
    break_port(harbour, "lamp")
    harbour.start("lamp")
    before = harbour.file("lamp").read_bytes()
    run = run_of(harbour.run("heal").out)

    status = harbour.run("status")
    assert (status.code, len(status.out.splitlines())) == (0, 2)
    assert run in status.out
    assert "healed" in status.out

    told = harbour.run("explain", run)
    assert told.code == 0
    assert f"1. config.set lamp/.env LAMP_LISTEN {harbour.ports['lamp']}" in told.out
    assert "because" in told.out
    assert "Autonomy is auto" in told.out
    assert str(harbour.folder) not in told.out

    step = harbour.run("explain", run, "--step", "1")
    assert "allowed" in step.out
    assert f"+LAMP_LISTEN={harbour.ports['lamp']}" in step.out
    assert "applied: config.set" in step.out

    beyond = harbour.run("explain", run, "--step", "9")
    assert (beyond.code, beyond.err) == (2, f"Run {run} has no step 9; its steps are 1 to 2.\n")

    undone = harbour.run("undo", "last")
    assert undone.code == 0, undone.said
    assert harbour.file("lamp").read_bytes() == before
    assert list(harbour.pids()) == ["lamp/.env"]
    assert not harbour.is_alive("lamp")

    again = harbour.run("undo", run)
    assert again.code == 0
    assert "nothing to put back" in again.err


def test_undo_leaves_what_a_human_changed_since_and_says_so(build: Build) -> None:
    harbour = build("pilot")
    break_port(harbour, "pilot")
    harbour.start("pilot")
    run = run_of(harbour.run("heal").out)
    theirs = harbour.file("pilot").read_text(encoding="utf-8") + "# by hand\n"
    harbour.write("pilot", theirs)
    ended = harbour.run("undo", run, "--json")
    assert ended.code == 5, ended.said
    assert ended.events[-1]["data"]["verdict"] == "frozen"
    assert "changed by somebody else" in ended.events[-1]["text"]
    assert harbour.file("pilot").read_text(encoding="utf-8") == theirs


def test_an_unknown_run_is_answered_with_the_nearest(build: Build) -> None:
    harbour = build("lamp")
    ended = harbour.run("explain", "0101-nosuch")
    assert (ended.code, "There is no run '0101-nosuch'" in ended.err) == (2, True), ended.said
    assert harbour.run("status").out.startswith("No runs yet.")
