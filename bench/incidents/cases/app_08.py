"""A feature flag that leads into a bug for some amounts only."""

from bench.incidents.cases.means import YAML, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    yard.edit(YAML, "instalments: false", "instalments: true")
    await yard.reload("payments")


async def reference(yard: Yard) -> None:
    yard.edit(YAML, "instalments: true", "instalments: false")
    await yard.reload("payments")


async def symptom(yard: Yard) -> list[str]:
    return (await yard.journey(20)).failures[:3]


async def oracle(yard: Yard) -> list[str]:
    """Every slice of amounts is served."""
    paid = [yard.customer.pay_once(cents) for cents in (101, 500, 999, 1_000, 1_001, 1_500, 2_000, 50_000)]
    return [f"{each.amount}: {each.failure}" for each in paid if each.failure]


INCIDENT = Incident(
    id="APP-08",
    family="payments",
    title="a feature that was switched on fails for larger amounts",
    services=("payments",),
    inject=inject,
    reference=reference,
    cause=(("config.yaml", "instalments"),),
    allowed=Change(files=(YAML,)),
    symptom=symptom,
    oracle=oracle,
    approves=editing(YAML),
)
