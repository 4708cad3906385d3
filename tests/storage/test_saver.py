import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypedDict

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import StateGraph
from langgraph.types import Command, interrupt

from prunella.storage.checkpoints import open_checkpointer

_CONFIG: RunnableConfig = {"configurable": {"thread_id": "a", "checkpoint_ns": ""}}
_Opens = Callable[[Path], AbstractAsyncContextManager[AsyncSqliteSaver]]


class Count(TypedDict):
    count: int
    said: str


@asynccontextmanager
async def _stock(path: Path) -> AsyncGenerator[AsyncSqliteSaver]:
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        await saver.setup()
        yield saver


def _rows(path: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


async def _add(state: Count) -> dict[str, int]:
    return {"count": state["count"] + 1}


async def _ask(state: Count) -> dict[str, str]:
    return {"said": f"{interrupt('first?')} {interrupt('second?')}"}


async def _count_and_ask(saver: AsyncSqliteSaver) -> object:
    """Three supersteps with two interrupts in the last one, each continued by another graph."""
    graph = StateGraph(Count)
    graph.add_node("one", _add).add_node("two", _add).add_node("ask", _ask)
    graph.add_edge("one", "two").add_edge("two", "ask").set_entry_point("one")
    config: RunnableConfig = {"configurable": {"thread_id": "a"}}
    steps: list[Count | Command[str]] = [Count(count=0, said=""), Command(resume="yes"), Command(resume="no")]
    compiled = [graph.compile(checkpointer=saver) for _ in steps]  # pyright: ignore[reportUnknownMemberType]
    outcomes = [await each.ainvoke(step, config, durability="sync") for each, step in zip(compiled, steps, strict=True)]
    return outcomes[-1]


_SHAPE = "SELECT checkpoint_ns, parent_checkpoint_id IS NULL, metadata FROM checkpoints ORDER BY checkpoint_id"
_WRITES = "SELECT idx, channel, task_path FROM writes ORDER BY checkpoint_id, task_id, idx"


async def test_the_rows_are_those_of_langgraphs_own_saver(tmp_path: Path):
    opens: dict[str, _Opens] = {"ours.db": open_checkpointer, "stock.db": _stock}
    for name, each in opens.items():
        async with each(tmp_path / name) as saver:
            assert await _count_and_ask(saver) == Count(count=2, said="yes no")
    ours, stock = tmp_path / "ours.db", tmp_path / "stock.db"
    assert _rows(ours, _SHAPE) == _rows(stock, _SHAPE)
    assert sorted(_rows(ours, _WRITES), key=str) == sorted(_rows(stock, _WRITES), key=str)


async def _at_a_checkpoint(saver: AsyncSqliteSaver) -> RunnableConfig:
    return await saver.aput(_CONFIG, empty_checkpoint(), {}, {})


async def _written(saver: AsyncSqliteSaver, at: RunnableConfig) -> list[tuple[str, object]]:
    saved = await saver.aget_tuple(at)
    assert saved is not None
    return [(channel, value) for _, channel, value in saved.pending_writes or []]


async def test_what_a_task_wrote_first_stays_but_its_newest_error_counts(tmp_path: Path):
    async with open_checkpointer(tmp_path / "c.db") as saver:
        at = await _at_a_checkpoint(saver)
        for value in ("first", "second"):
            await saver.aput_writes(at, [("x", value), ("y", value)], "task")
            await saver.aput_writes(at, [("__error__", value)], "task")
        await saver.aput_writes(at, [], "task")
        assert sorted(await _written(saver, at), key=str) == [("__error__", "second"), ("x", "first"), ("y", "first")]


async def test_a_wide_task_is_saved_whole(tmp_path: Path):
    async with open_checkpointer(tmp_path / "c.db") as saver:
        at = await _at_a_checkpoint(saver)
        await saver.aput_writes(at, [(f"c{number}", number) for number in range(1000)], "task")
        assert len(await _written(saver, at)) == 1000


async def test_a_thread_that_was_deleted_in_part_is_still_found(tmp_path: Path):
    path = tmp_path / "c.db"
    async with open_checkpointer(path) as saver:
        await saver.aput_writes(await _at_a_checkpoint(saver), [("x", 1)], "task")
        await saver.conn.execute_fetchall(
            "CREATE TRIGGER full BEFORE DELETE ON checkpoints BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
        with pytest.raises(sqlite3.IntegrityError, match="disk full"):
            await saver.adelete_thread("a")
    assert _rows(path, "SELECT count(*) FROM writes") == [(0,)]
    assert _rows(path, "SELECT count(*) FROM checkpoints") == [(1,)]


_SAVE_AND_DIE = """
import asyncio, os, signal, sys
from pathlib import Path
from langgraph.checkpoint.base import empty_checkpoint
from prunella.storage.checkpoints import open_checkpointer

async def main():
    async with open_checkpointer(Path(sys.argv[1])) as saver:
        async with saver.conn.execute("PRAGMA synchronous") as rows:
            print([row[0] async for row in rows][0], flush=True)
        at = await saver.aput({"configurable": {"thread_id": "a", "checkpoint_ns": ""}}, empty_checkpoint(), {}, {})
        await saver.aput_writes(at, [("x", 1)], "task")
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def _save_and_die(path: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", _SAVE_AND_DIE, str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


async def test_a_save_is_kept_when_it_returns_whatever_comes_next(tmp_path: Path):
    path = tmp_path / "c.db"
    died = await asyncio.to_thread(_save_and_die, path)
    assert (died.returncode, died.stdout) == (-9, "2\n"), died.stderr  # 2: FULL, an fsync for each transaction
    async with open_checkpointer(path) as saver:
        assert await _written(saver, _CONFIG) == [("x", 1)]
