"""The workers of the edge may open 32 files; with few customers nobody notices."""

from bench.incidents.cases.means import NGINX, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    yard.edit(NGINX, "worker_rlimit_nofile 4096;", "worker_rlimit_nofile 32;")
    await yard.reload("edge")
    await yard.journey(60, at_once=30)


async def reference(yard: Yard) -> None:
    yard.edit(NGINX, "worker_rlimit_nofile 32;", "worker_rlimit_nofile 4096;")
    await yard.reload("edge")


async def symptom(yard: Yard) -> list[str]:
    return (await yard.journey(60, at_once=30)).failures[:3]


INCIDENT = Incident(
    id="NGX-11",
    family="nginx",
    title="the edge runs out of files when many customers come",
    services=("edge",),
    inject=inject,
    reference=reference,
    cause=(("nginx.conf", "worker_rlimit_nofile"),),
    allowed=Change(files=(NGINX,)),
    symptom=symptom,
    load=True,
    approves=editing(NGINX),
)
