"""Whoever changes the journal is found out, and where."""

import sqlite3
from importlib.resources import files
from pathlib import Path

import pytest

from prunella.domain.journal import Outcome
from prunella.errors import Misuse
from prunella.sealing import Sealer
from prunella.storage.audit import Audit, audit_journal
from prunella.storage.database import connect
from prunella.storage.journal import SqliteJournal
from prunella.storage.runs import SqliteRuns
from prunella.testing.clock import FakeClock
from prunella.testing.journal import SAMPLE_OBSERVATION, sample_intent
from prunella.testing.runs import sample_record

OLD, NEW = b"o" * 32, b"n" * 32


async def write(
    connection: sqlite3.Connection, entries: int = 3, sealer: Sealer | None = None, outcome: Outcome = Outcome.APPLIED
) -> None:
    """Two lines an entry, in turns for two runs."""
    runs, journal = SqliteRuns(connection), SqliteJournal(connection, FakeClock(), sealer)
    known = {record.id: record for record in await runs.list()}
    records = [known.get(run) or await runs.open(sample_record(run, run)) for run in ("a", "b")]
    for number in range(entries):
        record = records[number % 2]
        entry = await sample_intent(journal, record)
        await journal.settle(entry, record.token, outcome, SAMPLE_OBSERVATION)


def tamper(connection: sqlite3.Connection, *statements: str) -> None:
    """As somebody would who may write to the file, and puts the triggers back."""
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    for _, text in triggers:
        connection.execute(text)


def kinds(audit: Audit) -> list[tuple[str, int]]:
    return [(fault.kind, fault.line) for fault in audit.faults]


async def test_a_journal_as_it_was_written_has_no_fault(connection: sqlite3.Connection, database: Path):
    assert audit_journal(connection).faults == []
    await write(connection)
    audit = audit_journal(connection)
    assert (audit.lines, audit.keyed, audit.faults) == (6, 0, [])
    head = (database.parent / "audit.head").read_text()
    assert head.split() == ["6", audit.hash]
    assert (database.parent / "audit.head").stat().st_mode & 0o777 == 0o600
    assert audit_journal(connection, expect=audit.hash).faults == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("run", "'a'"), ("number", "9"), ("token", "9"), ("outcome", "'failed'"), ("at", "at + 1"), ("plan", "'x'"),
        ("step", "replace(step, 'PORT', 'HOST')"), ("prepared", "replace(prepared, 'UE9SVA==', 'UE9SVB==')"),
        ("observation", "NULL"), ("allowed", "'{}'"), ("hash", "replace(hash, 'sha256:', 'sha256:0')"),
    ],
)  # fmt: skip
async def test_a_change_of_any_column_is_found(connection: sqlite3.Connection, column: str, value: str):
    await write(connection)
    line = 3 if column in {"plan", "step", "prepared"} else 4
    tamper(connection, f"UPDATE journal SET {column} = {value} WHERE id = {line}")  # noqa: S608 -- of this test's own
    audit = audit_journal(connection)
    assert kinds(audit)[0] == ("changed", line)
    if column == "hash":
        return
    assert len(audit.faults) == 1
    assert audit.faults[0].run == ("a" if column == "run" else "b")
    assert f"line {line}" in audit.faults[0].message


async def test_a_line_that_was_taken_out_is_missed(connection: sqlite3.Connection):
    await write(connection)
    tamper(connection, "DELETE FROM journal WHERE id IN (3, 4)")
    audit = audit_journal(connection)
    assert kinds(audit)[0] == ("missing", 3)
    assert "between entry 1 of run a (applied) and line 3 (run a, entry 2, intended)" in audit.faults[0].message


async def test_the_first_line_is_missed(connection: sqlite3.Connection):
    await write(connection)
    tamper(connection, "DELETE FROM journal WHERE id = 1", "UPDATE journal SET id = id - 1")
    assert kinds(audit_journal(connection))[0] == ("missing", 1)


async def test_lines_that_changed_places_are_found(connection: sqlite3.Connection):
    await write(connection)
    swap = [f"UPDATE journal SET id = {new} WHERE id = {old}" for old, new in ((2, 90), (3, 2), (90, 3))]  # noqa: S608 -- its own
    tamper(connection, *swap)
    audit = audit_journal(connection)
    assert kinds(audit)[:3] == [("moved", 2), ("moved", 3), ("moved", 4)]
    assert "it was written after line 3" in audit.faults[0].message


async def test_the_end_cannot_be_cut_off_in_the_table_alone(connection: sqlite3.Connection):
    await write(connection)
    tamper(connection, "DELETE FROM journal WHERE id > 4")
    audit = audit_journal(connection)
    assert kinds(audit) == [("missing", 4), ("missing", 4)]
    assert "2 lines are missing at the end, by audit.head" in audit.faults[0].message


async def test_the_end_cannot_be_cut_off_in_the_database_alone(connection: sqlite3.Connection):
    await write(connection)
    cut = "UPDATE journal_head SET lines = 4, hash = (SELECT hash FROM journal WHERE id = 4)"
    tamper(connection, "DELETE FROM journal WHERE id > 4", cut)
    assert kinds(audit_journal(connection)) == [("missing", 4)]


