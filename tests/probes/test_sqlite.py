import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from prunella.domain.probe import SqlProbe
from prunella.domain.report import Reach, Reading
from prunella.probes.factory import probe_for
from prunella.probes.sqlite import SqliteLook


def database(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        for each in ("CREATE TABLE t (a, b)", "INSERT INTO t VALUES (7, NULL), (8, 'x')", *statements):
            connection.execute(each)
        connection.commit()
    return path


def names_in(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


async def look(
    path: Path, query: str = "select a from t", expect: str | None = None, timeout_s: float = 2.0
) -> Reading:
    spec = SqlProbe(name="sql", url=f"sqlite:///{path}", query=query, expect=expect, timeout_s=timeout_s)
    return await SqliteLook(spec).look()


@pytest.mark.parametrize(
    ("query", "expect", "detail"),
    [
        ("select a from t", "7", ""),
        ("select a from t", None, ""),
        ("select a from t where a = 9", None, ""),
        ("select cast('x' as blob)", "x", ""),
        ("select a\n  from t", "8", 'select a from t gave "7", expected "8"'),
        ("select b from t", "", 'select b from t gave NULL, expected ""'),
        ("select a from t where a = 9", "9", 'select a from t where a = 9 gave no row, expected "9"'),
    ],
)
async def test_the_first_value_is_compared_as_text(tmp_path: Path, query: str, expect: str | None, detail: str):
    reading = await look(database(tmp_path / "t.db"), query, expect)
    assert reading.reach is (Reach.WRONG if detail else Reach.RIGHT)
    assert detail in reading.detail


@pytest.mark.parametrize("mode", ["delete", "wal"])
async def test_nothing_is_left_behind_or_changed(tmp_path: Path, mode: str):
    path = database(tmp_path / "t.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
    before = path.read_bytes()
    assert (await look(path, expect="7")).ok
    assert names_in(tmp_path) == ["t.db"]
    assert path.read_bytes() == before


async def test_the_log_of_a_service_that_died_is_read_and_stays(tmp_path: Path):
    live, dead = tmp_path / "live", tmp_path / "dead"
    live.mkdir()
    dead.mkdir()
    path = database(live / "t.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("UPDATE t SET a = 9")
        connection.commit()
        for each in ("t.db", "t.db-wal"):
            (dead / each).write_bytes((live / each).read_bytes())
    before = (dead / "t.db").read_bytes(), (dead / "t.db-wal").read_bytes()
    assert (await look(dead / "t.db", expect="9")).ok
    assert ((dead / "t.db").read_bytes(), (dead / "t.db-wal").read_bytes()) == before


@pytest.mark.parametrize(
    "query",
    [
        "delete from t",
        "create table u (a)",
        "pragma query_only = off",
        "attach database '{folder}/other.db' as o",
        "select 1; delete from t",
        "vacuum into '{folder}/other.db'",
    ],
)
async def test_a_query_can_change_nothing(tmp_path: Path, query: str):
    path = database(tmp_path / "t.db")
    before = path.read_bytes()
    assert (await look(path, query.format(folder=tmp_path))).reach is Reach.WRONG
    assert path.read_bytes() == before
    assert names_in(tmp_path) == ["t.db"]


async def test_what_is_not_there_is_not_made(tmp_path: Path):
    reading = await look(tmp_path / "no.db")
    assert (reading.reach, reading.detail) == (Reach.NOBODY, f"there is no {tmp_path}/no.db")
    assert names_in(tmp_path) == []


async def test_errors_are_told_in_its_own_words(tmp_path: Path):
    assert (await look(database(tmp_path / "t.db"), "select c from t")).detail == "SQLITE_ERROR: no such column: c"
    (tmp_path / "junk.db").write_bytes(b"junk" * 1000)
    assert (await look(tmp_path / "junk.db")).detail == "SQLITE_NOTADB: file is not a database"


async def test_a_locked_database_and_an_endless_query_are_silent(tmp_path: Path):
    path = database(tmp_path / "t.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        locked = await look(path, timeout_s=0.3)
    assert (locked.reach, locked.detail) == (Reach.SILENT, "SQLITE_BUSY: database is locked")
    begun = time.monotonic()
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"
    assert (await look(path, endless, timeout_s=0.3)).reach is Reach.SILENT
    assert time.monotonic() - begun < 1.0


async def test_it_is_bounded_and_named_like_the_others(tmp_path: Path):
    spec = SqlProbe(name="sql", url=f"sqlite:///{database(tmp_path / 't.db')}", query="select a from t", expect="7")
    reading = await probe_for(spec, "db", None).look()
    assert (reading.probe, reading.ok, reading.detail) == ("db: sql", True, 'the query answers "7"')
