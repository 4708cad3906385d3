import asyncio
import socket
import stat
from pathlib import Path

import psutil
import pytest

from prunella.domain.posture import Aspect, Posture, Stance
from prunella.domain.service import Fleet
from prunella.rehearsal.fleet import FleetRehearsal
from prunella.rehearsal.shadow import make_shadow
from prunella.world.paths import kept_paths
from tests.rehearsal.stage import PROGRAM, Stage, picture, plan_of, put, trial
from tests.world.yard import call, free_port

both = pytest.mark.parametrize("enclosed", [True, False], ids=["enclosed", "copied"])


def shadows(stage: Stage) -> list[Path]:
    """What is left of shadows."""
    return list((stage.yard.folder / ".state" / "shadows").iterdir())


def running(stage: Stage) -> list[int]:
    """Processes of the program that were started for this stage, wherever they are shut in."""
    found = psutil.process_iter(["cmdline", "status"])
    ours = (p for p in found if str(PROGRAM) in (p.info["cmdline"] or []) and p.info["status"] != "zombie")
    return [p.pid for p in ours if is_of(stage, p)]


def is_of(stage: Stage, process: psutil.Process) -> bool:
    """It, or what it comes from, works in the stage's folder or names it."""
    try:
        said = (" ".join([each.cwd(), *each.cmdline()]) for each in (process, *process.parents()[:2]))
        return any(str(stage.yard.folder) in each for each in said)
    except psutil.Error:
        return False


@both
async def test_a_plan_that_the_preflight_refuses_fails_and_the_world_is_untouched(stage: Stage, enclosed: bool):
    stage.service("app", "LEVEL=low\n", check=True)
    stage.fleet()
    before = picture(stage.yard.folder)
    rehearsed = await stage.rehearse(put("app/app.env", "LEVEL", "LOUD"), enclosed=enclosed)
    assert trial(rehearsed, "pre-flight").ok is False
    assert "LEVEL must be low or high, not LOUD" in trial(rehearsed, "pre-flight").detail
    assert picture(stage.yard.folder) == before
    assert shadows(stage) == []
    assert running(stage) == []


@both
async def test_a_plan_that_repairs_passes_and_says_what_there_is_without_it(stage: Stage, enclosed: bool):
    stage.service("app", "LEVEL=LOUD\n", check=True)
    rehearsed = await stage.rehearse(put("app/app.env", "LEVEL", "low"), enclosed=enclosed)
    assert trial(rehearsed, "pre-flight").ok is True
    assert "without the plan: exit code 1" in trial(rehearsed, "pre-flight").detail
    assert "-LEVEL=LOUD\n+LEVEL=low" in rehearsed.difference
    assert str(stage.yard.folder / "app/app.env (before)") in rehearsed.difference


@both
async def test_another_fault_that_the_plan_does_not_repair_is_not_held_against_it(stage: Stage, enclosed: bool):
    stage.service("app", "LEVEL=LOUD\nMIN=5\nMAX=2\n", check=True)
    rehearsed = await stage.rehearse(put("app/app.env", "LEVEL", "low"), enclosed=enclosed)
    assert trial(rehearsed, "pre-flight").ok is None
    assert "still red, with another error" in trial(rehearsed, "pre-flight").detail


@both
async def test_a_new_error_about_what_the_plan_sets_is(stage: Stage, enclosed: bool):
    stage.service("app", "LEVEL=LOUD\n", check=True)
    rehearsed = await stage.rehearse(put("app/app.env", "LEVEL", "louder"), enclosed=enclosed)
    assert trial(rehearsed, "pre-flight").ok is False


@both
async def test_a_preflight_that_hangs_says_nothing_and_leaves_nothing_behind(stage: Stage, enclosed: bool):
    stage.service("app", "LEVEL=low\n", check=True)
    rehearsed = await stage.rehearse(put("app/app.env", "HANGS", "yes"), enclosed=enclosed, limit_s=1.5)
    assert trial(rehearsed, "pre-flight").ok is None
    assert not rehearsed.failed
    assert shadows(stage) == []
    await settled(stage)


async def settled(stage: Stage) -> None:
    async with asyncio.timeout(3):
        while running(stage):  # noqa: ASYNC110 -- processes send no event
            await asyncio.sleep(0.05)


