"""Somebody left out the currency."""

from bench.incidents.cases.means import YAML, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    yard.edit(YAML, "currency: EUR\n", "")
    await yard.restart("payments")


async def reference(yard: Yard) -> None:
    yard.write(YAML, yard.read(YAML).replace("fee_percent:", "currency: EUR\nfee_percent:", 1))
    await yard.restart("payments")


INCIDENT = Incident(
    id="APP-05",
    family="payments",
    title="payments misses a setting that it needs",
    services=("payments",),
    inject=inject,
    reference=reference,
    cause=(("config.yaml", "currency"),),
    allowed=Change(files=(YAML,)),
    approves=editing(YAML),
)
