"""A slip in the password that payments shows to the database."""

from bench.incidents.cases.means import ENV, HBA, differs, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    yard.set_line(ENV, "DATABASE_PASSWORD", yard.secret("db_payments")[:-2])
    await yard.reload("payments")


async def reference(yard: Yard) -> None:
    yard.set_line(ENV, "DATABASE_PASSWORD", yard.secret("db_payments"))
    await yard.reload("payments")


async def oracle(yard: Yard) -> list[str]:
    """The role still has its own password, and the server still asks for it."""
    await yard.sql("select 1", user="payments")
    return differs(yard, HBA)


INCIDENT = Incident(
    id="APP-02",
    family="payments",
    title="payments shows the database a wrong password",
    services=("payments",),
    inject=inject,
    reference=reference,
    cause=((".env", "DATABASE_PASSWORD"),),
    allowed=Change(files=(ENV,)),
    oracle=oracle,
    approves=editing(ENV),
)