@both
async def test_nothing_is_left_behind_when_it_is_cancelled(stage: Stage, enclosed: bool):
    stage.service("app", "LEVEL=low\nHANGS=yes\n", check=True)
    task = asyncio.create_task(stage.rehearse(put("app/app.env", "MAX", "3"), enclosed=enclosed))
    async with asyncio.timeout(10):
        while not running(stage):  # noqa: ASYNC110 -- processes send no event
            await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert shadows(stage) == []
    await settled(stage)


@pytest.mark.usefixtures("enclosed")
async def test_the_real_binary_is_started_where_there_is_no_preflight(stage: Stage):
    port, other = free_port(), free_port()
    stage.service("app", f"PORT={port}\n", port)
    rehearsed = await stage.rehearse(put("app/app.env", "PORT", str(other)))
    assert trial(rehearsed, "start of").ok is False
    assert f"connection refused at 127.0.0.1:{port}" in trial(rehearsed, "start of").detail
    assert "HTTP 200" in trial(rehearsed, "start of").detail


@pytest.mark.usefixtures("enclosed")
async def test_a_start_takes_no_port_of_this_machine(stage: Stage):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        stage.service("app", "PORT=1\n", port)
        rehearsed = await stage.rehearse(put("app/app.env", "PORT", str(port)))
        assert trial(rehearsed, "start of").ok is True
        taken.settimeout(0.05)
        with pytest.raises(TimeoutError):
            taken.accept()


@pytest.mark.usefixtures("enclosed")
async def test_a_start_that_misses_a_neighbour_is_not_held_against_the_plan(stage: Stage):
    with socket.socket() as neighbour:
        neighbour.bind(("127.0.0.1", 0))
        neighbour.listen()
        port = free_port()
        stage.service("app", f"PORT={port}\n", port)
        needs = put("app/app.env", "NEEDS", str(neighbour.getsockname()[1]))
        rehearsed = await stage.rehearse(needs)
    assert trial(rehearsed, "start of").ok is None
    assert "what a shadow does not have" in trial(rehearsed, "start of").detail


@pytest.mark.usefixtures("enclosed")
async def test_a_service_that_is_slow_to_be_right_is_given_time(stage: Stage):
    port = free_port()
    stage.service("app", f"PORT={port}\n", port)
    rehearsed = await stage.rehearse(put("app/app.env", "WARM_UP", "0.6"))
    assert trial(rehearsed, "start of").ok is True


@pytest.mark.usefixtures("enclosed")
async def test_what_it_writes_goes_into_a_copy(stage: Stage):
    port = free_port()
    stage.yard.write("app/data.db", "precious\n")
    stage.yard.write("app/log/program.log", "old\n")
    stage.service(
        "app", f"PORT={port}\nWRITES=yes\nSTATUS=500\n", port, check=True, more='logs = ["app/log/program.log"]'
    )
    stage.fleet()
    before = picture(stage.yard.folder)
    rehearsed = await stage.rehearse(put("app/app.env", "STATUS", "200"))
    assert trial(rehearsed, "start of").ok is True
    assert "HTTP 500" in trial(rehearsed, "start of").detail
    assert trial(rehearsed, "pre-flight").ok is True
    assert picture(stage.yard.folder) == before


async def test_what_a_preflight_writes_into_a_copy_of_its_folder_stays_there(stage: Stage):
    stage.yard.write("app/log/program.log", "old\n")
    stage.service("app", "WRITES=yes\nLEVEL=LOUD\n", check=True)
    stage.fleet()
    before = picture(stage.yard.folder)
    rehearsed = await stage.rehearse(put("app/app.env", "LEVEL", "low"), enclosed=False)
    assert trial(rehearsed, "pre-flight").ok is True
    assert picture(stage.yard.folder) == before


@pytest.mark.usefixtures("enclosed")
async def test_a_socket_in_the_file_system_is_out_of_reach(stage: Stage):
    path = stage.yard.folder / "db.sock"
    with socket.socket(socket.AF_UNIX) as database:
        database.bind(str(path))
        database.listen()
        stage.service("app", f"LEVEL=LOUD\nSOCKET={path}\n", check=True)
        rehearsed = await stage.rehearse(put("app/app.env", "LEVEL", "low"))
        assert trial(rehearsed, "pre-flight").ok is None
        assert "ConnectionRefusedError" in trial(rehearsed, "pre-flight").detail
        database.settimeout(0.05)
        with pytest.raises(TimeoutError):
            database.accept()


