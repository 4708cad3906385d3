import os
import sqlite3
import time
from pathlib import Path

from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from prunella.domain.run import Event, EventKind
from prunella.storage.checkpoints import open_checkpointer, remembered
from prunella.storage.events import EventFile, read_events
from prunella.storage.journal import SqliteJournal
from prunella.storage.kept import KEPT_FILES, KEPT_LOGS
from prunella.storage.retention import sweep
from prunella.storage.runs import SqliteRuns
from prunella.testing.clock import FakeClock
from prunella.testing.journal import sample_intent
from prunella.testing.runs import ended, sample_record

_DAY = 86_400.0
_NOW = 100 * _DAY


async def _leave_traces(folder: Path, saver: AsyncSqliteSaver, run: str) -> None:
    file = EventFile(folder, run)
    file.emit(Event(run=run, at=0.0, kind=EventKind.NOTE, node="n", text="t"))
    file.close()
    await saver.aput({"configurable": {"thread_id": run, "checkpoint_ns": ""}}, empty_checkpoint(), {}, {})


async def test_details_of_old_runs_go_and_their_journal_stays(tmp_path: Path, connection: sqlite3.Connection):
    runs, journal = SqliteRuns(connection), SqliteJournal(connection, FakeClock())
    async with open_checkpointer(tmp_path / "checkpoints.db") as saver:
        for name, end in (("old", _NOW - 31 * _DAY), ("young", _NOW - 29 * _DAY), ("going", None)):
            record = await runs.open(sample_record(name, name, started=0.0))
            await sample_intent(journal, record)
            await _leave_traces(tmp_path, saver, name)
            if end is not None:
                await runs.close(ended(record, at=end))
        assert await sweep(tmp_path, runs, saver, _NOW) == ("old",)
        assert await remembered(saver) == {"young", "going"}
        assert await sweep(tmp_path, runs, saver, _NOW) == ()
        assert await sweep(tmp_path, runs, saver, _NOW, days=1) == ("young",)
    assert [bool(read_events(tmp_path, name)) for name in ("old", "young", "going")] == [False, False, True]
    assert [len(await journal.entries(name)) for name in ("old", "young", "going")] == [1, 1, 1]


async def test_one_kind_of_trace_is_enough_to_be_swept(tmp_path: Path, connection: sqlite3.Connection):
    runs = SqliteRuns(connection)
    async with open_checkpointer(tmp_path / "checkpoints.db") as saver:
        for name in ("file", "checkpoint"):
            await runs.close(ended(await runs.open(sample_record(name)), at=0.0))
            await _leave_traces(tmp_path, saver, name)
        await saver.adelete_thread("file")
        (tmp_path / "runs" / "checkpoint.jsonl").unlink()
        assert sorted(await sweep(tmp_path, runs, saver, _NOW)) == ["checkpoint", "file"]
        assert await remembered(saver) == frozenset()


async def test_what_was_moved_aside_goes_as_late_and_never_under_a_run_that_may_put_it_back(
    tmp_path: Path, connection: sqlite3.Connection
):
    runs, now = SqliteRuns(connection), time.time()
    kept = [tmp_path / KEPT_LOGS / "log.gz", tmp_path / KEPT_FILES / "file"]
    for path in kept:
        path.parent.mkdir()
        path.write_text("x")
        os.utime(path, (0, 0))
    async with open_checkpointer(tmp_path / "checkpoints.db") as saver:
        await sweep(tmp_path, runs, saver, now + 29 * _DAY)
        assert all(path.exists() for path in kept)
        record = await runs.open(sample_record("going", "going", started=now - _DAY))
        await sweep(tmp_path, runs, saver, now + 99 * _DAY)
        assert all(path.exists() for path in kept)
        await runs.close(ended(record, at=now))
        await sweep(tmp_path, runs, saver, now + 31 * _DAY)
    assert not any(path.exists() for path in kept)
