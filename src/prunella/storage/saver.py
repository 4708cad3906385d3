"""LangGraph's own SQLite saver, with one trip to its thread for each save instead of three or four."""

import json
from collections.abc import Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    get_checkpoint_metadata,
)
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

_PUT = (
    "INSERT OR REPLACE INTO checkpoints "
    "(thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_PUT_WRITES = (
    "INSERT OR {verb} INTO writes "
    "(thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, value) VALUES {rows}"
)
_WRITE = "(?, ?, ?, ?, ?, ?, ?, ?, ?)"


class OneTripSaver(AsyncSqliteSaver):
    """Keeps the same rows in the same tables, as durably: a save is one statement, which is a transaction of its own.

    Its connection must be in autocommit (`isolation_level=None`).
    """

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,  # noqa: ARG002 -- part of the signature; LangGraph's saver has no use for it
    ) -> RunnableConfig:
        thread, space, parent = _place(config)
        about = json.dumps(get_checkpoint_metadata(config, metadata), ensure_ascii=False).encode("utf-8", "ignore")
        content = self.serde.dumps_typed(checkpoint)
        await self._execute(_PUT, [thread, space, checkpoint["id"], parent, *content, about])
        return {
            "configurable": {"thread_id": thread, "checkpoint_ns": space, "checkpoint_id": checkpoint["id"]},
        }

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """What a task wrote before stays, but a newer interrupt or error takes the older one's place."""
        if not writes:
            return
        verb = "REPLACE" if all(channel in WRITES_IDX_MAP for channel, _ in writes) else "IGNORE"
        values: list[object] = []
        for number, (channel, value) in enumerate(writes):
            values += [*_place(config), task_id, task_path, WRITES_IDX_MAP.get(channel, number), channel]
            values += self.serde.dumps_typed(value)
        await self._execute(_PUT_WRITES.format(verb=verb, rows=", ".join([_WRITE] * len(writes))), values)

    async def adelete_thread(self, thread_id: str) -> None:
        """The checkpoints go last: a thread of which anything is left can still be found, and deleted again."""
        await self._execute("DELETE FROM writes WHERE thread_id = ?", [thread_id])
        await self._execute("DELETE FROM checkpoints WHERE thread_id = ?", [thread_id])

    async def _execute(self, statement: str, values: Sequence[object]) -> None:
        await self.setup()
        async with self.lock:
            await self.conn.execute_fetchall(statement, values)


def _place(config: RunnableConfig) -> tuple[str, str, str | None]:
    """Thread, namespace, and the checkpoint that it stands at; None before the first."""
    where = config.get("configurable", {})
    return str(where["thread_id"]), where["checkpoint_ns"], where.get("checkpoint_id")
