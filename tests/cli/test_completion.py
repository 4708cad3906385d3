"""What a shell offers after a Tab, through the protocol that the shells use."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PRUNELLA = Path(sys.executable).parent / "prunella"


def offered(place: Path, *words: str) -> list[str]:
    environ = {
        "PATH": os.environ["PATH"], "PRUNELLA_HOME": str(place / "home"), "HOME": str(place),
        "_PRUNELLA_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(["prunella", *words]),
        "COMP_CWORD": str(len(words)),
    }  # fmt: skip
    ended = subprocess.run([PRUNELLA], cwd=place, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert ended.stderr == ""
    return ended.stdout.split()


def remember_runs(place: Path, *runs: str) -> None:
    import asyncio

    from prunella.domain.run import RunRecord
    from prunella.wiring.records import open_records
    from prunella.wiring.settings import Settings

    with open_records(Settings(place / "home")) as book:
        for number, run in enumerate(runs):
            asyncio.run(book.runs.open(RunRecord(id=run, goal="a goal", started=float(number))))


def test_runs_are_offered_newest_first(tmp_path: Path) -> None:
    remember_runs(tmp_path, "0101-a", "0102-b", "0102-c")
    assert offered(tmp_path, "explain", "") == ["last", "0102-c", "0102-b", "0101-a"]
    assert offered(tmp_path, "undo", "0102") == ["0102-c", "0102-b"]


def test_services_come_from_the_fleet_file_that_would_be_read(tmp_path: Path) -> None:
    (tmp_path / "prunella.toml").write_text("[service.lamp]\n[service.tide]\n", encoding="utf-8")
    (tmp_path / "other.toml").write_text("[service.buoy]\n", encoding="utf-8")
    assert offered(tmp_path, "heal", "--service", "") == ["lamp", "tide"]
    assert offered(tmp_path, "heal", "--fleet", "other.toml", "--service", "b") == ["buoy"]


def test_faults_are_offered_by_name(tmp_path: Path) -> None:
    assert offered(tmp_path, "demo", "--fault", "wrong-p") == ["wrong-port"]


@pytest.mark.parametrize("words", [("explain", "x"), ("heal", "--service", "x")])
def test_trouble_is_silent(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "prunella.toml").write_text("[broken", encoding="utf-8")
    (tmp_path / "home").write_text("no folder", encoding="utf-8")
    assert offered(tmp_path, *words) == []
