"""Ask a PostgreSQL server, without touching anything."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from pydantic import Field

from prunella.redaction.redactor import Redactor
from prunella.servers.postgres import statement
from prunella.servers.postgres_sessions import session_facts
from prunella.servers.reach import Reach
from prunella.tools.packs.postgres.naming import ServiceName
from prunella.tools.packs.sql.pack import Query, SqlPack, TableName
from prunella.tools.packs.sql.reading import Rows
from prunella.tools.tool import FunctionTool, tool

_TIMEOUT_S = 15.0


@dataclass(frozen=True)
class Looking:
    """Readers. The server itself keeps each of them from writing."""

    reach: Reach

    def tools(self) -> tuple[FunctionTool[..., Any], ...]:
        return (
            tool(name="postgres.query")(self.query),
            tool(name="postgres.tables")(self.tables),
            tool(name="postgres.activity")(self.activity),
            tool(name="postgres.grants")(self.grants),
        )

    async def query(
        self,
        service: ServiceName,
        sql: Query,
        limit: Annotated[int, Field(description="the most rows wanted", ge=1, le=200)] = 50,
    ) -> Rows:
        """Ask a PostgreSQL service with one SQL statement that only reads: rows, settings (pg_settings), statistics
        (pg_stat_activity), plans (EXPLAIN). To change anything use another postgres tool.
        """
        pack = await self._pack(service)
        return await asyncio.to_thread(pack.query, sql, limit)

    async def tables(self, service: ServiceName, table: TableName = "") -> str:
        """Describe the tables of a PostgreSQL service: columns, types, keys, about how many rows. Use it before a
        query, to know what there is.
        """
        pack = await self._pack(service)
        return await asyncio.to_thread(pack.schema, table)

    async def activity(self, service: ServiceName) -> str:
        """Show who uses a PostgreSQL service: which session blocks which, idle and long transactions, connections by
        application. Use it for timeouts, locks and `too many clients`; postgres.terminate_backend ends a session.
        """
        async with self.reach.postgres(service) as session:
            facts = [each.text for look in session_facts for each in await look(session, service)]
            groups = await session.rows(statement("connections"))
            sessions = await session.rows(statement("sessions"))
        lines = ["What is not as it should be:", *(facts or ["nothing"]), "", "Connections:"]
        lines += ["{count} {application} as {user} in {database}: {idle} idle, {idle_in_transaction} idle in a "
                  "transaction".format(**each) for each in groups]  # fmt: skip
        lines += ["", "Sessions:"]
        lines += ["pid {pid} {application} as {user}, {state} since {since} {waits}: {query}".format(**each)
                  for each in sessions]  # fmt: skip
        return Redactor().text("\n".join(lines))

    async def grants(
        self, service: ServiceName, role: Annotated[str, Field(description="one role, or empty for all")] = ""
    ) -> str:
        """Show what roles that own nothing may do with each table and sequence of a PostgreSQL service. Use it for
        `permission denied`, before postgres.grant.
        """
        async with self.reach.postgres(service) as session:
            rows = await session.rows(statement("grants"), role)
        return (
            "\n".join(
                "{role} on {table}: {may}{shut}".format(
                    **{**each, "may": each["may"] or "nothing"},
                    shut="" if each["may_enter"] else " (but it may not use the schema)",
                )
                for each in rows
            )
            or "no such role: all others own something, or may do everything"
        )

    async def _pack(self, service: str) -> SqlPack:
        connect, password = self.reach.find(service), await self.reach.password(service)
        secret = f"{'&' if urlsplit(connect.url).query else '?'}password={quote(password, safe='')}" if password else ""
        return SqlPack(f"{connect.url}{secret}", prefix="postgres", timeout_s=_TIMEOUT_S)
