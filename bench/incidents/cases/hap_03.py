"""One connection a server, and no patience in the queue."""

from bench.incidents.cases.means import HAPROXY, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    yard.edit(HAPROXY, " check maxconn 100", " check maxconn 1")
    yard.edit(HAPROXY, "timeout queue 5s", "timeout queue 50ms")
    await yard.restart("haproxy")


async def reference(yard: Yard) -> None:
    yard.edit(HAPROXY, " check maxconn 1", " check maxconn 100")
    yard.edit(HAPROXY, "timeout queue 50ms", "timeout queue 5s")
    await yard.restart("haproxy")


async def symptom(yard: Yard) -> list[str]:
    return (await yard.journey(60, at_once=30)).failures[:3]


INCIDENT = Incident(
    id="HAP-03",
    family="haproxy",
    title="haproxy lets one payment through at a time",
    services=("haproxy",),
    inject=inject,
    reference=reference,
    cause=(("haproxy.cfg", "maxconn"), ("haproxy.cfg", "timeout queue")),
    allowed=Change(files=(HAPROXY,)),
    symptom=symptom,
    variant="haproxy",
    load=True,
    approves=editing(HAPROXY),
)
