"""End one session of a PostgreSQL server, and only the one that was looked at."""

import asyncio
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field

from prunella.domain.frozen import Frozen, JsonValue
from prunella.domain.tool import Prepared
from prunella.errors import Irrecoverable, Rejected
from prunella.redaction.redactor import Redactor
from prunella.servers.postgres import PostgresSession, statement
from prunella.servers.reach import Reach
from prunella.tools.packs.postgres.naming import ServiceName
from prunella.tools.tool import FunctionTool, tool

_CLIENT = "client backend"
_GONE_WITHIN_S = 8.0
_LONGEST_QUERY = 500

Pid = Annotated[int, Field(description="the session's pid, as postgres.activity shows it", ge=1)]


class Backend(Frozen):
    """A session as it was found. `loses` is what nobody can bring back once it has ended; "" for nothing."""

    service: str
    pid: int
    backend_start: str
    application: str
    user: str
    database: str
    client: str
    state: str
    since: str
    query: str
    loses: str = ""

    def __str__(self) -> str:
        return (
            f"pid {self.pid} ({self.application or 'unnamed'} as {self.user} in {self.database} from {self.client}), "
            f"{self.state or 'busy'} since {self.since}: {self.query}"
        )


@dataclass
class Backends:
    """What was looked at is remembered, so that a pid that the system gave to somebody else since is left alone."""

    reach: Reach
    _expected: dict[tuple[str, int], Backend] = field(default_factory=dict[tuple[str, int], Backend])

    def tools(self) -> tuple[FunctionTool[..., Any], ...]:
        return (
            tool(
                risk="interrupt", name="postgres.terminate_backend", before=self.before, undo=self.undo,
                applied=self.applied,
            )(self.terminate_backend),
        )  # fmt: skip

    async def terminate_backend(self, service: ServiceName, pid: Pid) -> str:
        """End one session of a PostgreSQL service: the one that blocks others, or an idle one that uses connections
        up. Its open transaction is rolled back; all other sessions go on. Prefer it to a restart.
        """
        was = self._expected.get((service, pid))
        if was is None:
            raise Rejected(f"Nobody has looked at pid {pid} yet, so it is not ended.")
        async with self.reach.postgres(service) as session:
            ended = await session.rows(
                "SELECT pg_terminate_backend(pid) AS told FROM pg_stat_activity "
                "WHERE pid = $1 AND backend_start = $2::timestamptz",
                pid, was.backend_start,
            )  # fmt: skip
            if not ended:
                raise Rejected(f"pid {pid} is not that session any more: it has ended by itself.")
            await self._until_gone(session, was)
        return f"ended {was}"

    async def before(self, service: str, pid: int) -> Prepared:
        async with self.reach.postgres(service) as session:
            rows = await session.rows(statement("backend"), pid)
        if not rows:
            raise Rejected(f"{service} has no session with pid {pid}. Look with postgres.activity.")
        if rows[0]["is_ours"] or rows[0]["kind"] != _CLIENT:
            raise Rejected(f"pid {pid} is no client ({rows[0]['kind']}); the server needs it.")
        was = _backend(service, rows[0])
        self._expected[service, pid] = was
        return Prepared(
            before=was.model_dump(mode="json"),
            touches=(f"service:{service}", f"session:{service}/{pid}"),
            difference=f"ends {was}",
            reversible=not was.loses,
            note=was.loses,
        )

    async def undo(self, before: Backend) -> None:
        """Nothing is left to do for a session that held nothing; its client connects again by itself."""
        if before.loses and not await self._is_there(before):
            raise Irrecoverable(f"The session was ended and cannot be brought back: {before}. {before.loses}")

    async def applied(self, arguments: dict[str, JsonValue], before: Backend) -> bool:
        del arguments
        self._expected[before.service, before.pid] = before
        return not await self._is_there(before)

    async def _is_there(self, was: Backend) -> bool:
        async with self.reach.postgres(was.service) as session:
            return await _is_same(session, was)

    async def _until_gone(self, session: PostgresSession, was: Backend) -> None:
        for _ in range(int(_GONE_WITHIN_S / 0.05)):
            if not await _is_same(session, was):
                return
            await asyncio.sleep(0.05)
        raise Rejected(f"It was told to end and has not within {_GONE_WITHIN_S:g} s: {was}")


async def _is_same(session: PostgresSession, was: Backend) -> bool:
    rows = await session.rows(statement("backend"), was.pid)
    return bool(rows) and rows[0]["backend_start"] == was.backend_start


def _backend(service: str, row: dict[str, object]) -> Backend:
    names = ("pid", "backend_start", "application", "user", "database", "client", "state", "since")
    query = Redactor().text(str(row["query"]))[:_LONGEST_QUERY]
    return Backend.model_validate(
        {"service": service, "query": query, "loses": _loses(row), **{name: row[name] or "" for name in names}}
    )


def _loses(row: dict[str, object]) -> str:
    """An idle session, or a transaction that wrote nothing, holds nothing but locks. A transaction with an id of its
    own may have written: the server does not tell a lock from a change.
    """
    state = str(row["state"])
    if row["has_advisory_locks"]:
        return "It holds advisory locks, whose meaning only its application knows."
    if state in {"idle", "idle in transaction (aborted)"}:
        return ""
    if state == "idle in transaction":
        return "What its open transaction may have written is rolled back." if row["has_written"] else ""
    return f"It is at work ({state or 'unknown'}), and that work is lost."
