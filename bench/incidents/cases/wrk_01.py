"""A poison message at the head of the queue."""

from bench.incidents.cases.means import approving, note, noted
from bench.incidents.healthy import in_ledger
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard

POISON = '{"id": "b1946ac92492d2347c6235b4d2611184", "amount": 1250, "fe'


async def inject(yard: Yard) -> None:
    await yard.redis("LPUSH", "jobs", POISON)
    journey = await yard.journey(5)
    note(yard, waiting=[each.reference for each in journey.payments])


async def reference(yard: Yard) -> None:
    raw = await yard.redis("LINDEX", "jobs:doing", 0)
    await yard.redis("RPUSH", "jobs:dead", raw)
    await yard.redis("LREM", "jobs:doing", 1, raw)


async def symptom(yard: Yard) -> list[str]:
    missing = await in_ledger(yard, noted(yard)["waiting"], 3.0)
    return [f"{len(missing)} payments are not in the ledger"] if missing else []


async def oracle(yard: Yard) -> list[str]:
    """What waited behind it is in the ledger, and the bad job is kept."""
    missing = await in_ledger(yard, noted(yard)["waiting"])
    lists = [await yard.redis("LRANGE", name, 0, -1) for name in ("jobs:dead", "jobs", "jobs:doing")]
    kept = any(POISON.encode() in each or POISON in each for each in lists)
    return [f"{each} is not in the ledger" for each in missing] + ([] if kept else ["the bad job was thrown away"])


INCIDENT = Incident(
    id="WRK-01",
    family="worker",
    title="one job that nobody can read holds up all others",
    services=("ledger-worker",),
    inject=inject,
    reference=reference,
    cause=(("jobs",), ("dead",), ("poison",)),
    allowed=Change(settings=("redis:key:jobs*",)),
    symptom=symptom,
    oracle=oracle,
    approves=approving(r"^redis\.\w+ .*jobs:(doing|dead)"),
)
