"""A sequence was set back, as a restore of one table leaves it."""

from bench.incidents.cases.means import approving
from bench.incidents.incident import Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    await yard.sql("select setval('payments_id_seq', 1)")


async def reference(yard: Yard) -> None:
    await yard.sql("select setval('payments_id_seq', (select max(id) from payments))")


INCIDENT = Incident(
    id="PG-12",
    family="postgres",
    title="new payments get numbers that are taken",
    services=("postgres",),
    inject=inject,
    reference=reference,
    cause=(("sequence",), ("payments_id_seq",), ("setval",)),
    approves=approving(
        r"setval.*payments_id_seq", r"payments_id_seq.*setval", r"alter sequence .*payments_id_seq restart"
    ),
)
