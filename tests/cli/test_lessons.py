"""`prunella lessons`, as a user runs it."""

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from prunella.domain.lesson import Lesson, Standing
from prunella.storage.database import connect
from prunella.storage.lessons import SqliteLessons
from tests.cli.test_completion import offered
from tests.memory.samples import DAY_S, lesson, restart, step

PRUNELLA = Path(sys.executable).parent / "prunella"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


def say(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environ = {"PATH": os.environ["PATH"], "PRUNELLA_HOME": str(home), "HOME": str(home), "COLUMNS": "80"}
    return subprocess.run(
        [PRUNELLA, "lessons", *words], env=environ, capture_output=True, text=True, timeout=60, check=False
    )


def remember(home: Path, *lessons: Lesson) -> None:
    connection = connect(home / "state.db")
    rows = SqliteLessons(connection)
    for each in lessons:
        asyncio.run(rows.change(each.id, lambda _, each=each: each))
    connection.close()


def known(key: str, days_ago: float = 0.0, **changes: object) -> Lesson:
    at = time.time() - days_ago * DAY_S
    told = {"id": key, "used": at, "expires": at + 90 * DAY_S, **changes}
    return lesson("r1", at, step(), step("DB_PASSWORD", "hunter2hunter"), restart()).model_copy(update=told)


def test_lessons_are_listed_those_used_last_first(home: Path):
    remember(home, known("aaaa", 5), known("bbbb", 1, standing=Standing.RUNBOOK, healed=2), known("cccc", 100))
    listed = say(home)
    head, *rows = listed.stdout.splitlines()
    assert head.split() == ["id", "standing", "services", "healed", "relapses", "by", "used", "expires", "cause"]
    assert [row.split()[:4] for row in rows] == [
        ["bbbb", "runbook", "stock", "2"],
        ["aaaa", "lesson", "stock", "1"],
        ["cccc", "expired", "stock", "1"],
    ]
    assert rows[0].endswith("The port is wrong.")
    assert (listed.returncode, listed.stderr) == (0, "")


def test_programs_get_one_object_a_line_without_secrets(home: Path):
    remember(home, known("aaaa"), known("bbbb", 100))
    lines = say(home, "--json").stdout.splitlines()
    assert [(each["id"], each["state"]) for each in map(json.loads, lines)] == [("aaaa", "lesson"), ("bbbb", "expired")]
    assert [each["arguments"]["value"] for each in json.loads(lines[0])["steps"][:2]] == ["8080", "[redacted]"]
    assert json.loads(say(home, "show", "aa", "--json").stdout) == json.loads(lines[0])


def test_one_lesson_is_told_in_full(home: Path):
    remember(home, known("aaaa", standing=Standing.RUNBOOK, relapses=3, healed=7, streak=2))
    told = say(home, "show", "aaaa").stdout
    for part in (
        "The port is wrong.", "runbook aaaa", "database is locked", "config.set stock.env PORT 8080",
        "healed 7, relapsed 3, 2 in a row; tried before any model is asked", "first in run r1",
    ):  # fmt: skip
        assert part in " ".join(told.split()), part
    assert "hunter2hunter" not in told


def test_a_miss_names_what_was_meant(home: Path):
    remember(home, known("abcd1234"), known("abff9999"))
    missed = say(home, "show", "abcd1243")
    assert (missed.returncode, missed.stdout) == (2, "")
    assert "Did you mean abcd1234" in missed.stderr
    assert "several lessons: " in say(home, "show", "ab").stderr


def test_forgetting_is_said_and_done(home: Path):
    remember(home, known("aaaa"), known("bbbb", 1), known("cccc", 2))
    assert say(home, "forget").returncode == say(home, "forget", "aaaa", "--all").returncode == 2
    assert say(home, "forget", "aa").stderr == "Forgotten: aaaa.\n"
    assert [json.loads(line)["id"] for line in say(home, "--json").stdout.splitlines()] == ["bbbb", "cccc"]
    assert say(home, "forget", "--all").stderr == "Forgotten: bbbb, cccc.\n"
    assert say(home).stdout.startswith("No lessons yet.")
    assert say(home, "forget", "--all").returncode == 0


def test_a_shell_is_offered_the_ids(home: Path):
    assert offered(home.parent, "lessons", "show", "") == []
    remember(home, known("aaaa", 2), known("abbb", 1))
    assert offered(home.parent, "lessons", "forget", "a") == ["abbb", "aaaa"]
