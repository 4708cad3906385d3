"""Somebody renumbered the payments in the edge, by a list that was out of date."""

from bench.incidents.cases.means import SITE, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    for right, wrong in _ports(yard):
        yard.edit(SITE, f"server 127.0.0.1:{right} ", f"server 127.0.0.1:{wrong} ")
    await yard.reload("edge")


async def reference(yard: Yard) -> None:
    for right, wrong in _ports(yard):
        yard.edit(SITE, f"server 127.0.0.1:{wrong} ", f"server 127.0.0.1:{right} ")
    await yard.reload("edge")


def _ports(yard: Yard) -> tuple[tuple[int, int], ...]:
    return tuple(zip(yard.ports.payments, (yard.ports.spare, yard.ports.spare_b), strict=True))


INCIDENT = Incident(
    id="NGX-01",
    family="nginx",
    title="the edge looks for payments at ports where nobody listens",
    services=("edge",),
    inject=inject,
    reference=reference,
    cause=(("shop.conf", "server"), ("shop.conf", "upstream"), ("shop.conf", "proxy_pass")),
    allowed=Change(files=(SITE,)),
    approves=editing(SITE),
)
