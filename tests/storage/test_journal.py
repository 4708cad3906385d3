import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prunella.domain.frozen import JsonValue
from prunella.domain.journal import Outcome
from prunella.domain.plan import Plan, Step
from prunella.domain.tool import Prepared
from prunella.protocols import Journal
from prunella.storage.database import connect
from prunella.storage.journal import SqliteJournal
from prunella.storage.runs import SqliteRuns
from prunella.testing.clock import FakeClock
from prunella.testing.journal import JournalLaw, MemoryJournal, journal_suite, sample_intent
from prunella.testing.runs import MemoryRuns, SeizableRuns, sample_record

Store = tuple[SeizableRuns, Journal, FakeClock]

_WRITE_UNTIL_KILLED = """
import asyncio, sys
from pathlib import Path
from prunella.domain.journal import Outcome
from prunella.storage.database import connect
from prunella.storage.journal import SqliteJournal
from prunella.storage.runs import SqliteRuns
from prunella.testing.clock import FakeClock
from prunella.testing.journal import sample_intent
from prunella.testing.runs import sample_record

async def main():
    connection = connect(Path(sys.argv[1]))
    journal = SqliteJournal(connection, FakeClock())
    record = await SqliteRuns(connection).open(sample_record("a", "one"))
    while True:
        entry = await sample_intent(journal, record)
        print(entry.number, "intended", flush=True)
        await journal.settle(entry, record.token, Outcome.APPLIED, None)
        print(entry.number, "applied", flush=True)

asyncio.run(main())
"""


@pytest.fixture
def memory() -> Store:
    clock, runs = FakeClock(), MemoryRuns()
    return runs, MemoryJournal(runs, clock), clock


@pytest.fixture
def sqlite(connection: sqlite3.Connection) -> Store:
    clock = FakeClock()
    return SqliteRuns(connection), SqliteJournal(connection, clock), clock


def _name(law: JournalLaw) -> str:
    return law.__name__.strip("_")


@pytest.mark.parametrize("law", journal_suite, ids=_name)
async def test_memory_keeps(law: JournalLaw, memory: Store):
    await law(*memory)


@pytest.mark.parametrize("law", journal_suite, ids=_name)
async def test_sqlite_keeps(law: JournalLaw, sqlite: Store):
    await law(*sqlite)


async def test_another_connection_reads_what_was_written(database: Path, sqlite: Store):
    runs, journal, clock = sqlite
    record = await runs.open(sample_record("a"))
    entry = await sample_intent(journal, record)
    settled = await journal.settle(entry, record.token, Outcome.UNDO_FAILED, None)
    second = connect(database)
    assert await SqliteJournal(second, clock).entries("a") == (settled,)
    second.close()


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE journal SET outcome = 'undone'",
        "DELETE FROM journal",
        "DELETE FROM runs",
        "INSERT OR REPLACE INTO journal (id, run, number, token, outcome, at) VALUES (1, 'a', 1, 1, 'undone', 0)",
        "REPLACE INTO journal SELECT 9, run, number, token, 'undone', 0, 0, 0, 0, 0, 0, hash, 'x' FROM journal",
        "INSERT INTO journal (run, number, token, outcome, at) VALUES ('a', 1, 1, 'undone', 0)",
        "DELETE FROM journal_head",
    ],
)
async def test_no_statement_changes_what_was_written(connection: sqlite3.Connection, sqlite: Store, attack: str):
    runs, journal, _ = sqlite
    entry = await sample_intent(journal, await runs.open(sample_record("a")))
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(attack)
    assert await journal.entries("a") == (entry,)


def _json(text: st.SearchStrategy[str]) -> st.SearchStrategy[JsonValue]:
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
        max_leaves=5,
    )


_any_text = st.text(st.characters(codec=None), max_size=9)


@given(before=_json(_any_text), value=_json(st.text(max_size=9)), text=_any_text)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_json_comes_back_equal(
    connection: sqlite3.Connection, sqlite: Store, before: JsonValue, value: JsonValue, text: str
):
    runs, journal, _ = sqlite
    record = await runs.seize("a") if await runs.list() else await runs.open(sample_record("a"))
    step, prepared = Step(tool="t", arguments={"v": value}, why=text), Prepared(before=before, difference=text)
    entry = await journal.intend("a", record.token, Plan(cause="c", steps=(step,)), step, prepared)
    read = (await journal.entries("a"))[-1]
    assert read == entry
    assert (read.step, read.prepared) == (step, prepared)


def _killed_after(lines: int, database: Path) -> list[str]:
    """What a writer had said when it was killed with -9 in the middle of its work."""
    command = [sys.executable, "-c", _WRITE_UNTIL_KILLED, str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        said = [child.stdout.readline() for _ in range(lines)]
        child.kill()
        return [line.strip() for line in [*said, *child.stdout.readlines()]]


@pytest.mark.parametrize("lines", [1, 30])
async def test_what_was_said_to_be_written_survives_a_kill(database: Path, lines: int):
    said = _killed_after(lines, database)
    connection = connect(database)
    entries = await SqliteJournal(connection, FakeClock()).entries("a")
    connection.close()
    intended = sum(line.endswith("intended") for line in said)
    applied = sum(line.endswith("applied") for line in said)
    assert intended >= 1
    assert intended <= len(entries) <= intended + 1
    assert applied <= sum(entry.outcome is Outcome.APPLIED for entry in entries) <= applied + 1


def _count_syncs(database: Path, pairs: int, trace: Path, strace: str) -> int:
    script = _WRITE_UNTIL_KILLED.replace("while True", f"for _ in range({pairs})")
    command = [strace, "-f", "-e", "trace=fsync,fdatasync", "-o", str(trace), sys.executable, "-c", script]
    subprocess.run([*command, str(database)], check=True, capture_output=True, timeout=60)
    return sum("sync(" in line for line in trace.read_text().splitlines())


def test_every_word_costs_one_sync(tmp_path: Path, find_program: Callable[[str], str]):
    strace = find_program("strace")
    few = _count_syncs(tmp_path / "few.db", 1, tmp_path / "few.trace", strace)
    more = _count_syncs(tmp_path / "more.db", 11, tmp_path / "more.trace", strace)
    assert more - few == 20
