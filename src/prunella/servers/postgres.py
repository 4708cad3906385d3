"""PostgreSQL, reached for a moment: one connection that ends with its block, and only reads unless asked."""

import asyncio
import re
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from prunella.domain.service import ConnectSpec
from prunella.errors import Misuse
from prunella.servers.failures import Refused, Unreachable, without

if TYPE_CHECKING:
    import psycopg

APPLICATION = "prunella"
_LONGEST_LOCK_S = 5.0
_OF_TIMEOUT = 0.9
"""The server gives up a little earlier than we do, so that it is the server that says why."""
_BUSY = ("08", "40001", "40P01", "53", "55P03", "57P0")
_UNSAID = {
    r"password authentication failed|no password supplied": "28P01",
    r"no pg_hba\.conf entry|pg_hba\.conf rejects|authentication failed|role \".*\" (?:does not exist|is not)": "28000",
    r"database \".*\" does not exist": "3D000",
    r"remaining connection slots|too many (?:clients|connections)|sorry, too many": "53300",
    r"is (?:starting up|shutting down|not yet accepting|not accepting)|in recovery mode": "57P03",
}
"""libpq does not tell the SQLSTATE of a login that failed; these are the words that the server logs it with."""


@dataclass(frozen=True)
class PostgresSession:
    """One connection, each statement a transaction of its own. Parameters are `$1`, `$2`.

    Everything raises Refused or Unreachable with the server's own message.
    """

    connection: "psycopg.AsyncConnection[dict[str, Any]]"
    password: str | None

    async def rows(self, sql: str, *parameters: object) -> list[dict[str, Any]]:
        """One statement; () for one that answers nothing."""
        with _translated(self.password):
            cursor = await self.connection.execute(sql.encode(), parameters)
            return await cursor.fetchall() if cursor.description else []

    async def value(self, sql: str, *parameters: object) -> Any:
        """The first value of the first row, None for no row."""
        rows = await self.rows(sql, *parameters)
        return next(iter(rows[0].values())) if rows else None

    async def together(self, *statements: str) -> None:
        """All of them or none."""
        with _translated(self.password):
            async with self.connection.transaction():
                for each in statements:
                    await self.connection.execute(each.encode())


@asynccontextmanager
async def postgres_session(
    connect: ConnectSpec, password: str | None, timeout_s: float, *, writes: bool = False
) -> AsyncGenerator[PostgresSession]:
    """A connection for as long as the block lasts, which is `timeout_s` at most.

    Without `writes` the server itself refuses to write. Raises Unreachable, Refused, and Misuse without a driver.
    """
    limit = asyncio.timeout(timeout_s)
    try:
        async with limit:
            with _translated(password):
                connection = await _open(connect, password, timeout_s, "off" if writes else "on")
            try:
                yield PostgresSession(connection, password)
            finally:
                await connection.close()
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise Unreachable(f"{shown(connect)} did not answer within {timeout_s:g} s.") from error


def shown(connect: ConnectSpec) -> str:
    """The address as people may see it."""
    plain = re.sub(r"//([^/@:]*):[^/@]*@", r"//\1:[redacted]@", connect.url)
    return re.sub(r"(password=)[^&]*", r"\1[redacted]", plain)


def statement(name: str) -> str:
    """The text of one of our queries."""
    return files("prunella.servers").joinpath("queries", f"{name}.sql").read_text(encoding="utf-8")


async def _open(
    connect: ConnectSpec, password: str | None, timeout_s: float, read_only: str
) -> "psycopg.AsyncConnection[dict[str, Any]]":
    psycopg = _driver()
    secret = {"password": password} if password else {}
    connection = await psycopg.AsyncConnection.connect(
        connect.url, autocommit=True, cursor_factory=psycopg.AsyncRawCursor, row_factory=psycopg.rows.dict_row,
        connect_timeout=max(2, round(timeout_s)), application_name=APPLICATION, client_encoding="utf8", **secret,
    )  # fmt: skip
    try:
        names, values = zip(*_settings(timeout_s, read_only).items(), strict=True)
        await connection.execute(
            b"SELECT set_config(s.name, s.value, false) FROM unnest($1::text[], $2::text[]) AS s (name, value)",
            (list(names), list(values)),
        )
    except BaseException:
        await connection.close()
        raise
    return connection


def _settings(timeout_s: float, read_only: str) -> dict[str, str]:
    """Set once connected: poolers in between refuse them as options of the connection."""
    limit_ms = max(1, int(_OF_TIMEOUT * timeout_s * 1000))
    return {
        "statement_timeout": str(limit_ms),
        "lock_timeout": str(min(limit_ms, int(_LONGEST_LOCK_S * 1000))),
        "default_transaction_read_only": read_only,
        "search_path": "pg_catalog",
        "TimeZone": "UTC",
        "DateStyle": "ISO, YMD",
    }


def _driver() -> Any:
    try:
        psycopg: Any = import_module("psycopg")
        import_module("psycopg.rows")
    except ImportError as error:
        raise Misuse(
            "PostgreSQL needs a driver that is not installed: pip install 'prunella[postgres]'."
        ) from error  # fmt: skip
    return psycopg


@contextmanager
def _translated(password: str | None) -> Generator[None]:
    psycopg = _driver()
    try:
        yield
    except psycopg.Error as error:
        raise _failure(error, password) from None  # the driver's own error may hold the password


def _failure(error: Any, password: str | None) -> Refused | Unreachable:
    said = error.diag.message_primary or str(error).strip() or type(error).__name__
    if error.diag.message_detail:
        said += f" ({error.diag.message_detail.rstrip('.')})"
    state = error.sqlstate or next((known for words, known in _UNSAID.items() if re.search(words, said)), "")
    message = without(f"{said} [{state}]" if state else said, password)
    is_silent = not state and isinstance(error, _driver().OperationalError)
    return Unreachable(message, state) if is_silent or state.startswith(_BUSY) else Refused(message, state)
