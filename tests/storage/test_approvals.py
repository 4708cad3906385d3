"""Each question is kept once, as it was asked first, and has one answer at most."""

import json
import sqlite3
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.domain.ruling import Decision
from prunella.domain.run import RunRecord
from prunella.errors import Busy, Lost, Misuse
from prunella.storage.approvals import Answered, SqliteApprovals
from prunella.storage.database import connect
from prunella.storage.runs import Orphaned, SqliteRuns, Unanswered
from prunella.testing.clock import FakeClock
from prunella.testing.runs import ended, sample_record
from tests.storage.questions import HOUR_S, PLAN, request, secretive, yes

_DEAD = "999999999@1.00"

_ANSWER = """
import asyncio, sys
from pathlib import Path
from prunella.clock import SystemClock
from prunella.domain.ruling import Decision
from prunella.errors import Misuse
from prunella.storage.approvals import SqliteApprovals
from prunella.storage.database import connect

approvals = SqliteApprovals(connect(Path(sys.argv[1])), SystemClock())
print("ready", flush=True)
sys.stdin.readline()
decision = Decision(approved=True, plan=sys.argv[3], by=sys.argv[2])
try:
    asyncio.run(approvals.answer("a", "q", decision))
    print("won", flush=True)
except Misuse as error:
    print(error, flush=True)
"""


@dataclass
class Book:
    """A book of runs and questions whose time stands still."""

    connection: sqlite3.Connection
    clock: FakeClock

    def __post_init__(self) -> None:
        self.runs = SqliteRuns(self.connection, clock=self.clock)
        self.approvals = SqliteApprovals(self.connection, self.clock)

    async def opened(self, run: str = "a", *services: str) -> RunRecord:
        return await self.runs.open(sample_record(run, *(services or (f"service of {run}",))))

    async def parked(self, run: str = "a", *services: str, expires: float | None = None) -> RunRecord:
        record = await self.opened(run, *services)
        await self.approvals.ask(request(run, asked=self.clock.now(), expires=expires), record.token)
        await self.approvals.park(run, record.token)
        return record


@pytest.fixture
def book(connection: sqlite3.Connection) -> Book:
    return Book(connection, FakeClock())


async def test_a_question_is_kept_once_as_it_was_asked_first(book: Book):
    record = await book.opened()
    first = await book.approvals.ask(request("a", asked=1.0, expires=book.clock.now() + 5), record.token)
    again = await book.approvals.ask(request("a", asked=9.0, expires=None), record.token)
    assert (again, again.request.asked, len(await book.approvals.waiting())) == (
        first,
        1.0,
        1,
    )


async def test_another_question_of_the_run_is_another(book: Book):
    record = await book.opened()
    await book.approvals.ask(request("a", "first"), record.token)
    await book.approvals.answer("a", "first", yes())
    second = await book.approvals.ask(request("a", "second"), record.token)
    assert second.answer is None, "the same plan, asked again, needs an answer of its own"
    assert [each.id for each in await book.approvals.of("a")] == ["first", "second"]


async def test_the_first_answer_stands_and_the_second_hears_who_gave_it(book: Book):
    await book.parked()
    kept = await book.approvals.answer("a", "q", yes("ann"))
    with pytest.raises(Answered, match="ann said yes"):
        await book.approvals.answer("a", "q", Decision(approved=False, plan=PLAN.key, by="bob"))
    (question,) = await book.approvals.of("a")
    assert (question, question.answer) == (kept, yes("ann"))
    assert await book.approvals.waiting() == ()


async def test_an_answer_to_another_plan_is_refused_and_the_question_waits_on(
    book: Book,
):
    await book.parked()
    with pytest.raises(Misuse, match="the answer is to 0badc0de"):
        await book.approvals.answer("a", "q", yes(plan="0badc0de"))
    assert len(await book.approvals.waiting()) == 1
    assert (await book.approvals.answer("a", "q", yes())).answer == yes()


def answering(database: Path, by: str) -> "subprocess.Popen[str]":
    """A process that answers when it is told to."""
    command = [sys.executable, "-c", _ANSWER, str(database), by, PLAN.key]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def is_ready(rival: "subprocess.Popen[str]") -> bool:
    return rival.stdout is not None and rival.stdout.readline() == "ready\n"


def tell(rival: "subprocess.Popen[str]") -> None:
    assert rival.stdin
    rival.stdin.write("go\n")
    rival.stdin.flush()


