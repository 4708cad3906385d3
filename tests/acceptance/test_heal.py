"""`prunella heal` on real services: what is broken is healed, what is well is left alone, and nobody is overruled."""

from tests.acceptance.conftest import Build
from tests.acceptance.harbour import Harbour


def break_port(harbour: Harbour, name: str) -> None:
    port = str(harbour.ports[name])
    harbour.write(name, harbour.wholesome(name).replace(port, str(int(port) - 1)))


def test_a_wrong_port_is_healed_by_one_setting(build: Build) -> None:
    harbour = build("lamp")
    break_port(harbour, "lamp")
    harbour.start("lamp")
    ended = harbour.run("heal", "Check the lamp service and fix any issues.")
    assert ended.code == 0, ended.said
    assert harbour.is_alive("lamp")
    assert harbour.file("lamp").read_text(encoding="utf-8") == harbour.wholesome("lamp")
    assert "✔ healed" in ended.out
    assert f"prunella undo {run_of(ended.out)}" in ended.out


def test_stopped_services_are_started_and_nothing_else_is_touched(build: Build) -> None:
    harbour = build("tide", "buoy")
    harbour.start("buoy")
    before, (buoy,) = harbour.picture(), harbour.pids().values()
    ended = harbour.run("heal", "Please bring the tide back up", TERM="xterm-256color")
    assert ended.code == 0, ended.said
    assert harbour.is_alive("tide")
    assert harbour.pids()["buoy/buoy.json"] == buoy
    assert harbour.picture() == before
    assert "\x1b" not in ended.said
    assert not [line for line in ended.out.splitlines() if line != line.rstrip()]


def test_a_yaml_file_that_does_not_parse_is_mended(build: Build) -> None:
    harbour = build("crane")
    harbour.write("crane", harbour.wholesome("crane").replace("  load", " load"))
    ended = harbour.run("heal")
    assert ended.code == 0, ended.said
    assert harbour.is_alive("crane")
    assert harbour.file("crane").read_text(encoding="utf-8") == harbour.wholesome("crane")


def test_nothing_to_do_writes_nothing(build: Build) -> None:
    harbour = build("lamp", "tide")
    harbour.start("lamp", "tide")
    before, pids = harbour.picture(), harbour.pids()
    ended = harbour.run("heal")
    assert ended.code == 0, ended.said
    assert "nothing to do" in ended.out
    assert (harbour.picture(), harbour.pids()) == (before, pids)


def test_a_dry_run_shows_plan_and_difference_and_touches_nothing(build: Build) -> None:
    harbour = build("lamp")
    break_port(harbour, "lamp")
    harbour.start("lamp")
    before, pids = harbour.picture(), harbour.pids()
    ended = harbour.run("heal", "--dry-run")
    assert ended.code == 3, ended.said
    wrong, right = harbour.ports["lamp"] - 1, harbour.ports["lamp"]
    assert f"-LAMP_LISTEN={wrong}\n" in ended.out
    assert f"+LAMP_LISTEN={right}\n" in ended.out
    assert "dry run, nothing was touched" in ended.out
    assert (harbour.picture(), harbour.pids()) == (before, pids)


def test_a_dry_run_for_programs_carries_the_difference(build: Build) -> None:
    harbour = build("tide")
    ended = harbour.run("heal", "--dry-run", "--json")
    assert ended.code == 3, ended.said
    (would_do,) = [each["data"]["would_do"] for each in ended.events if "would_do" in each["data"]]
    assert [step["step"] for step in would_do] == ["services.start tide"]
    assert not harbour.pids()


def test_without_a_policy_and_a_terminal_it_only_suggests_and_yes_carries_it_out(build: Build) -> None:
    harbour = build("tide")
    harbour.declare(policy="")
    suggested = harbour.run("heal")
    assert suggested.code == 3, suggested.said
    assert "Suggested: services.start tide" in suggested.out
    assert "heal --yes" in suggested.out
    assert not harbour.pids()
    done = harbour.run("heal", "--yes", "--json")
    assert done.code == 0, done.said
    assert done.events[-1]["kind"] == "verdict"
    assert done.events[-1]["data"]["verdict"] == "achieved"
    assert {each["run"] for each in done.events} == {done.events[-1]["run"]}
    assert harbour.is_alive("tide")


def test_yes_overrules_no_denial_and_an_escalation_hands_over_what_is_known(build: Build) -> None:
    """The friend is no service of the fleet: nobody here can help."""
    harbour = build("pilot")
    text = harbour.wholesome("pilot") + 'friend = "http://127.0.0.1:9/"\n'
    harbour.write("pilot", text)
    harbour.declare(policy='autonomy = "auto"\ndeny = ["config:*"]')
    harbour.start("pilot")
    before = harbour.picture()
    ended = harbour.run("heal")
    assert ended.code == 3, ended.said
    assert "▲ escalated" in ended.out
    still_red = ended.out.partition("still red")[2]
    assert "my friend at http://127.0.0.1:9/ is silent" in still_red
    assert "next" in still_red
    assert f"prunella explain {run_of(ended.out)}" in still_red
    assert harbour.picture() == before


def test_a_secret_is_told_neither_by_the_timeline_nor_by_the_book(build: Build) -> None:
    harbour = build("lamp")
    hidden = "kZ83hfQpLw02mmXs"
    harbour.write("lamp", f"LAMP_LISTEN=green\nLAMP_API_KEY={hidden}\n")
    (harbour.folder / "lamp" / ".env.example").write_text("LAMP_API_KEY=\nLAMP_LISTEN=1\n", encoding="utf-8")
    said = harbour.run("heal", "--dry-run").said + harbour.run("explain").said + harbour.run("explain", "--json").said
    assert "LAMP_API_KEY" in said
    assert hidden not in said


def run_of(text: str) -> str:
    return text.partition("· run ")[2].split()[0]
