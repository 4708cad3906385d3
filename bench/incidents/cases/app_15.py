"""The clock that tokens are stamped by is a quarter of an hour ahead."""

from bench.incidents.cases.means import YAML, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    yard.edit(YAML, "offset: 0", "offset: 900")
    await yard.reload("payments")


async def reference(yard: Yard) -> None:
    yard.edit(YAML, "offset: 900", "offset: 0")
    await yard.reload("payments")


async def oracle(yard: Yard) -> list[str]:
    """Fraud still wants a token."""
    status, _ = await yard.get("/fraud/score?amount=100")
    return [] if status == 401 else [f"fraud scores for whoever has no token ({status})"]


INCIDENT = Incident(
    id="APP-15",
    family="payments",
    title="payments is ahead of time, and its tokens are refused",
    services=("payments",),
    inject=inject,
    reference=reference,
    cause=(("config.yaml", "offset"),),
    allowed=Change(files=(YAML,)),
    oracle=oracle,
    approves=editing(YAML),
)
