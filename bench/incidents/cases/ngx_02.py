"""A misspelt directive lies on the disk, and nobody has reloaded since."""

from bench.incidents.cases.means import NGINX, editing, nginx_check
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    yard.edit(NGINX, "proxy_read_timeout", "proxy_raed_timeout")


async def reference(yard: Yard) -> None:
    yard.edit(NGINX, "proxy_raed_timeout", "proxy_read_timeout")
    await yard.reload("edge")


INCIDENT = Incident(
    id="NGX-02",
    family="nginx",
    title="the edge runs on a configuration that it would not take again",
    services=("edge",),
    inject=inject,
    reference=reference,
    cause=(("nginx.conf", "proxy_read_timeout"), ("nginx.conf", "proxy_raed_timeout")),
    allowed=Change(files=(NGINX,)),
    symptom=nginx_check,
    latent=True,
    oracle=nginx_check,
    approves=editing(NGINX),
)
