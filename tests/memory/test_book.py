"""The book over the real rows, with and without a model that knows meanings."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from prunella.domain.lesson import Lesson, Standing, Trouble
from prunella.errors import Rejected
from prunella.memory.book import LessonBook
from prunella.memory.standing import Trust
from prunella.retrieval.model import is_installed, load_model
from prunella.storage.database import connect
from prunella.storage.lessons import SqliteLessons
from prunella.testing.clock import FakeClock
from tests.memory.samples import DAY_S, TROUBLE, lesson, restart, step

LOCKED = "stock http: answered 503\nstock log: database is locked"


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = connect(tmp_path / "state.db")
    yield connection
    connection.close()


@pytest.fixture
def rows(connection: sqlite3.Connection) -> SqliteLessons:
    return SqliteLessons(connection)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def book(rows: SqliteLessons, clock: FakeClock) -> LessonBook:
    return LessonBook(rows, clock, load=lambda: None)


def other(text: str, fingerprint: str = "f0", **changes: object) -> Trouble:
    return TROUBLE.model_copy(update={"text": text, "fingerprint": fingerprint, **changes})


async def heal(book: LessonBook, clock: FakeClock, run: str, **changes: object) -> Lesson:
    return await book.learn(lesson(run, clock.now()).model_copy(update=changes))


async def test_two_heals_make_a_runbook_and_a_relapse_a_lesson_again(book: LessonBook, clock: FakeClock):
    assert (await heal(book, clock, "r1")).standing is Standing.LESSON
    runbook = await heal(book, clock, "r2", id="as the loop would name it")
    assert (runbook.standing, runbook.healed, runbook.run, runbook.last_run) == (Standing.RUNBOOK, 2, "r1", "r2")
    assert await book.find(TROUBLE) == (runbook,)
    await book.relapse(runbook.id, "r3")
    await book.relapse(runbook.id, "r3")
    (demoted,) = await book.find(TROUBLE)
    assert (demoted.standing, demoted.relapses) == (Standing.LESSON, 1)
    await book.relapse("nobody", "r4")
    for run in ("r5", "r6"):
        await book.relapse(runbook.id, run)
    assert await book.find(TROUBLE) == ()


async def test_other_steps_for_the_same_trouble_are_another_lesson(book: LessonBook, clock: FakeClock):
    await heal(book, clock, "r1")
    await heal(book, clock, "r2", steps=(step("OTHER"),))
    await heal(book, clock, "r3", steps=(step("OTHER"),))
    found = await book.find(TROUBLE)
    assert [each.healed for each in found] == [2, 1]
    assert [each.healed for each in await book.find(TROUBLE, 1)] == [2]


async def test_what_has_expired_is_not_found_and_soon_forgotten(
    book: LessonBook, clock: FakeClock, rows: SqliteLessons
):
    old = await heal(book, clock, "r1")
    clock.advance(90 * DAY_S - 1)
    assert await book.find(TROUBLE) == (old,)
    clock.advance(1)
    assert await book.find(TROUBLE) == ()
    fresh = await heal(book, clock, "r2", steps=(restart(),))
    assert await rows.of(TROUBLE.fleet) == (fresh,)


async def test_what_has_expired_starts_anew(book: LessonBook, clock: FakeClock):
    await heal(book, clock, "r1")
    clock.advance(91 * DAY_S)
    again = await heal(book, clock, "r2")
    assert (again.standing, again.streak) == (Standing.LESSON, 1)
    assert await book.find(TROUBLE) == (again,)


async def test_another_shape_makes_it_void_until_it_is_proved_there(book: LessonBook, clock: FakeClock):
    for run in ("r1", "r2"):
        await heal(book, clock, run)
    reshaped = TROUBLE.model_copy(update={"shape": "other"})
    assert await book.find(reshaped) == ()
    assert (await heal(book, clock, "r3", trouble=reshaped)).standing is Standing.LESSON
    assert [each.healed for each in await book.find(reshaped)] == [3]
    assert await book.find(TROUBLE) == ()


async def test_one_fleet_does_not_learn_of_another(book: LessonBook, clock: FakeClock):
    await heal(book, clock, "r1")
    assert await book.find(TROUBLE.model_copy(update={"fleet": "/elsewhere/prunella.toml"})) == ()


async def test_a_secret_is_not_learned(book: LessonBook, clock: FakeClock, rows: SqliteLessons):
    with pytest.raises(Rejected, match="secret"):
        await heal(book, clock, "r1", steps=(step("API_TOKEN", "s3cr3t-s3cr3t-1"),))
    assert await rows.of() == ()


async def test_without_a_model_words_tell_what_is_near(book: LessonBook, clock: FakeClock):
    locked = await heal(book, clock, "r1")
    await heal(book, clock, "r2", trouble=other("desk: certificate has expired yesterday", "f1"), cause="Time passes.")
    assert await book.find(other("stock http: answered 500\nstock log: the database file is locked")) == (locked,)
    assert await book.find(other("stock: the database is locked", shape="another")) == ()
    assert await book.find(other("kernel panic")) == ()
    assert await book.find(other("")) == ()


async def test_the_same_trouble_comes_before_what_is_near(book: LessonBook, clock: FakeClock):
    near = await heal(book, clock, "r1", trouble=other(LOCKED))
    near = await heal(book, clock, "r2", trouble=other(LOCKED))
    same = await heal(book, clock, "r3")
    assert await book.find(TROUBLE) == (same, near)
    assert await book.find(TROUBLE, 1) == (same,)


@pytest.mark.skipif(not is_installed(), reason="needs the embeddings extra")
async def test_with_a_model_meanings_tell_what_is_near(rows: SqliteLessons, clock: FakeClock):
    book = LessonBook(rows, clock, trust=Trust(heals=1))
    full = await heal(
        book, clock, "r1", trouble=other("stock: no space left on device", "f1"), cause="The disk was full."
    )
    await heal(book, clock, "r2", trouble=other("news: certificate verify failed", "f2"), cause="An old certificate.")
    assert await book.find(other("ENOSPC: write failed, the volume has no free storage"), 1) == (full,)
    model = load_model()
    assert model is not None
    assert {len(vector) for vector in (await rows.vectors(model.name)).values()} == {384 * 4}
    assert len(await rows.vectors(model.name)) == 2
    assert await book.find(other("ENOSPC: write failed, the volume has no free storage"), 1) == (full,)
    assert await book.find(other("zebra giraffe xylophone")) == ()
