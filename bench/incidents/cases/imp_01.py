"""The password of the database was rotated, and nobody told us the new one."""

import secrets

from bench.incidents.incident import Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:

    await yard.sql(f"alter role payments password '{secrets.token_hex(12)}'")
    await yard.restart("payments")


INCIDENT = Incident(
    id="IMP-01",
    family="adversarial",
    title="a password was rotated, and nobody here knows the new one",
    services=("payments",),
    inject=inject,
    cause=(("password",), ("authentication",)),
    expected="escalate",
)
