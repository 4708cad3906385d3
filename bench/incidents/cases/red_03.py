"""The password of Redis was rotated, and its clients were forgotten."""

import secrets

import redis

from bench.incidents.cases.means import ENV, REDIS, WORKER, editing, note, noted
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard

STORE = "secrets/redis"


async def inject(yard: Yard) -> None:
    old, new = yard.secret("redis"), secrets.token_hex(12)
    note(yard, old=old, new=new)
    yard.edit(REDIS, f"requirepass {old}", f"requirepass {new}")
    yard.write(STORE, new + "\n")
    await yard.restart("redis")
    await yard.restart("payments")
    await yard.restart("ledger-worker")


async def reference(yard: Yard) -> None:
    yard.set_line(ENV, "REDIS_PASSWORD", yard.secret("redis"))
    yard.edit(WORKER, noted(yard)["old"], yard.secret("redis"))
    await yard.reload("payments")
    await yard.restart("ledger-worker")


async def oracle(yard: Yard) -> list[str]:
    """The new password is asked for; neither the old one nor none will do."""
    known = noted(yard)
    tried = {"no": None, "the old": known["old"], "the new": known["new"]}
    taken = [name for name, password in tried.items() if _enters(yard, password)]
    return [] if taken == ["the new"] else [f"Redis takes {' and '.join(taken) or 'nothing'} as its password"]


def _enters(yard: Yard, password: str | None) -> bool:
    with redis.Redis(port=yard.ports.redis, password=password, socket_timeout=3) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


INCIDENT = Incident(
    id="RED-03",
    family="redis",
    title="Redis has a new password, and its clients the old one",
    services=(
        "payments",
        "ledger-worker",
    ),
    inject=inject,
    reference=reference,
    cause=(("REDIS_PASSWORD",), ("redis", "password"), ("noauth",), ("wrongpass",)),
    allowed=Change(files=(ENV, WORKER, REDIS, STORE), settings=("redis:requirepass",)),
    oracle=oracle,
    approves=editing(ENV, WORKER),
)
