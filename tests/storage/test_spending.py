import sqlite3
from pathlib import Path

import pytest

from prunella.domain.run import Spent
from prunella.errors import Lost
from prunella.storage.database import connect
from prunella.storage.runs import SqliteRuns
from prunella.storage.spending import SqliteSpending
from prunella.testing.clock import FakeClock
from prunella.testing.runs import sample_record


async def opened(connection: sqlite3.Connection, *runs: str, fleet: str = "/srv/fleet") -> None:
    for run in runs:
        await SqliteRuns(connection).open(sample_record(run, run).model_copy(update={"fleet": fleet}))


async def test_what_is_noted_replaces_and_survives(database: Path):
    clock = FakeClock()
    connection = connect(database)
    await opened(connection, "a")
    spending = SqliteSpending(connection, clock)
    await spending.note("a", Spent(attempts=1, tokens=5, dollars=0.25))
    await spending.note("a", Spent(attempts=2, tokens=9, dollars=0.5, seconds=1.5))
    connection.close()
    again = connect(database)
    spent = await SqliteSpending(again, clock).since("/srv/fleet", clock.now())
    again.close()
    assert spent == Spent(attempts=2, tokens=9, dollars=0.5, seconds=1.5)


async def test_runs_of_a_fleet_are_summed_while_they_went_on(connection: sqlite3.Connection):
    clock = FakeClock()
    start, spending = clock.now(), SqliteSpending(connection, clock)
    await opened(connection, "old", "long", "new")
    await opened(connection, "foreign", fleet="/srv/other")
    for run in ("old", "long", "foreign"):
        await spending.note(run, Spent(plans=1, tokens=10, dollars=1.0))
    clock.advance(100)
    await spending.note("long", Spent(plans=2, tokens=30, dollars=2.0))
    await spending.note("new", Spent(plans=4, steps=3, tokens=5, dollars=0.5))
    assert await spending.since("/srv/fleet", start + 50) == Spent(plans=6, steps=3, tokens=35, dollars=2.5)
    assert await spending.since("/srv/fleet", start) == Spent(plans=7, steps=3, tokens=45, dollars=3.5)
    assert await spending.since("/srv/fleet", start + 101) == Spent()
    assert await spending.since("/srv/nowhere", 0) == Spent()


async def test_a_run_that_is_not_written_down_is_lost(connection: sqlite3.Connection):
    with pytest.raises(Lost, match="ghost"):
        await SqliteSpending(connection, FakeClock()).note("ghost", Spent())