async def test_of_processes_that_answer_at_once_exactly_one_is_heard(book: Book, database: Path):
    await book.parked()
    rivals = [answering(database, f"r{number}") for number in range(3)]
    try:
        assert all(is_ready(rival) for rival in rivals)
        for rival in rivals:
            tell(rival)
        said = [rival.communicate(timeout=20)[0].strip() for rival in rivals]
    finally:
        for rival in rivals:
            rival.kill()
    winners = [f"r{number}" for number, words in enumerate(said) if words == "won"]
    assert len(winners) == 1, said
    (question,) = await book.approvals.of("a")
    assert question.answer is not None
    assert question.answer.by == winners[0]
    assert sum(f"{winners[0]} said yes" in words for words in said) == 2


async def test_silence_is_a_no_from_the_moment_it_ends(book: Book):
    expires = book.clock.now() + HOUR_S
    await book.parked(expires=expires)
    book.clock.advance(HOUR_S - 0.001)
    assert len(await book.approvals.waiting()) == 1
    book.clock.advance(0.001)
    assert await book.approvals.waiting() == ()
    (question,) = await book.approvals.of("a")
    assert question.answer is not None
    assert (question.answer.approved, question.answer.by, question.answer.final) == (
        False,
        "nobody",
        True,
    )
    assert question.answered == expires
    with pytest.raises(Answered, match="nobody said no"):
        await book.approvals.answer("a", "q", yes())


async def test_nobody_need_look_for_time_to_end(book: Book):
    """The very answer that comes too late finds it out; and a clock that is set back changes nothing any more."""
    await book.parked(expires=book.clock.now() + HOUR_S)
    book.clock.advance(HOUR_S)
    with pytest.raises(Answered):
        await book.approvals.answer("a", "q", yes())
    earlier = Book(book.connection, FakeClock(book.clock.now() - HOUR_S))
    with pytest.raises(Answered):
        await earlier.approvals.answer("a", "q", yes())
    assert await earlier.approvals.waiting() == ()


async def test_without_an_end_it_waits_for_good(book: Book):
    await book.parked(expires=None)
    book.clock.advance(1e9)
    assert len(await book.approvals.waiting()) == 1


async def test_nothing_secret_lies_in_the_book(book: Book, database: Path):
    record = await book.opened()
    asked = secretive("a")
    question = await book.approvals.ask(asked, record.token)
    assert question.plan == asked.plan.key != question.request.plan.key, "bound to the true plan, shown redacted"
    held = b"".join(path.read_bytes() for path in database.parent.glob("state.db*"))
    assert b"tr0ub4dor" not in held
    assert (question.request.id, question.request.world) == (asked.id, asked.world)
    assert question.request.prepared[0].touches == ("file:/a.env",), "what is no secret stays"
    assert (await book.approvals.answer("a", asked.id, yes(plan=asked.plan.key))).answer is not None


async def test_a_run_that_ended_asks_nothing_any_more(book: Book):
    record = await book.parked()
    seized = await book.runs.seize(record.id)
    await book.runs.close(ended(seized))
    assert await book.approvals.waiting() == ()
    with pytest.raises(Misuse, match="has ended"):
        await book.approvals.answer("a", "q", yes())
    assert (await book.runs.get("a")).asks is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE approvals SET answer = NULL, answered_at = NULL, answered_by = NULL",
        "UPDATE approvals SET answer = '{}', answered_by = 'eve'",
        "DELETE FROM approvals",
        "INSERT OR REPLACE INTO approvals (run, id, plan, request, asked) VALUES ('a', 'q', 'p', '{}', 1)",
    ],
)
async def test_no_statement_takes_an_answer_back(book: Book, statement: str):
    await book.parked()
    await book.approvals.answer("a", "q", yes())
    with pytest.raises(sqlite3.IntegrityError, match="one answer"):
        book.connection.execute(statement)
    assert (await book.approvals.of("a"))[0].answer == yes()


@pytest.mark.parametrize(
    "change",
    ["plan = 'other'", "request = '{}'", "expires = 9e9", "id = 'r'", "asked = 3"],
)
async def test_no_statement_changes_what_is_asked(book: Book, change: str):
    await book.parked(expires=book.clock.now() + 5)
    with pytest.raises(sqlite3.IntegrityError, match="as it was asked"):
        book.connection.execute(f"UPDATE approvals SET {change}")  # noqa: S608 -- the test's own statement


async def test_whoever_lost_the_run_asks_and_parks_nothing(book: Book):
    record = await book.opened()
    await book.runs.seize("a")
    with pytest.raises(Lost):
        await book.approvals.ask(request("a"), record.token)
    with pytest.raises(Lost):
        await book.approvals.park("a", record.token)
    assert await book.approvals.of("a") == ()
    assert (await book.runs.get("a")).holder


