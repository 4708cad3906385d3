"""Bad input: one clear message (what, where, what to do), exit 2, no traceback, and nothing is touched."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable

import pytest

from tests.acceptance.conftest import Build
from tests.acceptance.harbour import PRUNELLA, Ended, Harbour


def refused(harbour: Harbour, *words: str, **environ: str) -> str:
    """What was said on stderr; all else must be as it was."""
    before = harbour.picture()
    ended = harbour.run(*words, **environ)
    assert ended.code == 2, ended.said
    assert ended.out == ""
    assert "Traceback" not in ended.err
    assert (harbour.picture(), harbour.pids()) == (before, {})
    return ended.err


def without_a_fleet_file(harbour: Harbour) -> tuple[str, ...]:
    harbour.fleet.unlink()
    return (f"No prunella.toml in {harbour.folder}", "--fleet")


def with_broken_toml(harbour: Harbour) -> tuple[str, ...]:
    harbour.fleet.write_text('[policy]\nautonomy = "auto\n', encoding="utf-8")
    return (f"{harbour.fleet}:2:", "not TOML", "quote")


def with_an_unknown_key(harbour: Harbour) -> tuple[str, ...]:
    harbour.declare(lamp=harbour.table("lamp").replace("config =", "confg ="))
    return (f"{harbour.fleet}:6:", "confg", "Did you mean config?")


def with_a_folder_as_configuration(harbour: Harbour) -> tuple[str, ...]:
    harbour.file("lamp").unlink()
    harbour.file("lamp").mkdir()
    return (f"{harbour.file('lamp')} is a folder",)


def with_utf16_as_fleet_file(harbour: Harbour) -> tuple[str, ...]:
    harbour.fleet.write_bytes(harbour.fleet.read_text(encoding="utf-8").encode("utf-16"))
    return ("UTF-16", "UTF-8")


CASES: list[Callable[[Harbour], tuple[str, ...]]] = [
    without_a_fleet_file, with_broken_toml, with_an_unknown_key, with_a_folder_as_configuration,
    with_utf16_as_fleet_file,
]  # fmt: skip


@pytest.mark.parametrize("spoil", CASES, ids=lambda case: case.__name__)
def test_a_bad_fleet_is_refused(build: Build, spoil: Callable[[Harbour], tuple[str, ...]]) -> None:
    harbour = build("lamp")
    told = spoil(harbour)
    said = refused(harbour, "heal")
    assert [part for part in told if part not in said] == [], said


def test_a_fleet_file_that_is_not_there_or_a_folder(build: Build) -> None:
    harbour = build("lamp")
    assert "There is no such file" in refused(harbour, "heal", "--fleet", "else.toml")
    assert "This is a folder" in refused(harbour, "heal", "--fleet", "lamp")


def test_unknown_services_are_answered_with_the_nearest(build: Build) -> None:
    harbour = build("lamp", "tide")
    told = 'There is no service "lmap". Did you mean lamp? Known: lamp, tide.\n'
    assert refused(harbour, "heal", "--service", "lmap") == told
    assert refused(harbour, "heal", "Check the lmap service and fix it") == told


def test_contradicting_and_unknown_options(build: Build) -> None:
    harbour = build("lamp")
    assert "--yes and --ask contradict each other" in refused(harbour, "heal", "--yes", "--ask")
    assert "--brian" in refused(harbour, "heal", "--brian", "reflex")
    assert 'There is no fault "wrong-prot". Did you mean wrong-port' in refused(
        harbour, "demo", "--fault", "wrong-prot"
    )


def test_a_configuration_that_may_not_be_read(build: Build) -> None:
    harbour = build("lamp")
    harbour.file("lamp").chmod(0)
    ended = without_privileges(harbour, "heal")
    assert (ended.code, ended.out) == (2, ""), ended.said
    assert f"{harbour.file('lamp')} cannot be read" in ended.err
    assert "Traceback" not in ended.err


def test_a_home_that_may_not_be_written(build: Build) -> None:
    harbour = build("lamp")
    harbour.home.mkdir(mode=0o500)
    ended = without_privileges(harbour, "heal")
    assert (ended.code, ended.out) == (2, ""), ended.said
    assert f"The state folder {harbour.home} cannot be used: Permission denied. Set PRUNELLA_HOME" in ended.err


def without_privileges(harbour: Harbour, *words: str) -> Ended:
    """The same command line, held to the files' modes; root is not, unless it gives that up."""
    if os.geteuid() != 0:
        return harbour.run(*words)
    if not (setpriv := shutil.which("setpriv")):
        pytest.skip("root needs setpriv to be held to the files' modes")
    drop = "-dac_override,-dac_read_search"
    ended = subprocess.run(
        [setpriv, f"--bounding-set={drop}", f"--inh-caps={drop}", PRUNELLA, *words], cwd=harbour.folder,
        env=harbour.environ({}), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def test_a_home_that_is_a_file(build: Build) -> None:
    harbour = build("lamp")
    (build.place / "taken").write_text("mine", encoding="utf-8")
    for verb in ("heal", "status"):
        said = refused(harbour, verb, PRUNELLA_HOME=str(build.place / "taken"))
        assert f"The state folder {build.place / 'taken'} cannot be used: there is a file in its place" in said
    assert (build.place / "taken").read_text(encoding="utf-8") == "mine"


def test_a_state_database_of_a_newer_version(build: Build) -> None:
    harbour = build("lamp")
    assert harbour.run("status").code == 0
    with sqlite3.connect(harbour.home / "state.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    for verb in ("heal", "status"):
        assert "has version 99, this Prunella knows versions up to" in refused(harbour, verb)
