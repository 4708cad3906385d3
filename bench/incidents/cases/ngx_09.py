"""A third instance of payments that never came up was given most of the work."""

from bench.incidents.cases.means import SITE, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    yard.edit(SITE, _first(yard), _dead(yard) + _first(yard))
    await yard.reload("edge")


async def reference(yard: Yard) -> None:
    yard.edit(SITE, _dead(yard), "")
    await yard.reload("edge")


async def symptom(yard: Yard) -> list[str]:
    return (await yard.journey(20)).failures[:3]


async def oracle(yard: Yard) -> list[str]:
    site = yard.read(SITE)
    return [f"the edge no longer uses {port}" for port in yard.ports.payments if f"127.0.0.1:{port}" not in site]


def _first(yard: Yard) -> str:
    return f"    server 127.0.0.1:{yard.ports.payments[0]} "


def _dead(yard: Yard) -> str:
    return f"    server 127.0.0.1:{yard.ports.spare} weight=9 max_fails=0;\n"


INCIDENT = Incident(
    id="NGX-09",
    family="nginx",
    title="most payments go to a server that is not there",
    services=("edge",),
    inject=inject,
    reference=reference,
    cause=(("shop.conf", "server"), ("shop.conf", "upstream"), ("shop.conf", "weight")),
    allowed=Change(files=(SITE,)),
    symptom=symptom,
    oracle=oracle,
    approves=editing(SITE),
)
