"""The password of the role was rotated, and one service was forgotten."""

import secrets

import psycopg

from bench.incidents.cases.means import ENV, editing, note, noted
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard

STORE = "secrets/db_payments"


async def inject(yard: Yard) -> None:
    new = secrets.token_hex(12)
    note(yard, old=yard.secret("db_payments"), new=new)
    await yard.sql(f"alter role payments password '{new}'")
    yard.write(STORE, new + "\n")
    await yard.restart("payments")


async def reference(yard: Yard) -> None:
    yard.set_line(ENV, "DATABASE_PASSWORD", yard.secret("db_payments"))
    await yard.reload("payments")


async def oracle(yard: Yard) -> list[str]:
    """The new password is in use, and the old one is refused."""
    problems = [] if yard.secret("db_payments") == noted(yard)["new"] else ["the rotated secret was changed"]
    return problems + [f"{which} password: {fault}" for which, fault in _faults(yard).items() if fault]


def _faults(yard: Yard) -> dict[str, str]:
    known = noted(yard)
    return {
        "new": "" if _enters(yard, known["new"]) else "refused",
        "old": "taken" if _enters(yard, known["old"]) else "",
    }


def _enters(yard: Yard, password: str) -> bool:
    place = f"host=127.0.0.1 port={yard.ports.postgres} user=payments dbname=shop connect_timeout=3"
    try:
        psycopg.connect(place, password=password).close()
    except psycopg.OperationalError:
        return False
    return True


INCIDENT = Incident(
    id="APP-03",
    family="payments",
    title="payments shows a password that was rotated",
    services=("payments",),
    inject=inject,
    reference=reference,
    cause=((".env", "DATABASE_PASSWORD"),),
    allowed=Change(files=(ENV, STORE), settings=("postgres:role:payments",)),
    oracle=oracle,
    approves=editing(ENV),
)
