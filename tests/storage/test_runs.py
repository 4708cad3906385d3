import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from prunella.domain.run import Verdict
from prunella.errors import Busy, Lost, Misuse
from prunella.storage.holder import this_process
from prunella.storage.runs import Orphaned, SqliteRuns
from prunella.testing.runs import MemoryRuns, RunsLaw, ended, runs_suite, sample_record

_DEAD = "999999999@1.00"

_OPEN = """
import asyncio, sys
from pathlib import Path
from prunella.errors import Busy
from prunella.storage.database import connect
from prunella.storage.runs import SqliteRuns
from prunella.testing.runs import sample_record

runs = SqliteRuns(connect(Path(sys.argv[1])))
print("ready", flush=True)
sys.stdin.readline()
try:
    if sys.argv[2] == "open":
        services = sys.argv[4:]
        record = asyncio.run(runs.open(sample_record(sys.argv[3], *services)))
    else:
        record = asyncio.run(runs.seize(sys.argv[3]))
    print("won", record.token, flush=True)
except Busy as busy:
    print("busy", busy.run, type(busy).__name__, flush=True)
sys.stdin.readline()
"""


class Rival:
    """Another process that opens or seizes a run when told to, and then lives until it is killed."""

    def __init__(self, database: Path, *arguments: str) -> None:
        command = [sys.executable, "-c", _OPEN, str(database), *arguments]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def hear(self) -> str:
        assert self._child.stdout
        return self._child.stdout.readline().strip()

    def go(self) -> None:
        assert self._child.stdin
        self._child.stdin.write("go\n")
        self._child.stdin.flush()

    def kill(self) -> None:
        self._child.kill()
        self._child.communicate(timeout=20)


def _race(rivals: list[Rival]) -> list[str]:
    for rival in rivals:
        assert rival.hear() == "ready"
    for rival in rivals:
        rival.go()
    return [rival.hear() for rival in rivals]


def _name(law: RunsLaw) -> str:
    return law.__name__.strip("_")


@pytest.fixture
def runs(connection: sqlite3.Connection) -> SqliteRuns:
    return SqliteRuns(connection)


@pytest.mark.parametrize("law", runs_suite, ids=_name)
async def test_memory_keeps(law: RunsLaw):
    await law(MemoryRuns())


@pytest.mark.parametrize("law", runs_suite, ids=_name)
async def test_sqlite_keeps(law: RunsLaw, runs: SqliteRuns):
    await law(runs)


async def test_an_open_run_is_held_by_this_process(runs: SqliteRuns):
    assert (await runs.open(sample_record("a"))).holder == this_process()


async def test_of_processes_that_race_for_a_service_exactly_one_wins(database: Path, runs: SqliteRuns):
    rivals = [Rival(database, "open", f"r{n}", f"own{n}", "shared") for n in range(4)]
    try:
        said = _race(rivals)
    finally:
        for rival in rivals:
            rival.kill()
    winners = [f"r{number}" for number, words in enumerate(said) if words.startswith("won")]
    assert len(winners) == 1, said
    assert sorted(said)[:3] == [f"busy {winners[0]} Busy"] * 3
    assert [record.id for record in await runs.list()] == winners


async def test_of_processes_that_race_for_a_dead_run_exactly_one_wins(
    database: Path, runs: SqliteRuns, connection: sqlite3.Connection
):
    await SqliteRuns(connection, _DEAD).open(sample_record("a", "one"))
    rivals = [Rival(database, "seize", "a") for _ in range(3)]
    try:
        assert sorted(_race(rivals)) == ["busy a Busy", "busy a Busy", "won 2"]
    finally:
        for rival in rivals:
            rival.kill()


async def test_a_run_outlives_its_process_until_it_is_seized(database: Path, runs: SqliteRuns):
    rival = Rival(database, "open", "theirs", "one", "two")
    try:
        assert _race([rival]) == ["won 1"]
        with pytest.raises(Busy, match="one is held by run theirs") as alive:
            await runs.open(sample_record("ours", "one"))
        with pytest.raises(Busy):
            await runs.seize("theirs")
    finally:
        rival.kill()
    assert not isinstance(alive.value, Orphaned)
    with pytest.raises(Orphaned, match=re.escape("prunella undo theirs")) as dead:
        await runs.open(sample_record("ours", "two"))
    assert (dead.value.service, dead.value.run) == ("two", "theirs")
    seized = await runs.seize("theirs")
    assert (seized.token, seized.holder) == (2, this_process())
    with pytest.raises(Lost):
        await runs.close(ended(seized.model_copy(update={"token": 1})))


async def test_the_lease_of_an_ended_run_whose_process_died_is_free(runs: SqliteRuns, connection: sqlite3.Connection):
    elsewhere = SqliteRuns(connection, _DEAD)
    await elsewhere.close(ended(await elsewhere.open(sample_record("a", "one"))))
    await elsewhere.seize("a")
    await runs.open(sample_record("b", "one"))


async def test_seizing_the_run_of_a_living_process_gives_out_no_token(runs: SqliteRuns, connection: sqlite3.Connection):
    opened = await runs.open(sample_record("a"))
    with pytest.raises(Busy, match="Heal is held by run a"):
        await SqliteRuns(connection, _DEAD).seize("a")
    assert await runs.get("a") == opened


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        ("2026-a", "'2026-a' is the beginning of several runs: 2026-ab, 2026-aa. Write more of it."),
        ("2026-bx", "There is no run '2026-bx'. Did you mean 2026-b"),
        ("zzz", "There is no run 'zzz'. The newest are 2026-b, 2026-ab, 2026-aa."),
    ],
)
async def test_a_name_that_fits_no_run_is_answered_with_those_that_are_near(runs: SqliteRuns, wanted: str, answer: str):
    for number, name in enumerate(("2026-aa", "2026-ab", "2026-b")):
        await runs.open(sample_record(name, started=number))
    with pytest.raises(Misuse, match="^" + re.escape(answer)):
        await runs.get(wanted)


async def test_without_any_run_the_answer_says_so(runs: SqliteRuns):
    with pytest.raises(Misuse, match="There are no runs yet"):
        await runs.get("last")


async def test_an_achieved_run_is_opened_again_unless_somebody_was_there_since(runs: SqliteRuns):
    done = ended(await runs.open(sample_record("mine", "app")))
    await runs.close(done)
    again = await runs.reopen(done)
    assert (again.verdict, again.ended, again.token > done.token) == (None, None, True)
    assert (await runs.get("mine")).verdict is None
    with pytest.raises(Busy):
        await runs.reopen(done)
    undone = ended(again).model_copy(update={"verdict": Verdict.ROLLED_BACK})
    await runs.close(undone)
    with pytest.raises(Busy):
        await runs.reopen(undone)
    assert (await runs.get("mine")).verdict is Verdict.ROLLED_BACK
