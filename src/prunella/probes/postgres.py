"""Does a query of PostgreSQL answer?"""

import asyncio
import os
import re
import socket
from typing import TYPE_CHECKING

from prunella.domain.probe import SqlProbe
from prunella.domain.report import Reach, Reading
from prunella.errors import Misuse, Rejected
from prunella.probes.bounded import Answer, silent
from prunella.probes.password import Secrets, none_known, password_of, without
from prunella.probes.sql import LOCKS_SHARE, Value, judged

if TYPE_CHECKING:
    from psycopg import AsyncConnection, AsyncCursor, Error

_SERVER_SHARE = 0.9  # of the time that is left: the server gives up first, and says why
_HANG_UP_S = 0.3
_CANCELLED, _LOCKED = "57014", "55P03"
_NOBODY = re.compile(
    r"Connection refused|No such file or directory|No route to host|Network is unreachable|resolve host|Name or service"
)


class PostgresLook:
    """Probe: one query in a transaction that can change nothing, on a connection of its own."""

    def __init__(self, spec: SqlProbe, secrets: Secrets = none_known) -> None:
        """Raises Misuse where psycopg is not installed."""
        try:
            import psycopg
        except ImportError as error:
            raise Misuse(f"{spec.name} needs psycopg. Run `pip install 'prunella[postgres]'`.") from error
        self._spec, self._secrets, self._driver = spec, secrets, psycopg

    async def look(self) -> Reading:
        answer = await self._see()
        return Reading(probe=self._spec.name, reach=answer.reach, detail=answer.detail, body=answer.body)

    async def _see(self) -> Answer:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._spec.timeout_s
        try:
            async with asyncio.timeout_at(until):
                password = await password_of(self._spec.password, self._secrets)
        except TimeoutError:
            return Answer(Reach.NOBODY, f"the secret {self._spec.password} could not be fetched in time")
        except Rejected as error:
            return Answer(Reach.NOBODY, str(error))
        return without(password, await self._connected(password, until))

    async def _connected(self, password: str, until: float) -> Answer:
        try:
            async with asyncio.timeout_at(until):
                connection = await self._connection(password)
        except TimeoutError:
            return Answer(Reach.SILENT, f"{silent(self._spec.timeout_s).detail}: no session was opened")
        except self._driver.Error as error:
            return _unopened(error)
        try:
            return await self._answered(connection, until)
        finally:
            await connection.close()

    async def _connection(self, password: str) -> "AsyncConnection":
        given = {"password": password} if password else {}
        return await self._driver.AsyncConnection.connect(
            self._spec.url, autocommit=True, application_name="prunella", **given
        )

    async def _answered(self, connection: "AsyncConnection", until: float) -> Answer:
        """By `until` at the latest, even where the server does not react any more."""
        left_s = max(0.0, until - asyncio.get_running_loop().time())
        asking = asyncio.ensure_future(self._ask(connection, left_s))
        try:
            await asyncio.wait({asking}, timeout=left_s)
        finally:
            is_late = not asking.done()
            if is_late:
                _hang_up(connection)
                await asyncio.wait({asking}, timeout=_HANG_UP_S)
        return silent(self._spec.timeout_s) if is_late else asking.result()

    async def _ask(self, connection: "AsyncConnection", left_s: float) -> Answer:
        query_ms = max(1, int(1000 * left_s * _SERVER_SHARE))
        limits = f"SET LOCAL statement_timeout = {query_ms}; SET LOCAL lock_timeout = {int(query_ms * LOCKS_SHARE) + 1}"
        try:
            await connection.execute(f"BEGIN READ ONLY; {limits}".encode())
            value = _first(await connection.execute(self._spec.query.encode()))
            await connection.execute(b"ROLLBACK")
        except self._driver.Error as error:
            return _refused(error)
        return judged(self._spec, value)


def _hang_up(connection: "AsyncConnection") -> None:
    """Whoever waits for the other end sees it close. Cancelling would wait until the server agrees."""
    with socket.socket(fileno=os.dup(connection.fileno())) as ours:
        ours.shutdown(socket.SHUT_RDWR)


def _first(cursor: "AsyncCursor") -> Value | None:
    """As the server writes it: `t`, `1.50`, `2031-01-01`."""
    result = cursor.pgresult
    if result is None or not result.ntuples or not result.nfields:
        return None
    raw = result.get_value(0, 0)
    return Value(None if raw is None else raw.decode(errors="replace"))


def _unopened(error: "Error") -> Answer:
    """Of several addresses, what the one says that answered."""
    lines = [line.strip().removeprefix("connection failed: ") for line in str(error).splitlines() if line.strip()]
    said = next((line for line in lines if "FATAL" in line), lines[0] if lines else type(error).__name__)
    reach = Reach.NOBODY if "FATAL" not in said and _NOBODY.search(said) else Reach.WRONG
    return Answer(reach, said, "\n".join(line for line in lines if line != said))


def _refused(error: "Error") -> Answer:
    told = error.diag
    if told.sqlstate is None:
        return Answer(Reach.WRONG, " ".join(str(error).split()) or type(error).__name__)
    reach = Reach.SILENT if told.sqlstate in (_CANCELLED, _LOCKED) else Reach.WRONG
    more = (told.message_detail, told.message_hint, told.context)
    detail = f"{told.severity or 'ERROR'} {told.sqlstate}: {' '.join((told.message_primary or '').split())}"
    return Answer(reach, detail, "\n".join(each for each in more if each))
