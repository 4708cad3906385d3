"""Few connections are allowed, and a report holds them without a use."""

from bench.incidents.cases.means import PG, approving
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard

_PLACES = 5


async def inject(yard: Yard) -> None:
    yard.edit(PG, "max_connections = 60", "max_connections = 8")
    await yard.stop("payments")
    await yard.restart("postgres")
    await _hog(yard)
    await yard.start("payments")


async def reference(yard: Yard) -> None:
    yard.edit(PG, "max_connections = 8", "max_connections = 60")
    await yard.restart("postgres")


async def _hog(yard: Yard) -> None:
    """All places that are left to those who are no superusers."""
    rows = await yard.sql("select count(*) from pg_stat_activity where usename in ('payments', 'ledger')")
    await yard.hold_sql(user="ledger", app="nightly-report", count=_PLACES - rows[0][0])


async def oracle(yard: Yard) -> list[str]:
    """The reserve of the superuser is what it was."""
    rows = await yard.sql("select setting from pg_settings where name = 'superuser_reserved_connections'")
    return [] if rows == [("3",)] else [f"superuser_reserved_connections is {rows}"]


INCIDENT = Incident(
    id="PG-03",
    family="postgres",
    title="a client that leaks connections has them all",
    services=("postgres",),
    inject=inject,
    reference=reference,
    cause=(("postgresql.conf", "max_connections"), ("nightly-report",), ("idle",)),
    allowed=Change(files=(PG,), settings=("postgres:max_connections",)),
    oracle=oracle,
    approves=approving(r"max_connections", r"config\.\w+.*postgresql\.conf", r"terminat.*nightly-report"),
)
