"""Lessons in the real file: kept over restarts, and true to all processes that write at once."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from prunella.domain.lesson import Lesson
from prunella.domain.plan import Step
from prunella.storage.database import connect
from prunella.storage.lessons import SqliteLessons
from tests.memory.samples import TROUBLE, lesson

_COUNT = """
import asyncio, sys
from pathlib import Path
from prunella.clock import SystemClock
from prunella.memory.book import LessonBook
from prunella.storage.database import connect
from prunella.storage.lessons import SqliteLessons
from tests.memory.samples import lesson

async def work():
    clock = SystemClock()
    book = LessonBook(SqliteLessons(connect(Path(sys.argv[1]))), clock)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(sys.argv[3])):
        await book.learn(lesson(f"{sys.argv[2]}-{number}", clock.now()))

asyncio.run(work())
"""


@pytest.fixture
def rows(connection: sqlite3.Connection) -> SqliteLessons:
    return SqliteLessons(connection)


def named(key: str, at: float = 0.0, fleet: str = TROUBLE.fleet) -> Lesson:
    trouble = TROUBLE.model_copy(update={"fleet": fleet})
    return lesson("r1", at, trouble=trouble).model_copy(update={"id": key})


async def keep(rows: SqliteLessons, *lessons: Lesson) -> None:
    for each in lessons:
        assert await rows.change(each.id, lambda _, each=each: each) == each


async def test_a_lesson_comes_back_as_it_was_after_a_restart(database: Path):
    odd = Step(tool="config.set", arguments={"file": "/srv/\udcff.env", "n": 3, "list": [1, None]}, why="ß")
    kept = lesson("r1", 5.5, odd).model_copy(update={"id": "a", "left": "w"})
    for expected in ((), (kept,)):
        connection = connect(database)
        rows = SqliteLessons(connection)
        assert await rows.of() == expected
        await keep(rows, kept)
        connection.close()


async def test_those_used_last_come_first_and_fleets_are_apart(rows: SqliteLessons):
    await keep(rows, named("a", 1.0), named("b", 3.0), named("c", 2.0, fleet="other"))
    assert [each.id for each in await rows.of()] == ["b", "c", "a"]
    assert [each.id for each in await rows.of(TROUBLE.fleet)] == ["b", "a"]
    await keep(rows, named("a", 9.0))
    assert [each.id for each in await rows.of(TROUBLE.fleet)] == ["a", "b"]


async def test_none_forgets_and_a_failed_change_changes_nothing(rows: SqliteLessons):
    await keep(rows, named("a"), named("b"))

    def fail(known: Lesson | None) -> Lesson | None:
        raise RuntimeError(known)

    with pytest.raises(RuntimeError):
        await rows.change("a", fail)
    assert await rows.change("b", lambda _: None) is None
    assert await rows.change("nobody", lambda known: known) is None
    assert [each.id for each in await rows.of()] == ["a"]


async def test_a_row_of_another_version_costs_that_lesson_only(rows: SqliteLessons, connection: sqlite3.Connection):
    await keep(rows, named("a"), named("b"))
    connection.execute("UPDATE lessons SET lesson = '{\"new\": 1}' WHERE id = 'a'")
    assert [each.id for each in await rows.of()] == ["b"]
    await keep(rows, named("a"))
    assert len(await rows.of()) == 2


async def test_vectors_go_with_their_lesson(rows: SqliteLessons):
    await keep(rows, named("a"), named("b"))
    await rows.keep_vectors("m1", {"a": b"1111", "b": b"2222", "gone": b"3333"})
    await rows.keep_vectors("m2", {"a": b"4444"})
    await rows.keep_vectors("m1", {"a": b"5555"})
    await keep(rows, named("a", 7.0))
    assert await rows.vectors("m1") == {"a": b"5555", "b": b"2222"}
    await rows.change("a", lambda _: None)
    assert await rows.vectors("m1") == {"b": b"2222"}
    assert await rows.vectors("m2") == {}


def test_no_heal_is_lost_when_two_processes_learn_at_once(database: Path):
    connection = connect(database)
    children = [_child(database, name) for name in ("one", "two")]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        child.communicate(timeout=60)
        assert child.returncode == 0
    (kept,) = asyncio.run(SqliteLessons(connection).of())
    connection.close()
    assert (kept.healed, kept.streak) == (40, 40)


def _child(database: Path, name: str) -> "subprocess.Popen[str]":
    command, pipe = [sys.executable, "-c", _COUNT, str(database), name, "20"], subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=Path(__file__).parents[2])
