"""Let a PostgreSQL server read its files again, and tell what it would not take."""

import asyncio
from dataclasses import dataclass
from typing import Any

from prunella.domain.frozen import Frozen, JsonValue
from prunella.domain.tool import Prepared
from prunella.errors import Irrecoverable, Rejected
from prunella.redaction.redactor import Redactor
from prunella.servers.failures import Refused
from prunella.servers.postgres import PostgresSession, statement
from prunella.servers.postgres_files import hba, settings
from prunella.servers.reach import Reach
from prunella.tools.packs.postgres.naming import ServiceName
from prunella.tools.tool import FunctionTool, tool

_LOADED_WITHIN_S = 5.0
_REFUSED = frozenset({"postgres.bad-setting", "postgres.bad-hba"})


class Loaded(Frozen):
    """What a server ran with, and since when; `stale` are files that had been written since."""

    service: str
    since: str
    running: dict[str, str]
    stale: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loading:
    """A reload takes effect by reading files, so its undo is one more reload, after these were put back."""

    reach: Reach

    def tools(self) -> tuple[FunctionTool[..., Any], ...]:
        return (
            tool(
                risk="change", name="postgres.reload", before=self.before, undo=self.undo, applied=self.applied,
                settles=True,
            )(self.reload),
        )  # fmt: skip

    async def reload(self, service: ServiceName) -> str:
        """Let a PostgreSQL service read postgresql.conf and pg_hba.conf again, without a stop. Use it after a change to
        one of them; tells what takes a restart. Nothing happens while a line in them is illegal.
        """
        async with self.reach.postgres(service) as session:
            await self._must_be_legal(session, service)
            await _reload(session)
        async with self.reach.postgres(service) as session:
            pending = [each.text for each in await settings(session, service)]
        return "\n".join((f"{service} runs on its files", *pending))

    async def before(self, service: str) -> Prepared:
        async with self.reach.postgres(service) as session:
            was = await _loaded(session, service)
        note = f"{', '.join(was.stale)} was written since it last read it, so this reload cannot be undone."
        return Prepared(
            before=was.model_dump(mode="json"),
            touches=(f"service:{service}",),
            difference=f"{service} reads its configuration files again",
            reversible=not was.stale,
            note=note if was.stale else "",
        )

    async def undo(self, before: Loaded) -> None:
        """It runs with the settings that it ran with. Raises Irrecoverable when its files do not say so any more."""
        async with self.reach.postgres(before.service) as session:
            now = await _loaded(session, before.service)
            if now.since == before.since:
                return
            await _reload(session)
        async with self.reach.postgres(before.service) as session:
            now = await _loaded(session, before.service)
        other = [name for name, value in before.running.items() if now.running.get(name, value) != value]
        if other:
            raise Irrecoverable(f"{before.service} ran with other values of {', '.join(other)} than its files give.")

    async def applied(self, arguments: dict[str, JsonValue], before: Loaded) -> bool:
        del arguments
        async with self.reach.postgres(before.service) as session:
            return (await _loaded(session, before.service)).since != before.since

    async def _must_be_legal(self, session: PostgresSession, service: str) -> None:
        wrong: list[str] = []
        for look in (settings, hba):
            try:
                wrong += [each.text for each in await look(session, service) if each.code in _REFUSED]
            except Refused:  # what our role may not see, the server's log tells
                continue
        if wrong:
            raise Rejected(f"It was not told to reload, as it would not take this over: {'; '.join(wrong)}")


async def _loaded(session: PostgresSession, service: str) -> Loaded:
    since = await session.value("SELECT pg_conf_load_time()::text")
    rows = await session.rows(statement("loaded"))
    try:
        stale = tuple(row["file"] for row in await session.rows(statement("files_not_loaded")))
    except Refused:
        stale = ()
    shown = Redactor().value({row["name"]: row["setting"] for row in rows})
    return Loaded.model_validate({"service": service, "since": since, "running": shown, "stale": stale})


async def _reload(session: PostgresSession) -> None:
    """Returns when the server has read its files: each session hears of it by itself, ours too."""
    before = await session.value("SELECT pg_conf_load_time()")
    await session.rows("SELECT pg_reload_conf()")
    for _ in range(int(_LOADED_WITHIN_S / 0.05)):
        if await session.value("SELECT pg_conf_load_time()") != before:
            return
        await asyncio.sleep(0.05)
    raise Rejected(f"It was told to read its files, and has not within {_LOADED_WITHIN_S:g} s. Look at its log.")
