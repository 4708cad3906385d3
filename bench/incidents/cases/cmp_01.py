"""Two faults at once: neither repair alone turns a probe green."""

from bench.incidents.cases import app_02, ngx_01
from bench.incidents.cases.means import ENV, SITE, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    await ngx_01.inject(yard)
    await app_02.inject(yard)


async def reference(yard: Yard) -> None:
    await ngx_01.reference(yard)
    await app_02.reference(yard)


INCIDENT = Incident(
    id="CMP-01",
    family="compound",
    title="a wrong port at the edge and a wrong password behind it",
    services=("edge", "payments"),
    inject=inject,
    reference=reference,
    cause=(*ngx_01.INCIDENT.cause, *app_02.INCIDENT.cause),
    allowed=Change(files=(SITE, ENV)),
    oracle=app_02.oracle,
    approves=editing(SITE, ENV),
)
