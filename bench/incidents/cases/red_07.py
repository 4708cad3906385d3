"""The queue's database evicts keys as if it were a cache."""

from bench.incidents.cases.means import REDIS, approving, redis_setting
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    yard.edit(REDIS, "maxmemory-policy noeviction", "maxmemory-policy allkeys-lru")
    await yard.restart("redis")


async def reference(yard: Yard) -> None:
    yard.edit(REDIS, "maxmemory-policy allkeys-lru", "maxmemory-policy noeviction")
    await yard.restart("redis")


async def evicting(yard: Yard) -> list[str]:
    policy = await redis_setting(yard, "maxmemory-policy")
    return [] if policy == "noeviction" else [f"maxmemory-policy is {policy}"]


INCIDENT = Incident(
    id="RED-07",
    family="redis",
    title="Redis throws jobs away when memory gets short",
    services=("redis",),
    inject=inject,
    reference=reference,
    cause=(("redis.conf", "maxmemory-policy"), ("evict",)),
    allowed=Change(files=(REDIS,), settings=("redis:maxmemory*",)),
    symptom=evicting,
    latent=True,
    oracle=evicting,
    approves=approving(r"maxmemory", r"config\.\w+.*redis\.conf"),
)
