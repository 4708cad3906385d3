"""With a key nothing true lies readable in the state folder, and everything comes back true."""

import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.base import empty_checkpoint

from prunella.configs.known_good import FileKnownGood
from prunella.domain.journal import Outcome
from prunella.domain.plan import Plan, Step
from prunella.domain.setting import SettingChange
from prunella.domain.tool import Prepared
from prunella.errors import Misuse
from prunella.evidence.store import FileEvidence
from prunella.sealing import Sealer
from prunella.storage.checkpoints import open_checkpointer
from prunella.storage.database import connect
from prunella.storage.journal import SqliteJournal
from prunella.storage.lessons import SqliteLessons
from prunella.storage.runs import SqliteRuns
from prunella.storage.seals import require_keys
from prunella.testing.clock import FakeClock
from prunella.testing.journal import SAMPLE_OBSERVATION, journal_suite
from prunella.testing.runs import sample_record
from tests.memory.samples import lesson, step

OLD, NEW = b"o" * 32, b"n" * 32
SECRET = "Quartz7heron-of-the-north"  # noqa: S105 -- made up
STEP = Step(tool="config.set", arguments={"key": "DB_PASSWORD", "value": SECRET})
PREPARED = Prepared(
    before={"content": f"PASSWORD={SECRET}"},
    difference="- [redacted]",
    changes=(SettingChange(path=Path("/srv/app/.env"), key="PASSWORD", before=SECRET, after="x"),),
)
DONE = SAMPLE_OBSERVATION.model_copy(update={"output": SECRET})
FILE = Path("/srv/app/.env")

Keep = Callable[[Path, Sealer | None], Awaitable[None]]
Read = Callable[[Path, Sealer | None], Awaitable[object]]


async def _journal(home: Path, sealer: Sealer | None) -> None:
    connection = connect(home / "state.db")
    record = await SqliteRuns(connection).open(sample_record("a"))
    journal = SqliteJournal(connection, FakeClock(), sealer)
    entry = await journal.intend("a", record.token, Plan(cause="c", steps=(STEP,)), STEP, PREPARED)
    await journal.settle(entry, record.token, Outcome.APPLIED, DONE)
    connection.close()


async def _read_journal(home: Path, sealer: Sealer | None) -> object:
    connection = connect(home / "state.db")
    try:
        (entry,) = await SqliteJournal(connection, FakeClock(), sealer).entries("a")
        return entry.step == STEP and entry.prepared == PREPARED and entry.observation == DONE
    finally:
        connection.close()


CONFIG: Any = {"configurable": {"thread_id": "a", "checkpoint_ns": ""}}


async def _checkpoint(home: Path, sealer: Sealer | None) -> None:
    async with open_checkpointer(home / "checkpoints.db", sealer=sealer) as saver:
        whole = empty_checkpoint() | {"channel_values": {"plan": PREPARED}}
        saved = await saver.aput(CONFIG, whole, {}, {})  # pyright: ignore[reportArgumentType] -- a dict is one
        await saver.aput_writes(saved, [("plan", STEP)], "task")


async def _read_checkpoint(home: Path, sealer: Sealer | None) -> object:
    async with open_checkpointer(home / "checkpoints.db", sealer=sealer) as saver:
        found = await saver.aget_tuple(CONFIG)
        assert found is not None
        writes = found.pending_writes or []
        return found.checkpoint["channel_values"] == {"plan": PREPARED} and [value for _, _, value in writes] == [STEP]


async def _good(home: Path, sealer: Sealer | None) -> None:
    await FileKnownGood(home / "good", sealer).keep("shop", {FILE: SECRET.encode(), Path("/empty"): b""})


async def _read_good(home: Path, sealer: Sealer | None) -> object:
    return await FileKnownGood(home / "good", sealer).newest("shop") == {FILE: SECRET.encode(), Path("/empty"): b""}


LINES = "\n".join([*(f"line {n} of many, all alike" for n in range(20_000)), f"the secret is {SECRET}", "the end"])


async def _evidence(home: Path, sealer: Sealer | None) -> None:
    await FileEvidence(home / "evidence", "a", model=lambda: None, sealer=sealer).keep("log", LINES)


async def _read_evidence(home: Path, sealer: Sealer | None) -> object:
    store = FileEvidence(home / "evidence", "a", model=lambda: None, sealer=sealer)
    (handle,) = store.handles
    found = await store.search(handle, "secret")
    read = await store.read(handle, 20_001, 1)
    focused = await store.focus(handle, "what is the secret")
    assert (await store.read(handle, 12_345, 1)).text == "line 12344 of many, all alike"
    return SECRET in found[0].text and read.text == f"the secret is {SECRET}" and SECRET in focused