@both
async def test_a_file_outside_of_its_folder_that_is_a_link_and_nobody_elses(stage: Stage, enclosed: bool):
    target = stage.yard.write("etc/real.env", "LEVEL=LOUD\n")
    target.chmod(0o600)
    stage.service("app", "LEVEL=LOUD\n", file="conf/app.env", check=True)
    link = stage.yard.folder / "conf/app.env"
    link.unlink()
    link.symlink_to("../etc/real.env")
    stage.fleet()
    before = picture(stage.yard.folder)
    rehearsed = await stage.rehearse(put("conf/app.env", "LEVEL", "low"), enclosed=enclosed)
    assert picture(stage.yard.folder) == before
    if enclosed:
        assert trial(rehearsed, "pre-flight").ok is True
        assert "LEVEL must be" in trial(rehearsed, "pre-flight").detail
    else:  # the command names the link, and the copy would be of what it points to
        assert trial(rehearsed, "pre-flight").ok is None


async def test_a_file_outside_of_its_folder_that_the_command_names_is_turned_to(stage: Stage):
    stage.service("app", "LEVEL=LOUD\n", file="conf/app.env", check=True)
    rehearsed = await stage.rehearse(put("conf/app.env", "LEVEL", "low"), enclosed=False)
    assert trial(rehearsed, "pre-flight").ok is True


async def test_later_steps_see_earlier_ones_and_the_difference_is_of_all(stage: Stage):
    stage.service("app", "LEVEL=LOUD\nMIN=5\nMAX=2\n", check=True)
    steps = (put("app/app.env", "LEVEL", "low"), put("app/app.env", "MIN", "1"))
    rehearsed = await stage.rehearse(*steps)
    assert trial(rehearsed, "pre-flight").ok is True
    assert rehearsed.difference.count("(before)") == 1
    assert {"-LEVEL=LOUD", "+LEVEL=low", "-MIN=5", "+MIN=1"} <= set(rehearsed.difference.splitlines())


async def test_a_step_that_an_earlier_one_made_impossible_fails(stage: Stage):
    stage.service("app", "LEVEL=LOUD\nMIN=5\n", check=True)
    removed = call("config.remove", file="app/app.env", key="MIN")
    rehearsed = await stage.rehearse(removed, removed)
    assert [each.ok for each in rehearsed.trials] == [False]


async def test_what_is_about_disks_has_no_shadow_and_what_comes_after_is_rehearsed(stage: Stage):
    stage.service("app", "LEVEL=LOUD\n", check=True, more='logs = ["app/app.log"]\n')
    log = stage.yard.write("app/app.log", "x")
    emptied = call("files.rotate_log", path=str(log))
    rehearsed = await stage.rehearse(emptied, put("app/app.env", "LEVEL", "low"))
    assert trial(rehearsed, "pre-flight").ok is True
    assert not any(each.name.startswith("the step") for each in rehearsed.trials)
    assert log.read_text() == "x"


async def test_the_shadow_knows_how_files_lay_on_a_better_day(stage: Stage, tmp_path: Path):
    yard = stage.yard
    yard.write("certs/site.pem", "x")
    world = yard.world(yard.fleet('[service.app]\npaths = ["certs/site.pem"]\nprobes = [{ tcp = "127.0.0.1:1" }]\n'))
    states = tuple(each.state for each in kept_paths(world.fleet.services["app"], world.fleet.folder))
    await world.known_good.keep(world.good_name("app"), {}, states)
    shadow = make_shadow(world, ("app",), tmp_path / "tree")
    good = await shadow.world.good_states(("app",))
    assert (tmp_path / "tree" / str(yard.folder / "certs/site.pem").lstrip("/")) in good
    assert [each.mode for each in good.values()] == [each.mode for each in states]


async def test_a_plan_that_breaks_a_format_fails_before_anything_is_started(stage: Stage):
    stage.service("app", "a: 1\nb: [1, 2]\n", file="app/app.yaml", check=True)
    rehearsed = await stage.rehearse(call("config.replace_text", file="app/app.yaml", old="[1, 2]", new="[1, 2"))
    assert [each.ok for each in rehearsed.trials] == [False]
    assert "app.yaml parses" in rehearsed.trials[0].name


async def test_a_file_that_did_not_parse_before_is_no_new_failure(stage: Stage):
    stage.service("app", "a: [1\nb: {2\n", file="app/app.yaml")
    rehearsed = await stage.rehearse(call("config.replace_text", file="app/app.yaml", old="[1", new="[1]"))
    assert trial(rehearsed, "parses").ok is None
    assert not rehearsed.failed


