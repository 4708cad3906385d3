"""The key beside the certificate is that of the next pair; the running edge still has the right one."""

import shutil

from bench.incidents.cases.means import SITE, editing, nginx_check
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard

CERTIFICATE, KEY, NEXT = "edge/certs/edge.crt", "edge/certs/edge.key", "edge/certs/next/edge.key"


async def inject(yard: Yard) -> None:
    shutil.copyfile(yard.path(NEXT), yard.path(KEY))


async def reference(yard: Yard) -> None:
    yard.put_back(KEY)
    await yard.reload("edge")


INCIDENT = Incident(
    id="NGX-04",
    family="nginx",
    title="certificate and key on the disk are of two pairs",
    services=("edge",),
    inject=inject,
    reference=reference,
    cause=(("edge.key",), ("ssl_certificate_key",), ("key", "mismatch")),
    allowed=Change(files=(CERTIFICATE, KEY, SITE)),
    symptom=nginx_check,
    latent=True,
    oracle=nginx_check,
    approves=editing(CERTIFICATE, KEY, SITE),
)
