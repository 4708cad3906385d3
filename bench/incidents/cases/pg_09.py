"""An index was dropped; every look-up reads the whole table."""

from bench.incidents.cases.means import approving
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard

_PLAN = "explain select amount from payments where reference = 'x'"


async def inject(yard: Yard) -> None:
    await yard.sql("drop index payments_reference_idx")


async def reference(yard: Yard) -> None:
    await yard.sql("create index concurrently payments_reference_idx on payments (reference)")


async def unindexed(yard: Yard) -> list[str]:
    plan = " ".join(line for (line,) in await yard.sql(_PLAN))
    return [] if "Index" in plan else [f"the look-up is planned as {plan}"]


INCIDENT = Incident(
    id="PG-09",
    family="postgres",
    title="the index that payments are looked up by is gone",
    services=("postgres",),
    inject=inject,
    reference=reference,
    cause=(("index",),),
    allowed=Change(settings=("postgres:index:*",)),
    symptom=unindexed,
    oracle=unindexed,
    load=True,
    approves=approving(r"create (unique )?index .*payments.*reference"),
)
