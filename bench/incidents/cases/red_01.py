"""The limit of memory lost its unit."""

from bench.incidents.cases.means import REDIS, approving, note, noted, value_in
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    right = value_in(yard, REDIS, "maxmemory")
    note(yard, right=right)
    yard.edit(REDIS, f"maxmemory {right}\n", f"maxmemory {right.removesuffix('mb')}\n")
    await yard.restart("redis")


async def reference(yard: Yard) -> None:
    right = noted(yard)["right"]
    yard.edit(REDIS, f"maxmemory {right.removesuffix('mb')}\n", f"maxmemory {right}\n")
    await yard.restart("redis")


INCIDENT = Incident(
    id="RED-01",
    family="redis",
    title="Redis takes no more writes",
    services=("redis",),
    inject=inject,
    reference=reference,
    cause=(("redis.conf", "maxmemory"),),
    allowed=Change(files=(REDIS,), settings=("redis:maxmemory",)),
    approves=approving(r"maxmemory", r"config\.\w+.*redis\.conf"),
)
