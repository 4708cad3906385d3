"""A wrong port in the address of the database."""

from bench.incidents.cases.means import ENV, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    yard.edit(ENV, f":{yard.ports.postgres}/", f":{yard.ports.spare}/")
    await yard.reload("payments")


async def reference(yard: Yard) -> None:
    yard.edit(ENV, f":{yard.ports.spare}/", f":{yard.ports.postgres}/")
    await yard.reload("payments")


INCIDENT = Incident(
    id="APP-01",
    family="payments",
    title="payments looks for its database at a port where nobody listens",
    services=("payments",),
    inject=inject,
    reference=reference,
    cause=((".env", "DATABASE_URL"),),
    allowed=Change(files=(ENV,)),
    approves=editing(ENV),
)
