"""A new location with a regular expression takes what belongs to payments."""

from bench.incidents.cases.means import SITE, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard

_BLOCK = """\
    location ~ ^/pay/[0-9a-f]+$ {
        proxy_pass http://catalog;
    }

"""
_BEFORE = "    location /pay {\n"
_PATHS = {
    "/": 200, "/index.html": 200, "/style.css": 200, "/terms.html": 200, "/catalog": 200, "/auth/login": 401,
    "/auth/login?user=ann": 200, "/fraud/health": 200, "/pay/none": 404, "/pay/0": 404, "/pay": 404, "/pay/abc": 404,
    "/missing": 404, "/missing.css": 404, "/auth": 301, "/auth/": 404, "/auth/x": 404, "/catalog/x": 404,
    "/fraud/score": 401, "/fraud/": 404, "/fraud/notify?id=1": 200, "/pay/0f": 404, "/pay/x/y": 404, "/www": 404,
    "/health": 404, "/index.htm": 404, "/terms": 404, "/certs/edge.key": 404, "/sites/shop.conf": 404, "/.env": 404,
}  # fmt: skip
"""Thirty paths of the TLS site, and how each answers when all is well."""


async def inject(yard: Yard) -> None:
    yard.edit(SITE, _BEFORE, _BLOCK + _BEFORE)
    await yard.reload("edge")


async def reference(yard: Yard) -> None:
    yard.edit(SITE, _BLOCK, "")
    await yard.reload("edge")


async def oracle(yard: Yard) -> list[str]:
    found = [(path, right, *(await yard.get(path))) for path, right in _PATHS.items()]
    return [f"GET {path} answers {status}, not {right}" for path, right, status, _ in found if status != right]


INCIDENT = Incident(
    id="NGX-08",
    family="nginx",
    title="a location takes what belongs to another",
    services=("edge",),
    inject=inject,
    reference=reference,
    cause=(("shop.conf", "location"),),
    allowed=Change(files=(SITE,)),
    oracle=oracle,
    approves=editing(SITE),
)