async def test_a_run_that_waits_keeps_its_services_and_is_not_orphaned(book: Book):
    await book.parked("a", "one")
    with pytest.raises(Unanswered, match="prunella approve a --show") as held:
        await book.opened("b", "one")
    assert (held.value.service, held.value.run, held.value.asked) == (
        "one",
        "a",
        book.clock.now(),
    )
    record = await book.runs.get("a")
    assert (record.holder, record.asks) == ("", book.clock.now())


async def test_with_its_answer_anybody_may_go_on_with_it(book: Book):
    await book.parked("a", "one")
    await book.approvals.answer("a", "q", yes())
    with pytest.raises(Orphaned, match="has its answer"):
        await book.opened("b", "one")
    assert (await book.runs.get("a")).asks is None
    assert (await book.runs.seize("a")).services == ("one",)


async def test_when_its_time_is_over_anybody_may_go_on_with_it(book: Book):
    await book.parked("a", "one", expires=book.clock.now() + HOUR_S)
    book.clock.advance(HOUR_S)
    with pytest.raises(Orphaned):
        await book.opened("b", "one")


async def test_a_process_that_died_while_it_asked_leaves_a_question_that_waits(
    book: Book,
):
    elsewhere = SqliteRuns(book.connection, _DEAD, book.clock)
    record = await elsewhere.open(sample_record("a", "one"))
    await book.approvals.ask(request("a"), record.token)
    with pytest.raises(Unanswered):
        await book.opened("b", "one")


async def test_one_who_asks_in_its_own_terminal_is_at_work(book: Book):
    record = await book.opened("a", "one")
    await book.approvals.ask(request("a"), record.token)
    with pytest.raises(Busy) as held:
        await book.opened("b", "one")
    assert type(held.value) is Busy


async def test_an_old_database_learns_to_keep_questions(tmp_path: Path, database: Path):
    """What was written before there were questions is read as before."""
    old = tmp_path / "old"
    old.mkdir()
    source = Path(__file__).parents[2] / "src/prunella/storage/migrations"
    for name in ("0001.sql", "0002.sql"):
        (old / name).write_text((source / name).read_text())
    before = connect(database, old)
    before.execute(
        "INSERT INTO runs (id, token, goal, fleet, services, brain, started, cause, summary, holder) "
        "VALUES ('a', 1, 'Heal', '/f', '[\"one\"]', '', 1.0, '', '', '')"
    )
    before.close()
    after = connect(database)
    record = await SqliteRuns(after).get("a")
    assert (record.services, record.mandate, record.asks) == (
        ("one",),
        sample_record("a").mandate,
        None,
    )
    after.close()


Deed = tuple[str, float]
DEEDS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["ask", "park", "ann", "bob", "eve", "look"]), st.just(0.0)),
        st.tuples(st.just("wait"), st.floats(0, 2)),
    ),
    max_size=12,
)


@given(DEEDS)
@settings(max_examples=60, deadline=None)
async def test_whatever_happens_in_whatever_order_there_is_one_answer(
    deeds: list[Deed],
):
    book = Book(_in_memory(), FakeClock(1000.0))
    record = await book.opened()
    answers: list[Decision] = []
    for deed, seconds in deeds:
        await _do(book, record, deed, seconds)
        answers += [each.answer for each in await book.approvals.of("a") if each.answer]
    book.connection.close()
    assert len({json.dumps(each.model_dump(mode="json")) for each in answers}) <= 1
    waited = sum(seconds for deed, seconds in deeds[_first(deeds, "ask") :] if deed == "wait")
    if answers and waited < 3:
        assert answers[0].approved
    if "ask" in {deed for deed, _ in deeds} and waited >= 3:
        assert answers, "its time was over"


async def _do(book: Book, record: RunRecord, deed: str, seconds: float) -> None:
    book.clock.advance(seconds)
    with suppress(Misuse):
        match deed:
            case "ask":
                await book.approvals.ask(request("a", expires=book.clock.now() + 3), record.token)
            case "park":
                await book.approvals.park("a", record.token)
            case "ann" | "bob" | "eve":
                await book.approvals.answer("a", "q", yes(deed, PLAN.key if deed != "eve" else "another"))
            case _:
                await book.approvals.waiting()


def _first(deeds: list[Deed], name: str) -> int:
    return next((place for place, (deed, _) in enumerate(deeds) if deed == name), len(deeds))


def _in_memory() -> sqlite3.Connection:
    """The package's own tables, without a disk."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    for script in sorted((Path(__file__).parents[2] / "src/prunella/storage/migrations").glob("000[1-3].sql")):
        connection.executescript(script.read_text(encoding="utf-8"))
    return connection
