"""Redis, reached for a moment: one connection that ends with its block."""

import asyncio
import re
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from prunella.domain.service import ConnectSpec
from prunella.errors import Misuse
from prunella.servers.failures import Refused, Unreachable, without

CLIENT = "prunella"
_NOT_NOW = frozenset({"LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN"})
_STRIPPED = {
    "authentication required": "NOAUTH",
    "invalid username-password": "WRONGPASS",
    "max number of clients": "ERR",
    "command not allowed when used memory": "OOM",
    "dataset in memory": "LOADING",
    "read only replica": "READONLY",
    "no permissions": "NOPERM",
}
"""The server's words for errors whose code the driver takes off."""

Reply = bytes | int | None | Sequence["Reply"]


@dataclass(frozen=True)
class RedisSession:
    """One connection. Everything raises Refused or Unreachable with the server's own message."""

    connection: Any
    password: str | None

    async def ask(self, *words: str | bytes | int) -> Reply:
        """One command, and its reply as it came."""
        with _translated(self.password):
            await self.connection.send_command(*words)
            return cast("Reply", await self.connection.read_response(disable_decoding=True))

    async def text(self, *words: str | bytes | int) -> str:
        """A reply that is one text or number; "" for none."""
        return as_text(await self.ask(*words))

    async def info(self, *sections: str) -> dict[str, str]:
        """What `INFO` says, by name; later sections win."""
        found: dict[str, str] = {}
        for section in sections or ("everything",):
            lines = (line for line in (await self.text("INFO", section)).splitlines() if not line.startswith("#"))
            found |= {name: value for name, colon, value in (line.partition(":") for line in lines) if colon}
        return found

    async def config(self, pattern: str = "*") -> dict[str, str]:
        """The settings that it runs with, whose names match the glob."""
        reply = [as_text(each) for each in as_list(await self.ask("CONFIG", "GET", pattern))]
        return dict(zip(reply[::2], reply[1::2], strict=True))


@asynccontextmanager
async def redis_session(
    connect: ConnectSpec, password: str | None, timeout_s: float
) -> AsyncGenerator[RedisSession]:  # fmt: skip
    """A connection for as long as the block lasts, which is `timeout_s` at most.

    Raises Unreachable, Refused, and Misuse without a driver.
    """
    limit = asyncio.timeout(timeout_s)
    try:
        async with limit:
            with _translated(password):
                connection = await _open(connect, password, timeout_s)
            try:
                yield RedisSession(connection, password)
            finally:
                await connection.disconnect(nowait=True)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise Unreachable(f"{connect.url} did not answer within {timeout_s:g} s.") from error


def as_text(reply: Reply) -> str:
    """What is no UTF-8 comes escaped; "" for nothing and for a list."""
    match reply:
        case bytes():
            return reply.decode("utf-8", "backslashreplace")
        case int():
            return str(reply)
        case _:
            return ""


def as_list(reply: Reply) -> list[Reply]:
    """The parts of a list, also of a map; none of anything else."""
    return list(reply) if isinstance(reply, Sequence) and not isinstance(reply, bytes) else []


async def _open(connect: ConnectSpec, password: str | None, timeout_s: float) -> Any:
    redis = _driver()
    try:
        options: dict[str, Any] = dict(redis.asyncio.connection.parse_url(connect.url))
    except ValueError as error:
        raise Misuse(f"{connect.url!r} is no address of a Redis: {error}.") from error
    kind = options.pop("connection_class", redis.asyncio.Connection)
    connection = kind(
        **{
            **options,
            **({"password": password} if password else {}),
            "socket_timeout": timeout_s,
            "socket_connect_timeout": timeout_s,
            "retry": redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 0),
            "client_name": CLIENT,
            "protocol": 2,
        }
    )
    try:
        await connection.connect()
    except BaseException:
        await connection.disconnect(nowait=True)
        raise
    return connection


def _driver() -> Any:
    try:
        for name in ("asyncio", "asyncio.connection", "asyncio.retry", "backoff"):
            import_module(f"redis.{name}")
    except ImportError as error:
        raise Misuse("Redis needs a driver that is not installed: pip install 'prunella[redis]'.") from error
    return import_module("redis")


@contextmanager
def _translated(password: str | None) -> Generator[None]:
    errors = _driver().exceptions
    try:
        yield
    except (errors.RedisError, OSError) as error:
        raise _failure(error, errors, password) from None  # the driver's own error may hold the password


def _failure(error: Any, errors: Any, password: str | None) -> Refused | Unreachable:
    state, said = _state(error), str(error).strip() or type(error).__name__
    message = without(said if not state or said.startswith(state) else f"{state} {said}", password)
    is_silent = isinstance(error, OSError | errors.TimeoutError) or (
        isinstance(error, errors.ConnectionError) and not state
    )
    is_full = "max number of clients" in said
    return Unreachable(message, state) if is_silent or is_full or state in _NOT_NOW else Refused(message, state)


def _state(error: Any) -> str:
    """The server's own word for it; the driver strips it from what it knows, and older ones keep it nowhere."""
    code = getattr(error, "status_code", None) or next(iter(re.findall(r"^[A-Z]{3,}(?=[ :])", str(error))), "")
    return code or next((known for words, known in _STRIPPED.items() if words in str(error).lower()), "")
