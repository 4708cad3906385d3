"""Both servers behind haproxy got a wrong port."""

from bench.incidents.cases.means import HAPROXY, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    for right, wrong in _ports(yard):
        yard.edit(HAPROXY, f"127.0.0.1:{right} ", f"127.0.0.1:{wrong} ")
    await yard.restart("haproxy")


async def reference(yard: Yard) -> None:
    for right, wrong in _ports(yard):
        yard.edit(HAPROXY, f"127.0.0.1:{wrong} ", f"127.0.0.1:{right} ")
    await yard.restart("haproxy")


async def oracle(yard: Yard) -> list[str]:
    checked = yard.read(HAPROXY).count(" check ")
    return [] if checked == 2 else [f"{checked} servers are checked, not 2"]


def _ports(yard: Yard) -> tuple[tuple[int, int], ...]:
    return tuple(zip(yard.ports.payments, (yard.ports.spare, yard.ports.spare_b), strict=True))


INCIDENT = Incident(
    id="HAP-01",
    family="haproxy",
    title="haproxy looks for payments at ports where nobody listens",
    services=("haproxy",),
    inject=inject,
    reference=reference,
    cause=(("haproxy.cfg", "server"), ("haproxy.cfg", "port")),
    allowed=Change(files=(HAPROXY,)),
    oracle=oracle,
    variant="haproxy",
    approves=editing(HAPROXY),
)
