"""The http pack: ask a web service."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlsplit

import httpx
from pydantic import Field

from prunella.domain.service import Fleet, HttpProbe, TcpProbe
from prunella.errors import Rejected, Transient
from prunella.protocols import Tool
from prunella.tools.tool import tool

Url = Annotated[str, Field(description="an http or https address", pattern=r"^https?://")]
_TIMEOUT_S = 10.0
_MOST_CHARACTERS = 8_000


@dataclass(frozen=True)
class HttpPack:
    """A reader of the addresses on `hosts`, and a request that goes anywhere and cannot be taken back.

    Reading needs no leave, and an address can carry words out: so only hosts that the operator named are read.
    """

    hosts: frozenset[str]

    def tools(self) -> tuple[Tool, ...]:
        return (tool(name="http.get")(self.get), tool(risk="irreversible", name="http.request")(request))

    async def get(self, url: Url) -> str:
        """Fetch an address of a declared service with GET and tell status and body; 4xx and 5xx are answers too."""
        host = urlsplit(url).hostname or ""
        if host not in self.hosts:
            raise Rejected(f"No probe of the fleet names {host}. Use http.request, which asks a human.")
        return await _ask("GET", url, "")


def probed_hosts(fleet: Fleet) -> frozenset[str]:
    """The hosts that the fleet's probes name."""
    return frozenset(_hosts(fleet))


def _hosts(fleet: Fleet) -> Iterable[str]:
    for service in fleet.services.values():
        for probe in service.probes:
            if isinstance(probe, HttpProbe):
                yield urlsplit(probe.url).hostname or ""
            elif isinstance(probe, TcpProbe):
                yield probe.host


async def request(
    method: Annotated[Literal["GET", "POST", "PUT", "PATCH", "DELETE"], Field(description="the HTTP method")],
    url: Url,
    body: Annotated[str, Field(description="the JSON body, empty for none")] = "",
) -> str:
    """Send a request that may change something elsewhere, which nobody can take back."""
    return await _ask(method, url, body)


async def _ask(method: str, url: str, body: str) -> str:
    headers = {"content-type": "application/json"} if body else {}
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as client:
            answer = await client.request(method, url, content=body or None, headers=headers)
    except httpx.InvalidURL as error:
        raise Rejected(f"{url} is no address: {error}") from error
    except httpx.HTTPError as error:
        raise Transient(f"{method} {url} brought no answer: {type(error).__name__} {error}") from error
    return f"HTTP {answer.status_code}\n{answer.text[:_MOST_CHARACTERS]}"
