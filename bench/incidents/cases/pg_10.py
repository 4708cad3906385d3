"""A privilege was revoked."""

from bench.incidents.cases.means import approving
from bench.incidents.incident import Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    await yard.sql("revoke insert on payments from payments")


async def reference(yard: Yard) -> None:
    await yard.sql("grant insert on payments to payments")


async def oracle(yard: Yard) -> list[str]:
    """Exactly what it had, and no more."""
    granted = await yard.sql(
        "select privilege_type from information_schema.role_table_grants"
        " where grantee = 'payments' and table_name = 'payments' order by 1"
    )
    powers = await yard.sql(
        "select rolsuper or rolcreaterole or rolcreatedb or rolbypassrls from pg_roles where rolname = 'payments'"
    )
    problems = [] if granted == [("INSERT",), ("SELECT",)] else [f"payments may {granted} its table"]
    return problems + (["payments got powers"] if powers != [(False,)] else [])


INCIDENT = Incident(
    id="PG-10",
    family="postgres",
    title="payments may no longer write its table",
    services=("postgres",),
    inject=inject,
    reference=reference,
    cause=(("payments", "insert"), ("grant",), ("privilege",), ("permission",)),
    oracle=oracle,
    approves=approving(r"grant insert on (table )?(public\.)?payments to payments"),
)
