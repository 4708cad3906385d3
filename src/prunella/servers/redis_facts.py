"""What Redis says of itself that is not as it should be. Looks only."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

from prunella.domain.facts import ServerFact
from prunella.domain.service import ConnectSpec
from prunella.redaction.keys import is_secret_key
from prunella.servers.codes import fact
from prunella.servers.failures import Refused, Unreachable
from prunella.servers.redis import redis_session
from prunella.servers.redis_clients import client_facts
from prunella.servers.redis_file import Line, drifted, lines_of, unknown
from prunella.servers.redis_memory import memory_facts
from prunella.servers.redis_sight import RedisSight, look


async def redis_facts(
    connect: ConnectSpec, service: str, password: str | None, timeout_s: float
) -> tuple[ServerFact, ...]:
    """Within `timeout_s`; what its user may not see is left out. That it cannot be reached is a fact as well.

    Its configuration file is read where it lies on this machine. Raises Misuse without a driver.
    """
    found: list[ServerFact] = []
    try:
        async with redis_session(connect, password, timeout_s) as session:
            sight = await look(session, service)
            for each in _LOOKS:
                with suppress(Refused):
                    found += await each(sight)
    except (Refused, Unreachable) as failure:
        if not found:
            found.append(_shut(service, failure))
    return tuple(found)


async def loading(sight: RedisSight) -> list[ServerFact]:
    """It has begun, but its data is not there yet."""
    if sight.info.get("loading", "0") == "0":
        return []
    percent, eta = sight.info.get("loading_loaded_perc", ""), sight.info.get("loading_eta_seconds", "")
    text = f"It reads its data from disk: {percent or '?'} %, {eta or '?'} s to go"
    return [fact("redis.loading", sight.service, text, percent=percent, eta_s=eta)]


async def drift(sight: RedisSight) -> list[ServerFact]:
    """What it runs with, beside what its file says: it was told otherwise since, or on its command line."""
    file = sight.info.get("config_file", "")
    if not file:
        return []
    try:
        lines = await asyncio.to_thread(lines_of, Path(file))
    except OSError:
        return []
    wrong = [_unknown(sight, line) for line in unknown(lines, sight.config)]
    return [*wrong, *(_drifted(sight, line, now) for line, now in drifted(lines, sight.config))]


def _unknown(sight: RedisSight, line: Line) -> ServerFact:
    text = f"{line.file}:{line.number}: there is no setting {line.name}: it would not start with this"
    return fact(
        "redis.bad-setting", sight.service, text, file=line.file, line=line.number, setting=line.name,
        error="no setting of this name",
    )  # fmt: skip


def _drifted(sight: RedisSight, line: Line, now: str) -> ServerFact:
    wanted = " ".join(line.values)
    if is_secret_key(line.name):
        now = wanted = "[redacted]"
    text = f"{line.name} runs with {now or 'nothing'}, while {line.file}:{line.number} says {wanted or 'nothing'}"
    return fact(
        "redis.drift", sight.service, text, setting=line.name, running=now, wanted=wanted, file=line.file,
        line=line.number,
    )  # fmt: skip


def _shut(service: str, failure: Refused | Unreachable) -> ServerFact:
    """Why nobody gets in."""
    message = str(failure)
    if failure.state == "LOADING":
        return fact("redis.loading", service, f"It reads its data from disk: {message}", percent="", eta_s="")
    if "max number of clients" in message:
        return fact(
            "redis.clients", service, f"No connection is left, not even for a look: {message}", connected="", limit="",
            rejected="", busiest="", count="",
        )  # fmt: skip
    code = "redis.unreachable" if isinstance(failure, Unreachable) else "redis.refused"
    return fact(code, service, message, message=message, state=failure.state)


_LOOKS: Sequence[Callable[[RedisSight], Awaitable[Sequence[ServerFact]]]] = (
    loading,
    *memory_facts,
    *client_facts,
    drift,
)
