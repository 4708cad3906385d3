"""What it costs to write an effect down before it happens, and how it ended after."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.figures import Figure
from bench.fsyncs import Count, count_fsyncs
from prunella.clock import SystemClock
from prunella.domain.evidence import Observation
from prunella.domain.journal import Outcome
from prunella.domain.plan import Plan, Step
from prunella.domain.run import RunRecord
from prunella.domain.tool import Prepared
from prunella.storage.database import connect
from prunella.storage.journal import SqliteJournal
from prunella.storage.runs import SqliteRuns

_EFFECTS = 60
_COUNTED = 20
_PAGE = b"\0" * 4096
_STEP = Step(tool="config.set", arguments={"file": "app/.env", "key": "PORT", "value": "8080"}, why="its probe says so")
_PLAN = Plan(cause="a wrong port", steps=(_STEP,))
_PREPARED = Prepared(
    before={"path": "app/.env", "content": "# where it listens\nPORT=8081\n", "mode": 0o600},
    touches=("file:/srv/app/.env",),
    difference="PORT: 8081 → 8080",
)
_DONE = Observation(tool=_STEP.tool, arguments=_STEP.arguments, ok=True, output="PORT is 8080")


async def measure_effect(folder: Path) -> list[Figure]:
    """`intend` and `settle` together, in milliseconds and fsyncs, beside the same disk's own fdatasync."""
    bare_ms: list[float] = []
    costs_ms = await write_effects(folder, _EFFECTS, between=lambda: bare_ms.append(_time_fdatasync(folder)))
    counted = _count(folder)
    return [
        Figure("an effect's journal", median(costs_ms), "ms", aim=5, note=f"intend + settle, median of {_EFFECTS}"),
        Figure("an effect's fsyncs", _share(counted), aim=2, note=counted.how),
        Figure("a bare write and fdatasync", median(bare_ms), "ms", note="a page on the same disk, in turns"),
    ]


async def write_effects(folder: Path, count: int, between: Callable[[], object] = lambda: None) -> list[float]:
    """Milliseconds for each of `count` effects in a new state database in `folder`; `between` follows each."""
    clock, connection = SystemClock(), connect(folder / "state.db")
    try:
        journal = SqliteJournal(connection, clock)
        record = await SqliteRuns(connection).open(RunRecord(id="measured", goal="Measure.", started=clock.now()))
        return [await _write_effect(journal, record, between) for _ in range(count)]
    finally:
        connection.close()


async def _write_effect(journal: SqliteJournal, record: RunRecord, between: Callable[[], object]) -> float:
    started = time.perf_counter()
    entry = await journal.intend(record.id, record.token, _PLAN, _STEP, _PREPARED)
    await journal.settle(entry, record.token, Outcome.APPLIED, _DONE)
    spent_ms = (time.perf_counter() - started) * 1000
    between()
    return spent_ms


def _count(folder: Path) -> Count:
    """The fsyncs of many effects, less those of opening and closing."""
    many, none = (_count_of(folder, effects) for effects in (_COUNTED, 0))
    if many.calls is None or none.calls is None:
        return many
    return Count(many.calls - none.calls, many.how)


def _count_of(folder: Path, effects: int) -> Count:
    command = [sys.executable, "-m", "bench.effect", str(effects)]
    return count_fsyncs(command, folder)


def _share(count: Count) -> float | None:
    return None if count.calls is None else count.calls / _COUNTED


def _time_fdatasync(folder: Path) -> float:
    with (folder / "bare").open("ab", buffering=0) as file:
        started = time.perf_counter()
        file.write(_PAGE)
        os.fdatasync(file.fileno())
        return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        asyncio.run(write_effects(Path(temporary), int(sys.argv[1])))