async def _lesson(home: Path, sealer: Sealer | None) -> None:
    connection = connect(home / "state.db")
    known = lesson("r1", 1.0, step("DB_PASSWORD", SECRET))
    await SqliteLessons(connection, sealer).change(known.id, lambda _: known)
    connection.close()


async def _read_lesson(home: Path, sealer: Sealer | None) -> object:
    connection = connect(home / "state.db")
    try:
        (known,) = await SqliteLessons(connection, sealer).of()
        return known == lesson("r1", 1.0, step("DB_PASSWORD", SECRET))
    finally:
        connection.close()


PLACES: dict[str, tuple[Keep, Read]] = {
    "journal": (_journal, _read_journal), "checkpoints": (_checkpoint, _read_checkpoint),
    "known good": (_good, _read_good),
    "evidence": (_evidence, _read_evidence), "lessons": (_lesson, _read_lesson),
}  # fmt: skip


def readable(home: Path) -> list[str]:
    return [path.name for path in home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


@pytest.mark.parametrize("place", PLACES)
async def test_with_a_key_nothing_is_readable_and_all_comes_back(tmp_path: Path, place: str):
    keep, read = PLACES[place]
    await keep(tmp_path, Sealer([OLD]))
    assert readable(tmp_path) == []
    assert await read(tmp_path, Sealer([OLD]))
    assert await read(tmp_path, Sealer([NEW, OLD]))


@pytest.mark.parametrize("place", PLACES)
async def test_what_was_written_before_there_was_a_key_is_still_read(tmp_path: Path, place: str):
    keep, read = PLACES[place]
    await keep(tmp_path, None)
    assert readable(tmp_path)
    assert await read(tmp_path, None)
    assert await read(tmp_path, Sealer([NEW]))


@pytest.mark.parametrize("sealer", [None, Sealer([NEW])])
@pytest.mark.parametrize("place", PLACES)
async def test_without_the_key_there_is_one_clear_error(tmp_path: Path, place: str, sealer: Sealer | None):
    keep, read = PLACES[place]
    await keep(tmp_path, Sealer([OLD]))
    with pytest.raises(Misuse, match="PRUNELLA_KEY"):
        await read(tmp_path, sealer)


@pytest.mark.parametrize("law", journal_suite, ids=lambda law: law.__name__.strip("_"))
async def test_a_sealed_journal_keeps_every_law(connection: sqlite3.Connection, law: Any):
    clock = FakeClock()
    await law(SqliteRuns(connection), SqliteJournal(connection, clock, Sealer([NEW])), clock)


async def test_a_sealed_word_cannot_be_put_in_the_place_of_another(tmp_path: Path):
    await _journal(tmp_path, Sealer([NEW]))
    connection = connect(tmp_path / "state.db")
    connection.execute("DROP TRIGGER journal_never_changes")
    connection.execute("UPDATE journal SET prepared = step WHERE id = 1")
    with pytest.raises(Misuse, match="prepared of entry 1 of run a was changed"):
        await SqliteJournal(connection, FakeClock(), Sealer([NEW])).entries("a")
    connection.close()


def test_the_folder_is_refused_as_a_whole_when_a_key_is_missing(connection: sqlite3.Connection):
    require_keys(connection, None)
    require_keys(connection, Sealer([OLD]))
    require_keys(connection, Sealer([NEW, OLD]))
    require_keys(connection, Sealer([OLD, NEW]))
    for sealer in (None, Sealer([NEW]), Sealer([OLD])):
        with pytest.raises(Misuse, match="The state folder is sealed with the key"):
            require_keys(connection, sealer)


async def test_a_damaged_known_good_content_is_left_out(tmp_path: Path):
    await _good(tmp_path, Sealer([NEW]))
    for content in (tmp_path / "good" / "objects").iterdir():
        content.write_bytes(content.read_bytes()[:-1] + b"x")
    assert await FileKnownGood(tmp_path / "good", Sealer([NEW])).newest("shop") == {}


async def test_sealed_evidence_that_was_cut_off_is_not_believed(tmp_path: Path):
    await _evidence(tmp_path, Sealer([NEW]))
    (file,) = (tmp_path / "evidence" / "a").glob("*.txt")
    piece = 65_536 + 33
    file.write_bytes(file.read_bytes()[: 16 + 3 * piece])
    store = FileEvidence(tmp_path / "evidence", "a", model=lambda: None, sealer=Sealer([NEW]))
    with pytest.raises(Misuse, match="was changed since it was sealed"):
        await store.focus(store.handles[0], "secret")
