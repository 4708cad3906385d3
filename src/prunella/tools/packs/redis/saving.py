"""Let a Redis server write its data to disk, and see whether it could."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prunella.domain.frozen import Frozen, JsonValue
from prunella.domain.tool import Prepared
from prunella.errors import Rejected
from prunella.servers.failures import Refused
from prunella.servers.reach import Reach
from prunella.servers.redis import RedisSession
from prunella.tools.packs.redis.looking import ServiceName
from prunella.tools.tool import FunctionTool, tool

_SAVED_WITHIN_S = 50.0


class Saved(Frozen):
    """When the newest snapshot was written, and how that ended; `saves` counts them since the server's start."""

    service: str
    saved: int
    status: str
    saves: int


@dataclass(frozen=True)
class Saving:
    """A snapshot takes the place of an older one of the same data, as the server does by itself every few minutes. So
    there is nothing to put back; where that does not hold, it says so.
    """

    reach: Reach

    def tools(self) -> tuple[FunctionTool[..., Any], ...]:
        return (
            tool(risk="change", name="redis.save", before=self.before, undo=self.undo, applied=self.applied)(self.save),
        )

    async def save(self, service: ServiceName) -> str:
        """Let a Redis service write a snapshot (BGSAVE), and tell how that ended. Use it after the disk has room again:
        while the last snapshot failed (MISCONF), it refuses writes.
        """
        async with self.reach.redis(service, _SAVED_WITHIN_S) as session:
            await _begin(session)
            await _until_saved(session)
            now = await _saved(session, service)
            place = await _place(session)
        if now.status != "ok":
            raise Rejected(f"The snapshot to {place} failed: look at the server's log, at the disk and at that folder.")
        return f"{service} has written a snapshot"

    async def before(self, service: str) -> Prepared:
        async with self.reach.redis(service) as session:
            was = await _saved(session, service)
            why = await _why_not(session)
            _must_have_room(await _place(session))
        return Prepared(
            before=was.model_dump(mode="json"),
            touches=(f"service:{service}",),
            difference=f"{service} writes its data to disk (the last snapshot: {was.status})",
            reversible=not why,
            note=why,
            must_ask=why,
        )

    async def undo(self, before: Saved) -> None:
        """Nothing: an older snapshot of the same data is worth less, and taking it back would lose what came since."""

    async def applied(self, arguments: dict[str, JsonValue], before: Saved) -> bool:
        del arguments
        async with self.reach.redis(before.service) as session:
            now = await _saved(session, before.service)
        return (now.saves, now.saved) != (before.saves, before.saved)


async def _saved(session: RedisSession, service: str) -> Saved:
    info = await session.info("persistence")
    return Saved(
        service=service,
        saved=int(info.get("rdb_last_save_time", "0")),
        status=info.get("rdb_last_bgsave_status", "?"),
        saves=int(info.get("rdb_saves", "0")),
    )


async def _begin(session: RedisSession) -> None:
    """One that is being written already is as good."""
    try:
        await session.ask("BGSAVE", "SCHEDULE")
    except Refused as refusal:
        if "in progress" not in str(refusal):
            raise


async def _place(session: RedisSession) -> Path:
    where = await session.config("d*")
    return Path(where.get("dir", ""), where.get("dbfilename", ""))


def _must_have_room(snapshot: Path) -> None:
    """It is written beside the old one, and one that fails would make the server refuse writes. Only where the disk is
    this machine's.
    """
    try:
        size, free = snapshot.stat().st_size, shutil.disk_usage(snapshot.parent).free
    except OSError:
        return
    if free < size:
        raise Rejected(f"{snapshot.parent} has {free:,} bytes left, and the snapshot takes {size:,}: make room first.")


async def _until_saved(session: RedisSession) -> None:
    while True:
        info = await session.info("persistence")
        if "0" == info.get("rdb_bgsave_in_progress", "0") == info.get("aof_rewrite_in_progress", "0"):
            return
        await asyncio.sleep(0.1)


async def _why_not(session: RedisSession) -> str:
    """What makes this snapshot more than a newer one of the same data."""
    is_empty = not any(name.startswith("db") for name in await session.info("keyspace"))
    if is_empty:
        return "The server holds nothing: an empty snapshot would take the place of whatever lies on the disk."
    if (await session.config("save")).get("save") == "":
        return "The server is told to write no snapshots: one would be read at its next start."
    return ""
