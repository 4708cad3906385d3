import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.domain.probe import LogProbe
from prunella.domain.report import Reach
from prunella.errors import Misuse
from prunella.probes.log import LogLook
from prunella.protocols import Probe
from prunella.testing.probes import ProbeSuite


def probe_of(path: Path, forbid: str = "ERROR", lines: int = 100) -> LogLook:
    return LogLook(LogProbe(name="log", path=path, forbid=forbid, lines=lines))


def write(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def replace(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def rotate(path: Path, content: bytes) -> None:
    path.rename(path.with_suffix(".1"))
    path.write_bytes(content)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_text("started\n")
    return path


class TestConformance(ProbeSuite):
    absent_reach = Reach.RIGHT  # a service that has not written yet is not ill
    silent_reach = Reach.WRONG  # a pipe is no file; it must not make us wait for its writer

    async def right(self, folder: Path) -> Probe:
        (folder / "app.log").write_text("all is well\n")
        return probe_of(folder / "app.log")

    async def absent(self, folder: Path) -> Probe:
        return probe_of(folder / "gone.log")

    async def silent(self, folder: Path) -> Probe:
        pipe = folder / f"pipe{time.monotonic_ns()}"
        os.mkfifo(pipe)
        return probe_of(pipe)


async def test_the_first_look_reads_the_last_lines_only(log: Path):
    write(log, "ERROR old\n" + "fine\n" * 3)
    assert (await probe_of(log, lines=3).look()).ok
    assert not (await probe_of(log, lines=4).look()).ok
    assert (await probe_of(log, lines=0).look()).ok


async def test_a_match_is_quoted(log: Path):
    write(log, "ERROR one\nfine\nERROR two\n")
    reading = await probe_of(log).look()
    assert (reading.reach, reading.detail, reading.body) == (Reach.WRONG, "app.log: ERROR two", "ERROR one\nERROR two")


async def test_only_new_lines_turn_it_red_again(log: Path):
    write(log, "ERROR one\n")
    probe = probe_of(log)
    seen = [(await probe.look()).ok, (await probe.look()).ok]
    write(log, "ERROR two\n")
    seen += [(await probe.look()).ok, (await probe.look()).ok]
    write(log, "fine\n")
    seen += [(await probe.look()).ok]
    assert seen == [False, True, False, True, True]


async def test_a_log_that_comes_later_is_read_from_its_top(tmp_path: Path):
    probe = probe_of(tmp_path / "late.log", lines=1)
    assert (await probe.look()).detail == "no log yet"
    write(tmp_path / "late.log", "ERROR at once\nfine\nfine\n")
    assert not (await probe.look()).ok


async def test_rotation_is_noticed(log: Path):
    write(log, "long line to be past the new file's end\n")
    probe = probe_of(log)
    await probe.look()
    rotate(log, b"ERROR new\n" + b"fine\n" * 200)
    assert not (await probe.look()).ok


async def test_truncation_is_noticed(log: Path):
    write(log, "x" * 100)
    probe = probe_of(log)
    await probe.look()
    replace(log, b"ERROR 1\n")
    assert not (await probe.look()).ok


async def test_a_line_written_in_two_goes_is_one_line(log: Path):
    probe = probe_of(log, forbid="^ERROR 42$")
    await probe.look()
    write(log, "ERR")
    assert (await probe.look()).ok
    write(log, "OR 42\n")
    assert not (await probe.look()).ok


async def test_an_unfinished_line_counts(log: Path):
    probe = probe_of(log)
    await probe.look()
    write(log, "ERROR then it died")
    assert not (await probe.look()).ok


async def test_a_gigabyte_costs_nothing(log: Path):
    probe = probe_of(log)
    with log.open("ab") as file:
        file.truncate(1024**3)
    write(log, "\nERROR at the end\n")
    begun = time.monotonic()
    assert not (await probe.look()).ok
    write(log, "ERROR once more\n")
    assert not (await probe.look()).ok
    assert time.monotonic() - begun < 1.0


async def test_a_folder_in_its_place_cannot_be_read(tmp_path: Path):
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  names are enough
    reading = await probe_of(tmp_path).look()
    assert reading.reach is Reach.WRONG
    assert "is no file" in reading.detail
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208  names are enough


async def test_bytes_that_are_no_text_are_read(log: Path):
    replace(log, b"\xff\xfe\x00 ERROR \xe9\r\n")
    assert "ERROR" in (await probe_of(log).look()).detail


def test_a_broken_expression_is_told_when_it_is_built(tmp_path: Path):
    with pytest.raises(Misuse, match="`forbid` of log is no regular expression"):
        probe_of(tmp_path / "x", forbid="(")


@given(st.lists(st.sampled_from(["ERROR\n", "fine\n", "fi", "ne\n", ""]), max_size=8))
@settings(max_examples=25, deadline=None)
async def test_every_error_is_seen_once_whatever_the_pieces(tmp_path_factory: pytest.TempPathFactory, parts: list[str]):
    log = tmp_path_factory.mktemp("log") / "app.log"
    log.write_text("")
    probe = probe_of(log)
    assert (await probe.look()).ok
    for part in parts:
        write(log, part)
        assert (await probe.look()).ok is ("ERROR" not in part)
        assert (await probe.look()).ok
