"""A world that is odd, slow, huge, full or lying: it is told, survived, and left as found."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import Build
from tests.acceptance.harbour import Harbour
from tests.acceptance.test_heal import break_port

PYTHON = json.dumps(sys.executable)


def test_a_missing_configuration_file_is_told(build: Build) -> None:
    harbour = build("tide")
    harbour.file("tide").unlink()
    before = harbour.picture()
    ended = harbour.run("heal")
    assert ended.code == 3, ended.said
    assert "tide/tide.ini is missing" in ended.out
    assert "Traceback" not in ended.said
    assert (harbour.picture(), harbour.pids()) == (before, {})


def test_a_utf16_configuration_is_told_and_left(build: Build) -> None:
    harbour = build("crane")
    harbour.file("crane").write_bytes(harbour.wholesome("crane").encode("utf-16"))
    before = harbour.picture()
    ended = harbour.run("heal")
    assert ended.code == 3, ended.said
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


def test_a_log_of_a_gigabyte_is_read_from_its_end(build: Build) -> None:
    harbour = build("tide")
    log = harbour.folder / "log" / "tide.log"
    with log.open("wb") as file:
        file.truncate(1_000_000_000)
        file.seek(0, os.SEEK_END)
        file.write(b"\n09:00:00 ERROR the moon is missing\n")
    started = time.monotonic()
    ended = harbour.run("heal", "--dry-run")
    assert ended.code == 3, ended.said
    assert "the moon is missing" in ended.out
    assert time.monotonic() - started < 30


def test_a_probe_that_hangs_and_one_that_floods_are_bounded(build: Build) -> None:
    harbour = build("buoy")
    hangs = f'{{ command = [{PYTHON}, "-c", "import time; time.sleep(600)"], timeout = "1s" }}'
    floods = f'{{ command = [{PYTHON}, "-c", "while True: print(\'drip\' * 1000)"], timeout = "1s" }}'
    table = harbour.table("buoy").replace("probes = [", f"probes = [{hangs}, {floods}, ")
    harbour.declare(policy='autonomy = "observe"', buoy=table)
    harbour.start("buoy")
    ended = harbour.run("heal", seconds=60)
    assert ended.code == 3, ended.said
    assert len(ended.out) < 20_000
    assert "Traceback" not in ended.said
    assert not [line for line in ended.out.splitlines() if len(line) > 900]


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


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KB, full to the last page."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no tmpfs can be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(place: Path) -> None:
    with (place / "ballast").open("wb", buffering=0) as file:
        for size in (4096, 512, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def test_a_full_disk_under_the_configuration_leaves_it_as_it_was(build: Build, small_disk: Path) -> None:
    harbour = build("lamp")
    (harbour.folder / "lamp" / ".env").unlink()
    (harbour.folder / "lamp").rmdir()
    (harbour.folder / "lamp").symlink_to(small_disk)
    break_port(harbour, "lamp")
    fill(small_disk)
    harbour.start("lamp")
    before = harbour.picture()
    names = sorted(path.name for path in small_disk.iterdir())
    ended = harbour.run("heal")
    assert ended.code == 3, ended.said
    assert "disk is full" in ended.out
    assert "Traceback" not in ended.said
    assert (harbour.picture(), list(harbour.pids())) == (before, ["lamp/.env"])
    assert sorted(path.name for path in small_disk.iterdir()) == names


def test_a_full_disk_under_the_state_folder_is_told_before_anything_is_touched(build: Build, small_disk: Path) -> None:
    harbour = build("tide")
    before = harbour.picture()
    for _ in range(2):
        ended = harbour.run("heal", PRUNELLA_HOME=str(small_disk))
        assert ended.code == 2, ended.said
        assert f"The disk under the state folder {small_disk} has" in ended.err
        fill(small_disk)
    assert (harbour.picture(), harbour.pids()) == (before, {})
