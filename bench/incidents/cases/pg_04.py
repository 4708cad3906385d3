"""The line that lets payments in is gone."""

from bench.incidents.cases.means import HBA, approving
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard

_LINE = "host    shop      payments   127.0.0.1/32   scram-sha-256\n"
_AFTER = "host    shop      ledger     127.0.0.1/32   scram-sha-256\n"


async def inject(yard: Yard) -> None:
    yard.edit(HBA, _LINE, "")
    await yard.reload("postgres")
    await yard.restart("payments")


async def reference(yard: Yard) -> None:
    yard.edit(HBA, _AFTER, _LINE + _AFTER)
    await yard.reload("postgres")


async def oracle(yard: Yard) -> list[str]:
    """The same rules as laid, in the same order, however they are spaced."""
    rules, laid = _rules(yard.read(HBA)), _rules(yard.pristine(HBA).decode())
    return [] if rules == laid else [f"{HBA}: {rules} are not the rules as laid"]


def _rules(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]


INCIDENT = Incident(
    id="PG-04",
    family="postgres",
    title="PostgreSQL lets payments in no longer",
    services=("postgres",),
    inject=inject,
    reference=reference,
    cause=(("pg_hba.conf",),),
    allowed=Change(files=(HBA,)),
    oracle=oracle,
    approves=approving(r"hba.*payments.*127\.0\.0\.1/32.*scram-sha-256", r"config\.restore.*pg_hba"),
)
