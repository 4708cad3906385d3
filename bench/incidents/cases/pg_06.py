"""A transaction that was left open holds an exclusive lock."""

from bench.incidents.cases.means import approving, note, noted
from bench.incidents.incident import Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    note(yard, started=await _started(yard))
    await yard.hold_sql("lock table payments in access exclusive mode", user="operator", app="psql")


async def reference(yard: Yard) -> None:
    await yard.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'psql'")


async def _started(yard: Yard) -> str:
    return str((await yard.sql("select pg_postmaster_start_time()"))[0][0])


async def oracle(yard: Yard) -> list[str]:
    """The server was not restarted: all other sessions live."""
    return [] if await _started(yard) == noted(yard)["started"] else ["PostgreSQL was restarted"]


INCIDENT = Incident(
    id="PG-06",
    family="postgres",
    title="somebody's open transaction blocks the table of payments",
    services=("postgres",),
    inject=inject,
    reference=reference,
    cause=(("lock",), ("block",)),
    oracle=oracle,
    approves=approving(r"terminat|cancel"),
)
