import asyncio
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

import pytest
from langgraph.checkpoint.serde.event_hooks import register_serde_event_listener
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import StateGraph

from prunella.domain.brief import Rejection
from prunella.domain.evidence import Evidence, EvidenceKind, Observation
from prunella.domain.plan import Considered, Plan, Step
from prunella.domain.report import Reach, Reading, Report, Symptoms
from prunella.domain.run import Attempt, Limits, Spent, Verdict
from prunella.domain.setting import FileState
from prunella.errors import Misuse
from prunella.storage.checkpoints import domain_types, forget, open_checkpointer, remembered

_STEP = Step(tool="config_set", arguments={"key": "a", "values": [1, None, {"b": 2.5}]}, why="w")
_PLAN = Plan(cause="c", because=("b",), steps=(_STEP, _STEP), considered=(Considered(plan="p", why_not="w"),))
_ATTEMPT = Attempt(plan=_PLAN, came_of_it="nothing", observations=(Observation(tool="t", arguments={}, ok=True),))
_SYMPTOMS = Symptoms(
    report=Report(readings=(Reading(probe="p", reach=Reach.SILENT, detail="d"),)), errors=frozenset({"x", "y"})
)
_EVIDENCE = Evidence(kind=EvidenceKind.LOG, source="s", text="t")
_REJECTION = Rejection(plan="p", steps="s", reasons=("r",))
_FILE = FileState(path=Path("/a/b"), exists=True, sha256="0")


@dataclass(frozen=True)
class Own:
    """A type that is not of the domain."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class State:
    limits: Limits = Limits()
    spent: Spent = Spent()
    attempts: tuple[Attempt, ...] = ()
    symptoms: Symptoms | None = None
    evidence: tuple[Evidence, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    proposal: Plan | None = None
    verdict: Verdict | None = None
    file: FileState | None = None
    marks: dict[str, str] = field(default_factory=dict[str, str])
    own: Own | None = None


class Change(TypedDict, total=False):
    attempts: tuple[Attempt, ...]
    symptoms: Symptoms
    evidence: tuple[Evidence, ...]
    rejections: tuple[Rejection, ...]
    proposal: Plan
    verdict: Verdict
    file: FileState
    marks: dict[str, str]
    own: Own


_FULL = Change(
    attempts=(_ATTEMPT, _ATTEMPT),
    symptoms=_SYMPTOMS,
    evidence=(_EVIDENCE,),
    rejections=(_REJECTION,),
    proposal=_PLAN,
    verdict=Verdict.FROZEN,
    file=_FILE,
    marks={"a": "b"},
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints.db"


@pytest.fixture
def blocked() -> Iterator[list[object]]:
    """Every type that a serializer refused or only tolerated."""
    events: list[object] = []
    unregister = register_serde_event_listener(events.append)
    yield events
    unregister()


async def _run(saver: AsyncSqliteSaver, run: str, change: Change) -> None:
    builder = StateGraph(State)

    async def write(state: State) -> Change:
        return change

    builder.add_node("write", write)
    builder.set_entry_point("write")
    graph = builder.compile(checkpointer=saver)
    await graph.ainvoke(State(), {"configurable": {"thread_id": run}}, durability="sync")


async def _read(saver: AsyncSqliteSaver, run: str) -> dict[str, object]:
    saved = await saver.aget_tuple({"configurable": {"thread_id": run}})
    return {} if saved is None else saved.checkpoint["channel_values"]


async def test_a_state_of_domain_types_comes_back_in_another_process(path: Path, blocked: list[object]):
    async with open_checkpointer(path) as saver:
        await _run(saver, "a", _FULL)
    async with open_checkpointer(path) as saver:
        values = await _read(saver, "a")
    lists = {"attempts": [_ATTEMPT, _ATTEMPT], "evidence": [_EVIDENCE], "rejections": [_REJECTION]}
    assert {name: values[name] for name in _FULL} == {**_FULL, **lists}
    assert (values["limits"], values["spent"]) == (Limits(), Spent())
    assert blocked == []


async def test_tuples_within_domain_types_stay_tuples(path: Path):
    async with open_checkpointer(path) as saver:
        await _run(saver, "a", _FULL)
        proposal = (await _read(saver, "a"))["proposal"]
    assert isinstance(proposal, Plan)
    assert proposal.steps == (_STEP, _STEP)
    assert proposal.key == _PLAN.key


async def test_a_type_that_is_not_named_does_not_come_back(path: Path, blocked: list[object]):
    change = Change(own=Own(("a", "b")))
    async with open_checkpointer(path) as saver:
        await _run(saver, "a", change)
        assert not isinstance((await _read(saver, "a"))["own"], Own)
    assert blocked != []
    async with open_checkpointer(path, extra=[(Own.__module__, Own.__name__)]) as saver:
        await _run(saver, "b", change)
        assert isinstance((await _read(saver, "b"))["own"], Own)


def test_all_values_and_closed_sets_of_the_domain_are_known():
    known = domain_types()
    assert {("prunella.domain.plan", "Plan"), ("prunella.domain.report", "Reach")} <= set(known)
    assert ("prunella.domain.run", "Verdict") in known
    assert ("prunella.domain.goal", "Goal") not in known
    assert list(known) == sorted(set(known))


async def test_the_files_are_private_and_writers_wait(path: Path):
    async with open_checkpointer(path) as saver:
        await _run(saver, "a", {})
        async with saver.conn.execute("PRAGMA busy_timeout") as rows:
            assert [tuple(row) async for row in rows] == [(5000,)]
        assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


async def test_two_runs_write_to_one_file_at_once(path: Path):
    async with open_checkpointer(path) as left, open_checkpointer(path) as right:
        await asyncio.gather(*(_run(saver, f"{n}", _FULL) for n, saver in enumerate([left, right] * 5)))
        assert await remembered(left) == frozenset("0123456789")


async def test_a_forgotten_run_leaves_nothing_and_its_neighbour_everything(path: Path):
    async with open_checkpointer(path) as saver:
        await _run(saver, "a", _FULL)
        await _run(saver, "b", _FULL)
        await forget(saver, "a")
        await forget(saver, "a")
        assert await _read(saver, "a") == {}
        assert (await _read(saver, "b"))["verdict"] is Verdict.FROZEN
        assert await remembered(saver) == {"b"}
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM writes WHERE thread_id = 'a'").fetchone() == (0,)
    connection.close()


async def _open(path: Path) -> None:
    async with open_checkpointer(path):
        pass


def test_a_damaged_file_is_refused_and_kept(path: Path):
    path.write_bytes(b"somebody's diary" * 999)
    with pytest.raises(Misuse, match=r"checkpoints\.db cannot be used: .+ can still be undone"):
        asyncio.run(_open(path))
    assert path.read_bytes() == b"somebody's diary" * 999


async def test_a_place_that_cannot_be_written_is_refused():
    with pytest.raises(Misuse, match="cannot be used"):
        await _open(Path("/proc/checkpoints.db"))


async def test_an_error_of_the_user_is_not_dressed_up(path: Path):
    with pytest.raises(sqlite3.OperationalError, match="mine"):
        async with open_checkpointer(path):
            raise sqlite3.OperationalError("mine")
