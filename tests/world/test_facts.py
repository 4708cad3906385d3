"""One picture of a fleet: files, processes, ports, logs and better times."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from prunella.domain.evidence import EvidenceKind
from prunella.domain.report import Reach, Report
from prunella.world.evidence import complaining
from prunella.world.fleet_world import FleetWorld, digest_of, is_stale
from prunella.world.listening import who_listens
from prunella.world.logs import TAIL_LINES, LogTails
from prunella.world.references import GIT_HEAD, KNOWN_GOOD, references_of, versions_of
from prunella.world.secrets import secrets_in
from tests.world.yard import Yard, free_port, listens, outside, until

SLEEPS = "import time; time.sleep(60)"


def quiet(yard: Yard, config: str = "app.env", more: str = "") -> FleetWorld:
    """A service that only sleeps, with a process probe."""
    command = f'["{sys.executable}", "-c", "{SLEEPS}"]'
    return yard.world(
        yard.fleet(
            f'[service.app]\nsupervisor = {{ kind = "process", command = {command} }}\n'
            f'config = ["{config}"]\nprobes = [{{ process = true }}]\n{more}'
        )
    )


async def stale(world: FleetWorld) -> bool | None:
    return is_stale(world.fleet.services["app"], await world.status("app"))


async def test_a_process_of_ours_is_stale_when_the_bytes_differ(yard: Yard) -> None:
    yard.write("app.env", "A=1\n")
    world = quiet(yard)
    assert await stale(world) is None
    await world.supervised["app"].start()
    assert await stale(world) is False
    os.utime(yard.folder / "app.env", (time.time() + 60, time.time() + 60))
    assert await stale(world) is False, "a new time is no new configuration"
    yard.write("app.env", "A=2\n")
    assert await stale(world) is True
    (yard.folder / "app.env").unlink()
    assert await stale(world) is True
    yard.write("app.env", "A=1\n")
    assert await stale(world) is False


async def test_an_adopted_process_is_stale_when_files_are_newer(yard: Yard) -> None:
    path = yard.write("app.env", "A=1\n")
    os.utime(path, (time.time() - 60, time.time() - 60))
    world = quiet(yard)
    outside([sys.executable, "-c", SLEEPS], yard.folder)
    status = await world.status("app")
    assert status is not None
    assert (status.running, status.config) == (True, None)
    assert await stale(world) is False
    os.utime(path, (time.time() + 60, time.time() + 60))
    assert await stale(world) is True


async def test_a_service_without_files_is_never_stale(yard: Yard) -> None:
    yard.write("app.env", "A=1\n")
    world = quiet(yard)
    await world.supervised["app"].start()
    bare = world.fleet.services["app"].model_copy(update={"config": ()})
    assert is_stale(bare, await world.status("app")) is None


def test_a_digest_tells_which_file_holds_what(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("ab")
    two.write_text("c")
    first = digest_of([one, two])
    assert digest_of([two, one]) == first
    one.write_text("a")
    two.write_text("bc")
    assert digest_of([one, two]) != first
    two.unlink()
    assert digest_of([one, two]) == digest_of([one])


def change_bytes(path: Path) -> None:
    path.write_text("B=2\n")


def change_mode(path: Path) -> None:
    path.chmod(0o600)


def change_link(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


def change_owner(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    os.chown(path, 12345, -1)


@pytest.mark.parametrize("change", [change_bytes, change_mode, change_link, change_owner, Path.unlink])
async def test_the_survey_sees_every_change(yard: Yard, change: object) -> None:
    path = yard.write("app.env", "A=1\n")
    world = quiet(yard)
    before = await world.survey()
    assert list(before) == [f"file:{path}"]
    assert await world.survey() == before
    change(path)  # pyright: ignore[reportCallIssue] -- one of those above
    assert await world.survey() != before


async def test_the_survey_outlives_a_folder_in_a_files_place(yard: Yard) -> None:
    path = yard.write("app.env", "A=1\n")
    world = quiet(yard)
    before = await world.survey()
    path.unlink()
    path.mkdir()
    after = await world.survey()
    assert after != before
    assert await world.survey() == after
    assert (await world.facts()).services["app"].files[0].fault


async def test_only_green_services_are_remembered(yard: Yard) -> None:
    good, bad = free_port(), free_port()
    yard.write("good.env", f"PORT={good}\n")
    yard.write("bad.env", f"PORT={bad}\nSTATUS=500\n")
    world = yard.world(yard.fleet(yard.service("good", good), yard.service("bad", bad)))
    await asyncio.gather(*(each.start() for each in world.supervised.values()))
    await until(lambda: listens(good))
    await until(lambda: listens(bad))
    await world.remember_good()
    kept = {name: dict(await world.known_good.newest(world.good_name(name))) for name in world.fleet.services}
    assert kept == {"good": {yard.folder / "good.env": f"PORT={good}\n".encode()}, "bad": {}}


async def test_a_fault_that_sleeps_on_disk_is_not_remembered(yard: Yard) -> None:
    world, port = yard.one()
    await world.supervised["app"].start()
    await until(lambda: listens(port))
    await world.remember_good()
    yard.write("app.env", "PORT=nonsense\n")
    assert (await world.check()).is_green
    await world.remember_good()
    assert list((await world.known_good.newest(world.good_name("app"))).values()) == [f"PORT={port}\n".encode()]


async def test_what_cannot_be_remembered_does_not_undo_a_heal(yard: Yard) -> None:
    world, port = yard.one()
    await world.supervised["app"].start()
    await until(lambda: listens(port))
    yard.write(".state/good", "a file in its place")
    await world.remember_good()


async def test_references_come_best_first(yard: Yard) -> None:
    path = yard.write("app.env", "A=git\n")
    yard.commit("app.env")
    yard.write("app.env.example", "A=example\n")
    yard.write("app.env.bak", "A=backup\n")
    world = quiet(yard)
    await world.known_good.keep(world.good_name("app"), {path: b"A=good\n"})
    path.write_text("A=now\n")
    references = await references_of(world.fleet.services["app"], world.good_name("app"), world.known_good)
    assert [each.origin for each in references] == [KNOWN_GOOD, GIT_HEAD, f"{path}.bak", f"{path}.example"]
    assert [each.text for each in references] == ["A=good\n", "A=git\n", "A=backup\n", "A=example\n"]
    assert {each.file for each in references} == {path}
    assert [(c.key, c.before, c.after) for c in references[0].changes] == [("A", "good", "now")]
    assert (await world.facts()).references == references


async def test_a_backup_that_is_no_text_spoils_nothing(yard: Yard) -> None:
    path = yard.write("app.env", "A=1\n")
    yard.write("app.env.bak", "").write_bytes(b"\0\xff" * 20)
    yard.write("app.env.orig", "A=2\n")
    world = quiet(yard)
    facts = await world.facts()
    assert [each.origin for each in facts.references] == [f"{path}.orig"]
    assert versions_of(path, {})[f"{path}.bak"] == b"\0\xff" * 20


def test_old_lines_count_until_there_are_new_ones(tmp_path: Path) -> None:
    log, logs = tmp_path / "app.log", LogTails()
    assert logs.read(log) == ()
    log.write_text("old error\n")
    logs.mark((log,))
    assert logs.read(log) == ("old error",)
    with log.open("a") as file:
        file.write("new line\n")
    assert logs.read(log) == ("new line",)
    log.write_text("rotated\n")
    assert logs.read(log) == ("rotated",)


def test_the_newest_lines_of_a_long_log_are_read(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    with log.open("wb") as file:
        file.truncate(100_000_000)
        file.seek(0, os.SEEK_END)
        file.write(b"\n".join(b"line %d" % n for n in range(5000)) + b"\n\xff last")
    lines = LogTails().read(log)
    assert (len(lines), lines[-1], lines[0]) == (TAIL_LINES, "� last", f"line {5000 - TAIL_LINES + 1}")


def test_a_pipe_in_a_logs_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    assert LogTails().read(tmp_path / "pipe") == ()
    assert LogTails().read(tmp_path / "folder") == ()


def test_each_complaint_counts_once_newest_last() -> None:
    lines = ["12:00:01 ERROR disk full", "all well", "12:00:02 cannot open x", "12:00:03 ERROR disk full"]
    assert complaining(lines) == ("12:00:02 cannot open x", "12:00:03 ERROR disk full")
    assert complaining(["started", "GET / 200"]) == ()


async def test_evidence_of_a_fault_is_told_once_and_redacted(yard: Yard) -> None:
    path = yard.write("app.env", "API_TOKEN=t0p-s3cret-word\nA=1\n")
    yard.write("app.env.bak", "API_TOKEN=0ld-s3cret-word\nA=2\n")
    check = 'preflight = ["sh", "-c", "echo error: t0p-s3cret-word is refused; exit 3"]\nlogs = ["app.log"]\n'
    yard.write(
        "app.log",
        "12:00:01 ERROR t0p-s3cret-word\nhello\ncannot bind 0ld-s3cret-word\n12:00:02 ERROR t0p-s3cret-word\n",
    )
    world = quiet(yard, more=check)
    found = await world.investigate(Report())
    behind = next(each for each in found.evidence if each.source == "the settings that the errors speak of")
    texts = {(each.kind, each.is_error): each.text for each in found.evidence if each is not behind}
    whole = " ".join(each.text for each in found.evidence)
    assert "s3cret" not in whole
    assert texts[EvidenceKind.PREFLIGHT, True] == "error: [redacted] is refused"
    assert texts[EvidenceKind.PROCESS, False].startswith("not running; probed by ")
    assert texts[EvidenceKind.SETTING, False] == "API_TOKEN=[redacted]\nA=1"
    assert "A: 2 → 1" in texts[EvidenceKind.DIFFERENCE, False]
    logged = [each.text for each in found.evidence if each.kind is EvidenceKind.LOG]
    assert logged == ["cannot bind [redacted]", "12:00:02 ERROR [redacted]"]
    assert [(sign.probe, sign.reach) for sign in found.signs] == [
        ("app: process", Reach.NOBODY),
        ("app: pre-flight", Reach.WRONG),
    ]
    assert secrets_in(await world.facts()) == {"t0p-s3cret-word", "0ld-s3cret-word"}
    assert path.exists()


async def test_evidence_of_needed_services_follows_and_others_stay_silent(yard: Yard) -> None:
    ports = [free_port() for _ in range(3)]
    needs = {"app": 'needs = ["db"]\n', "db": 'needs = ["disk"]\n', "disk": 'needs = ["app"]\n', "lone": ""}
    for name in needs:
        yard.write(f"{name}.env", "PORT=1\n")
    tables = [yard.service(name, ports[0], more + yard.preflight(name)) for name, more in needs.items()]
    world = yard.world(yard.fleet(*tables), "app")
    found = await world.investigate(Report())
    assert list(dict.fromkeys(each.service for each in found.evidence)) == ["app", "db", "disk"]
    facts = await world.newest_facts()
    assert {name for name, each in facts.services.items() if each.preflight is not None} == {"app", "db", "disk"}


async def test_settings_are_told_of_who_is_down_and_of_the_trouble_s_root_not_of_who_only_suffers(yard: Yard) -> None:
    needs = {"front": 'needs = ["app"]\n', "app": 'needs = ["db"]\n', "db": ""}
    tables: list[str] = []
    for name, more in needs.items():
        port = free_port()
        yard.write(f"{name}.env", f"PORT={port}\n")
        tables.append(yard.service(name, port, more + yard.preflight(name)))
    world = yard.world(yard.fleet(*tables), "front", "app")
    for name in needs:
        await world.supervised[name].start()
    assert await settings_told(world) == ["app.env"]
    await world.supervised["db"].stop()
    assert await settings_told(world) == ["app.env", "db.env"]


async def settings_told(world: FleetWorld) -> list[str]:
    found = await world.investigate(Report())
    return [each.source for each in found.evidence if each.kind is EvidenceKind.SETTING]


async def test_an_unreadable_file_is_evidence_with_its_line(yard: Yard) -> None:
    yard.write("app.toml", "a = 1\nb = [\n")
    found = await quiet(yard, config="app.toml").investigate(Report())
    (fault,) = [each for each in found.evidence if each.kind is EvidenceKind.SETTING and each.is_error]
    assert fault.source.startswith("app.toml:")
    assert fault.is_error


async def test_second_instances_are_strays(yard: Yard) -> None:
    world, port = yard.one()
    await world.supervised["app"].start()
    await until(lambda: listens(port))
    second = free_port()
    yard.write("stray.env", f"PORT={second}\n")
    argv = [
        sys.executable,
        "-c",
        f"import socket, time; s = socket.create_server(('127.0.0.1', {second})); time.sleep(60)",
    ]
    status = await world.status("app")
    assert status is not None
    tagged = outside(argv, yard.folder, PRUNELLA_SERVICE=_tag_of(status.pid))
    foreign_port = free_port()
    foreign = outside([*argv[:2], argv[2].replace(str(second), str(foreign_port))], yard.folder)
    await until(lambda: listens(second))
    await until(lambda: listens(foreign_port))
    seen = {each.port: (each.pid, each.service, each.is_stray) for each in await who_listens(world.supervised)}
    assert seen[port] == (status.pid, "app", False)
    assert seen[second] == (tagged.pid, "app", True)
    assert seen[foreign_port] == (foreign.pid, None, False)


def _tag_of(pid: int | None) -> str:
    environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return next(each for each in environment if each.startswith(b"PRUNELLA_SERVICE=")).decode().partition("=")[2]


async def test_status_of_a_supervisor_that_cannot_be_asked_is_told(yard: Yard) -> None:
    broken = '{ kind = "command", start = ["true"], stop = ["true"], status = ["./nothing-here"] }'
    yard.write("app.env", "A=1\n")
    world = yard.world(yard.fleet(yard.service("app", 1, supervisor=broken)))
    status = await world.status("app")
    assert status is not None
    assert (status.running, "Nobody can tell whether app runs" in status.detail) == (False, True)
    assert (await world.facts()).services["app"].status == status