async def test_a_new_file_is_there_for_the_preflight(stage: Stage):
    stage.service("app", "LEVEL=LOUD\n", check=True)
    (stage.yard.folder / "app/app.env").unlink()
    rehearsed = await stage.rehearse(call("files.write", path="app/app.env", content="LEVEL=low\n"))
    assert trial(rehearsed, "pre-flight").ok is True
    assert not (stage.yard.folder / "app/app.env").exists()


@pytest.mark.parametrize("origin", ["git HEAD", "known good", "app.env.bak"])
async def test_a_restore_knows_the_same_better_times(stage: Stage, origin: str):
    stage.service("app", "LEVEL=low\n", check=True)
    world = stage.world()
    path = stage.yard.write("app/app.env.bak", "LEVEL=low\n").with_suffix("")
    stage.yard.commit("app/app.env")
    await world.known_good.keep(world.good_name("app"), {path: b"LEVEL=low\n"})
    path.write_text("LEVEL=LOUD\n")
    rehearsed = await stage.rehearse(call("config.restore", file="app/app.env", origin=origin))
    assert trial(rehearsed, "pre-flight").ok is True, rehearsed


async def test_secrets_are_resolved_and_shown_nowhere(stage: Stage):
    stage.environ = stage.yard.environ = {"LEVEL_NOW": "qLp9xw2Vt5"}
    stage.service("app", "LEVEL=LOUD\n", check=True, more='secrets = { level = "env:LEVEL_NOW" }')
    rehearsed = await stage.rehearse(put("app/app.env", "LEVEL", "secret:level"))
    assert trial(rehearsed, "pre-flight").ok is not True
    assert "LEVEL must be low or high" in rehearsed.model_dump_json()
    assert "qLp9xw2Vt5" not in rehearsed.model_dump_json()


async def test_a_shadow_is_for_us_only_and_keeps_modes(stage: Stage):
    stage.service("app", "LEVEL=low\n")
    (stage.yard.folder / "app/app.env").chmod(0o600)
    seen: dict[str, int] = {}

    async def look(fleet: Fleet) -> Posture:
        path = fleet.services["app"].config[0]
        seen["file"] = stat.S_IMODE(path.stat().st_mode)
        assert "MAX=4" in path.read_text()
        outer = stage.yard.folder / ".state" / "shadows"
        seen["folders"] = max(stat.S_IMODE(each.stat().st_mode) for each in outer.iterdir() if each.is_dir())
        return Posture(stances=(Stance(subject=f"file:{path}", aspect=Aspect.MODE, says="0600"),))

    rehearsal = FleetRehearsal(stage.world(), stage.tools_of, posture_of=look)
    step = put("app/app.env", "MAX", "4")
    rehearsed = await rehearsal.rehearse(plan_of(step), await stage.prepared(step))
    assert seen == {"file": 0o600, "folders": 0o700}
    assert rehearsed.posture is not None
    assert rehearsed.posture.stances[0].subject == f"file:{stage.yard.folder / 'app/app.env'}"


async def test_steps_without_a_shadow_are_left_out(stage: Stage):
    stage.service("app", "LEVEL=LOUD\n", check=True)
    steps = (put("app/app.env", "LEVEL", "low"), call("services.restart", service="app"))
    prepared = await stage.prepared(steps[0])
    rehearsed = await stage.rehearsal().rehearse(plan_of(*steps), prepared)
    assert trial(rehearsed, "pre-flight").ok is True
    only = await stage.rehearsal().rehearse(plan_of(steps[1]), prepared)
    assert (only.trials, only.difference) == ((), "")


async def test_a_shadow_that_cannot_be_made_says_so(stage: Stage):
    stage.service("app", "LEVEL=low\n", check=True)
    rehearsal = stage.rehearsal()
    stage.yard.write(".state/shadows", "in the way")
    step = put("app/app.env", "LEVEL", "high")
    rehearsed = await rehearsal.rehearse(plan_of(step), await stage.prepared(step))
    assert [each.ok for each in rehearsed.trials] == [None]


async def test_the_same_state_is_tried_once(stage: Stage):
    stage.service("app", "LEVEL=LOUD\nWRITES=yes\n", check=True)
    (stage.yard.folder / "app/log").mkdir()
    rehearsal, step = stage.rehearsal(), put("app/app.env", "LEVEL", "low")
    prepared = await stage.prepared(step)
    first = await rehearsal.rehearse(plan_of(step), prepared)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    assert await rehearsal.rehearse(plan_of(step), prepared) == first
    assert loop.time() - begun < 0.25
