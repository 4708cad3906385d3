"""What the fleet is like before anything is done to it, and what of it answers now."""

import asyncio
import random
import string
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psycopg
import redis

from bench.incidents.picture import Picture, take_picture
from bench.incidents.processes import Process, of_yard
from bench.incidents.waiting import until
from bench.incidents.yard import Yard

PATHS = ("/", "/terms.html", "/catalog", "/auth/login?user=anna", "/auth/login", "/fraud/health", "/nowhere")
_SEEDED = """select 'payments', count(*)::text || md5(sum(hashtextextended(reference || amount || fee, 0))::text)
from payments where id <= 150000
union all select 'ledger', count(*)::text || md5(sum(hashtextextended(reference || amount || fee, 0))::text)
from ledger where id <= 5000
union all select 'accounts', count(*)::text || md5(sum(hashtextextended(owner || cents, 0))::text) from accounts"""
_SENTINELS = 50
_BASELINE_PAYMENTS = 12


@dataclass(frozen=True)
class Healthy:
    """`answers` by what was asked, `data` by table or key; `programs` by name their state."""

    picture: Picture
    answers: Mapping[str, str]
    data: Mapping[str, str]
    p95_ms: float


async def sow(yard: Yard) -> None:
    """Keys that nobody has to do with, and that must be there in the end."""
    for number in range(_SENTINELS):
        value = "".join(random.choices(string.ascii_letters, k=16))
        await yard.redis("SET", f"sentinel:{number}", value)


async def remember(yard: Yard) -> Healthy:
    """Of a fleet that is healthy. Raises psycopg.Error and redis.RedisError."""
    journey = await yard.journey(_BASELINE_PAYMENTS)
    answers, data, picture = await asyncio.gather(answers_of(yard), data_of(yard), take_picture(yard))
    return Healthy(picture, answers, data, journey.p95_ms)


async def answers_of(yard: Yard) -> Mapping[str, str]:
    """What each neighbour answers; never raises."""
    pages = await asyncio.gather(*(yard.get(path) for path in PATHS), yard.get("/health", tls=False))
    names = (*PATHS, "/health without TLS")
    found = {
        name: f"{status} {body if status == 200 else ''}"[:400]
        for name, (status, body) in zip(names, pages, strict=True)
    }
    found |= {f"program {name}": state for name, state in (await _states(yard)).items()}
    found["postgres"] = await _told(yard.sql("select 1"))
    found["redis"] = await _told(yard.redis("PING"))
    return found


async def _states(yard: Yard) -> Mapping[str, str]:
    with suppress(Exception):
        return await yard.status()
    return {"supervisord": "away"}


async def _told(asked: Awaitable[object]) -> str:
    try:
        return str(await asked)
    except (psycopg.Error, redis.RedisError, OSError) as error:
        return f"{type(error).__name__}"


async def data_of(yard: Yard) -> Mapping[str, str]:
    """Checksums of what was seeded, and the sentinels. Raises psycopg.Error and redis.RedisError."""
    rows = await yard.sql(_SEEDED)
    values = await yard.redis("MGET", *(f"sentinel:{number}" for number in range(_SENTINELS)))
    return {**dict(rows), **{f"key {number}": str(v) for number, v in enumerate(values)}}


async def in_ledger(yard: Yard, references: Sequence[str], timeout_s: float = 8.0) -> Sequence[str]:
    """Those payments that are not in the ledger when the time is over."""
    query = "select reference from ledger where reference = any(%s)"
    missing = set(references)

    async def all_there() -> bool:
        missing.difference_update(reference for (reference,) in await yard.sql(query, list(missing)))
        return not missing

    with suppress(TimeoutError):
        await until(all_there, timeout_s, what="jobs in the ledger")
    return sorted(missing)


def strays_of(yard: Yard) -> Sequence[str]:
    """Processes of the fleet that its supervisord does not stand above, and that the incident itself does not hold."""
    found = {process.pid: process for process in of_yard(yard.folder)}
    held = set(yard.held_pids())
    return [
        process.command
        for process in found.values()
        if "supervisord" not in process.command and not _has_parent(process.pid, found, held)
    ]


def _has_parent(pid: int, found: Mapping[int, Process], held: set[int]) -> bool:
    return pid in held or found[pid].parent in found or found[pid].parent in held
