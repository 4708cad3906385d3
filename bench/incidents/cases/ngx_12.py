"""The fleet's own list of hosts sends the name of fraud elsewhere."""

from bench.incidents.cases.means import ENV, HOSTS, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    yard.edit(HOSTS, "127.0.0.1 fraud\n", "127.0.0.11 fraud\n")


async def reference(yard: Yard) -> None:
    yard.edit(HOSTS, "127.0.0.11 fraud\n", "127.0.0.1 fraud\n")


async def oracle(yard: Yard) -> list[str]:
    return [] if "//fraud:" in yard.read(ENV) else ["payments no longer uses the name of fraud"]


INCIDENT = Incident(
    id="NGX-12",
    family="names",
    title="a name leads to an address where nobody answers",
    services=("payments",),
    inject=inject,
    reference=reference,
    cause=(("hosts", "fraud"),),
    allowed=Change(files=(HOSTS,)),
    oracle=oracle,
    approves=editing(HOSTS),
)
