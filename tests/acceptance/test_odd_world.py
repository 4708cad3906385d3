"""A world that is odd, slow, huge, full or lying: it is told, survived, and left as found."""

import json
import os
import shutil
import sys
import time
from pathlib import Path

from tests.acceptance.conftest import Build
from tests.acceptance.test_heal import break_port

PYTHON = json.dumps(sys.executable)


def test_configurations_that_are_missing_or_utf16_are_told_and_left(build: Build) -> None:
    harbour = build("tide", "crane")
    harbour.file("tide").unlink()
    harbour.file("crane").write_bytes(harbour.wholesome("crane").encode("utf-16"))
    before = harbour.picture()
    ended = harbour.run("heal")
    assert ended.code == 3, ended.said
    assert "tide/tide.ini is missing" in ended.out
    assert "UTF-16" in ended.out
    assert "Traceback" not in ended.said
    assert (harbour.picture(), harbour.pids()) == (before, {})


def test_a_latin_1_configuration_is_healed_in_its_own_encoding(build: Build) -> None:
    harbour = build("lamp")
    wholesome = harbour.wholesome("lamp").replace("# the lamp", "# der Leuchtturm im Süden").encode("latin-1")
    port = harbour.ports["lamp"]
    harbour.file("lamp").write_bytes(wholesome.replace(b"%d" % port, b"%d" % (port - 1)))
    harbour.start("lamp")
    ended = harbour.run("heal")
    assert ended.code == 0, ended.said
    assert harbour.file("lamp").read_bytes() == wholesome


def test_a_huge_log_a_probe_that_hangs_and_one_that_floods_are_bounded(build: Build) -> None:
    harbour = build("buoy")
    hangs = f'{{ command = [{PYTHON}, "-c", "import time; time.sleep(600)"], timeout = "1s" }}'
    floods = f'{{ command = [{PYTHON}, "-c", "while True: print(\'drip\' * 1000)"], timeout = "1s" }}'
    table = harbour.table("buoy").replace("probes = [", f"probes = [{hangs}, {floods}, ")
    harbour.declare(policy='autonomy = "observe"', buoy=table)
    harbour.start("buoy")
    with (harbour.folder / "log" / "buoy.log").open("wb") as log:
        log.truncate(1_000_000_000)
        log.seek(0, os.SEEK_END)
        log.write(b"\n09:00:00 ERROR the moon is missing\n")
    started = time.monotonic()
    ended = harbour.run("heal")
    assert ended.code == 3, ended.said
    assert "the moon is missing" in ended.out
    assert len(ended.out) < 20_000
    assert "Traceback" not in ended.said
    assert time.monotonic() - started < 60


def test_a_supervisor_that_lies_is_not_believed(build: Build) -> None:
    harbour = build("tide")
    yes = f'[{PYTHON}, "-c", "print(\'all is well\')"]'
    no = f'[{PYTHON}, "-c", "raise SystemExit(3)"]'
    lies = f'supervisor = {{ kind = "command", start = {yes}, stop = {yes}, status = {no} }}\n'
    table = "".join(
        lies if line.startswith("supervisor") else line for line in harbour.table("tide").splitlines(keepends=True)
    )
    harbour.declare(tide=table)
    before = harbour.picture()
    ended = harbour.run("heal")
    assert ended.code == 3, ended.said
    assert "start of tide returned 0 but status says stopped" in ended.out
    assert harbour.picture() == before


def fill(place: Path) -> None:
    with (place / "ballast").open("wb", buffering=0) as file:
        for size in (4096, 512, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def test_a_full_disk_under_the_configuration_leaves_it_as_it_was(build: Build) -> None:
    harbour = build("lamp")
    shutil.rmtree(harbour.folder / "lamp")
    with build.small_disk() as disk:
        (harbour.folder / "lamp").symlink_to(disk)
        break_port(harbour, "lamp")
        fill(disk)
        harbour.start("lamp")
        content, names = harbour.file("lamp").read_bytes(), sorted(disk.iterdir())
        ended = harbour.run("heal")
        assert ended.code == 3, ended.said
        assert "disk is full" in ended.out
        assert "Traceback" not in ended.said
        assert (harbour.file("lamp").read_bytes(), sorted(disk.iterdir())) == (content, names)
        assert list(harbour.pids()) == ["lamp/.env"]


def test_a_full_disk_under_the_state_folder_is_told_before_anything_is_touched(build: Build) -> None:
    harbour = build("tide")
    before = harbour.picture()
    with build.small_disk() as disk:
        for _ in range(2):
            ended = harbour.run("heal", PRUNELLA_HOME=str(disk))
            assert ended.code == 2, ended.said
            assert str(disk) in ended.err
            assert "PRUNELLA_HOME" in ended.err
            assert "Traceback" not in ended.err
            fill(disk)
    assert (harbour.picture(), harbour.pids()) == (before, {})
