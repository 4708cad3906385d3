"""A tab where YAML wants blanks."""

from bench.incidents.cases.means import YAML, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    yard.edit(YAML, "\n  pool: ", "\n\tpool: ")
    await yard.restart("payments")


async def reference(yard: Yard) -> None:
    yard.edit(YAML, "\n\tpool: ", "\n  pool: ")
    await yard.restart("payments")


async def oracle(yard: Yard) -> list[str]:
    lines, laid = yard.read(YAML).splitlines(), yard.pristine(YAML).decode().splitlines()
    return [f"{YAML} has {len(lines)} lines, not {len(laid)}"] if len(lines) != len(laid) else []


INCIDENT = Incident(
    id="APP-04",
    family="payments",
    title="payments cannot read its configuration",
    services=("payments",),
    inject=inject,
    reference=reference,
    cause=(("config.yaml",),),
    allowed=Change(files=(YAML,)),
    oracle=oracle,
    approves=editing(YAML),
)
