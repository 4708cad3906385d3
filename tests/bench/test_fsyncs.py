"""Fsyncs are counted, not estimated; the counts are facts of the journal, so they may be asserted."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.effect import write_effects
from bench.fsyncs import Count, by_shim, by_strace, count_fsyncs

THREE = (
    "import os; d = os.open('kept', os.O_CREAT | os.O_WRONLY); os.fsync(d); os.fdatasync(d); os.fork() or os.fsync(d)"
)


@pytest.mark.parametrize("count", [by_strace, by_shim])
def test_fsync_and_fdatasync_are_counted_in_children_too(
    count: Callable[[list[str], Path], Count | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    log = tmp_path / "fsyncs.log"
    log.touch()
    counted = count([sys.executable, "-c", THREE], log)
    if counted is None:
        pytest.skip("this machine lacks the tool")
    assert counted.calls == 3


def test_a_command_that_fails_counts_nothing(tmp_path: Path):
    assert count_fsyncs([sys.executable, "-c", "raise SystemExit(1)"], tmp_path).calls is None


def test_an_effect_costs_two_fsyncs(tmp_path: Path):
    def fsyncs(effects: int) -> int | None:
        return count_fsyncs([sys.executable, "-m", "bench.effect", str(effects)], tmp_path).calls

    none, five = fsyncs(0), fsyncs(5)
    if none is None or five is None:
        pytest.skip("this machine lacks the tools")
    assert five - none == 10


async def test_every_effect_is_timed(tmp_path: Path):
    assert len(await write_effects(tmp_path, 3)) == 3
