"""Bound to an address that nobody uses."""

from bench.incidents.cases.means import REDIS, approving, redis_setting
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    yard.edit(REDIS, "bind 127.0.0.1\n", "bind 127.0.0.2\n")
    await yard.restart("redis")


async def reference(yard: Yard) -> None:
    yard.edit(REDIS, "bind 127.0.0.2\n", "bind 127.0.0.1\n")
    await yard.restart("redis")


async def oracle(yard: Yard) -> list[str]:
    bind = await redis_setting(yard, "bind")
    return [] if bind == "127.0.0.1" else [f"Redis is bound to {bind}"]


INCIDENT = Incident(
    id="RED-05",
    family="redis",
    title="Redis listens at another address",
    services=("redis",),
    inject=inject,
    reference=reference,
    cause=(("redis.conf", "bind"),),
    allowed=Change(files=(REDIS,), listeners=("redis",)),
    oracle=oracle,
    approves=approving(r"bind.*127\.0\.0\.1", r"config\.restore.*redis\.conf"),
)
