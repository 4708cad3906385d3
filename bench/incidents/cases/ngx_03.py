"""The certificate of the edge has expired; the renewed pair lies in `certs/next`."""

import shutil

from bench.incidents.cases.means import SITE, editing, note, noted
from bench.incidents.fleet.certificates import Authority, Pair
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard

CERTIFICATE, KEY = "edge/certs/edge.crt", "edge/certs/edge.key"


async def inject(yard: Yard) -> None:
    note(yard, site=yard.read(SITE))
    pair = _authority(yard).issue(-1)
    yard.write(CERTIFICATE, pair.certificate)
    yard.write(KEY, pair.key)
    await yard.reload("edge")


async def reference(yard: Yard) -> None:
    for name in ("edge.crt", "edge.key"):
        shutil.copyfile(yard.path(f"edge/certs/next/{name}"), yard.path(f"edge/certs/{name}"))
    await yard.reload("edge")


def _authority(yard: Yard) -> Authority:
    certificate, key = ((yard.outside / f"authority.{end}").read_text(encoding="utf-8") for end in ("crt", "key"))
    return Authority(Pair(certificate, key))


async def oracle(yard: Yard) -> list[str]:
    """Nothing but where the pair lies may differ in the site; the journey has verified it."""
    same = _other_lines(yard.read(SITE)) == _other_lines(noted(yard)["site"])
    return [] if same else [f"{SITE}: more than the certificate was changed"]


def _other_lines(site: str) -> list[str]:
    return [line for line in site.splitlines() if "ssl_certificate" not in line]


INCIDENT = Incident(
    id="NGX-03",
    family="nginx",
    title="the certificate of the edge has expired",
    services=("edge",),
    inject=inject,
    reference=reference,
    cause=(("edge.crt",), ("ssl_certificate",), ("certificate", "expired")),
    allowed=Change(files=(CERTIFICATE, KEY, SITE)),
    oracle=oracle,
    approves=editing(CERTIFICATE, KEY, SITE),
)