async def test_what_is_written_after_a_cut_does_not_cover_it(connection: sqlite3.Connection):
    await write(connection)
    tamper(connection, "DELETE FROM journal WHERE id > 4")
    await write(connection, 1)
    assert ("missing", 5) in kinds(audit_journal(connection))


async def test_a_new_history_is_shown_by_a_hash_that_was_put_down_elsewhere(connection: sqlite3.Connection):
    await write(connection)
    known = audit_journal(connection).hash
    head_file = Path(connection.execute("PRAGMA database_list").fetchone()[2]).with_name("audit.head")
    tamper(
        connection,
        "DELETE FROM journal WHERE id > 4",
        "UPDATE journal_head SET lines = 4, hash = (SELECT hash FROM journal WHERE id = 4)",
    )
    head_file.unlink()
    await write(connection, 1, outcome=Outcome.FAILED)
    assert audit_journal(connection).faults == []
    (fault,) = audit_journal(connection, expect=known).faults
    assert fault.kind == "unexpected"


async def test_a_missing_head_is_told(connection: sqlite3.Connection, database: Path):
    await write(connection)
    (database.parent / "audit.head").unlink()
    assert [fault.message[:10] for fault in audit_journal(connection).faults] == ["audit.head"]


async def test_a_trigger_that_was_taken_away_is_missed(connection: sqlite3.Connection):
    await write(connection)
    connection.execute("DROP TRIGGER journal_never_forgets")
    (fault,) = audit_journal(connection).faults
    assert fault.kind == "unguarded"


async def test_the_head_may_lag_behind_after_a_crash(connection: sqlite3.Connection, database: Path):
    await write(connection, 1)
    earlier = (database.parent / "audit.head").read_bytes()
    await write(connection, 1)
    (database.parent / "audit.head").write_bytes(earlier)
    assert audit_journal(connection).faults == []


async def test_with_a_key_nobody_else_can_write_a_line(connection: sqlite3.Connection):
    await write(connection, 1)
    sealer = Sealer([NEW])
    await write(connection, 2, sealer)
    audit = audit_journal(connection, sealer)
    assert (audit.lines, audit.keyed, audit.faults) == (6, 4, [])
    forged = (
        "UPDATE journal SET hash = journal_link(previous, run, number, token, outcome, at, plan, step, prepared, "
        "observation, allowed) WHERE id = 6"
    )
    tamper(connection, "UPDATE journal SET outcome = 'failed' WHERE id = 6", forged)
    assert ("unkeyed", 6) in kinds(audit_journal(connection, sealer))


async def test_without_its_key_a_chain_cannot_be_judged_nor_gone_on_with(connection: sqlite3.Connection):
    await write(connection, 1, Sealer([OLD]))
    for sealer in (None, Sealer([NEW])):
        with pytest.raises(Misuse, match="PRUNELLA_KEY"):
            audit_journal(connection, sealer)
    with pytest.raises(Misuse, match="no key is set"):
        await write(connection, 1)
    await write(connection, 1, Sealer([NEW, OLD]))
    assert audit_journal(connection, Sealer([NEW, OLD])).faults == []


async def test_old_lines_are_chained_by_the_migration(tmp_path: Path):
    """As they were written by the version before."""
    old = tmp_path / "old"
    old.mkdir()
    for file in (files("prunella.storage") / "migrations").iterdir():
        if file.name.endswith(".sql") and int(file.name.removesuffix(".sql")) < 4:
            (old / file.name).write_text(file.read_text())
    connection = connect(tmp_path / "state.db", old)
    await SqliteRuns(connection).open(sample_record("a"))
    for number, at in enumerate((1.5, 2.0), 1):
        words = (number, at, "p", '{"tool": "t"}', '{"difference": "\\udc80"}')
        connection.execute(
            "INSERT INTO journal (run, number, token, outcome, at, plan, step, prepared) "
            "VALUES ('a', ?, 1, 'intended', ?, ?, ?, ?)", words,
        )  # fmt: skip
        connection.execute(
            "INSERT INTO journal (run, number, token, outcome, at) VALUES ('a', ?, 1, 'applied', 3)", (number,)
        )
    connection.close()
    connection = connect(tmp_path / "state.db")
    audit = audit_journal(connection)
    assert (audit.lines, [fault.message for fault in audit.faults]) == (
        4, ["audit.head, which tells how the journal ends, is missing or cannot be read."],
    )  # fmt: skip
    journal = SqliteJournal(connection, FakeClock())
    entries = await journal.entries("a")
    assert [(entry.number, entry.outcome) for entry in entries] == [(1, Outcome.APPLIED), (2, Outcome.APPLIED)]
    await journal.settle(entries[0], 1, Outcome.UNDONE, None)
    assert audit_journal(connection).faults == []
    tamper(connection, "UPDATE journal SET at = 9 WHERE id = 1")
    assert kinds(audit_journal(connection)) == [("changed", 1)]
    connection.close()
