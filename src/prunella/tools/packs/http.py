"""The http pack: ask a web service."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlsplit

import httpx
from pydantic import Field

from prunella.domain.service import Fleet
from prunella.errors import Rejected, Transient
from prunella.fleet.probed import asked_places
from prunella.protocols import Tool
from prunella.tools.tool import tool

Url = Annotated[str, Field(description="an http or https address", pattern=r"^https?://")]
Place = tuple[str, int]
"""A host and a port."""
_TIMEOUT_S = 10.0
_WEB = {"http", "https", "tcp", "tls"}  # what may answer to GET
_MOST_CHARACTERS = 8_000


@dataclass(frozen=True)
class HttpPack:
    """A reader of what is at `places`, and a request that goes anywhere and cannot be taken back.

    Reading needs no leave, and an address can carry words out: so only hosts and ports that the operator named are
    read.
    """

    places: frozenset[Place]

    def tools(self) -> tuple[Tool, ...]:
        return (tool(name="http.get")(self.get), tool(risk="irreversible", name="http.request")(request))

    async def get(self, url: Url) -> str:
        """Fetch an address of a declared service with GET and tell status and body; 4xx and 5xx are answers too."""
        place = _place_of(url)
        if place not in self.places:
            raise Rejected(f"No probe of the fleet names {place[0]}:{place[1]}. Use http.request, which asks a human.")
        return await _ask("GET", url, "")


def probed_places(fleet: Fleet) -> frozenset[Place]:
    """The hosts and ports that the fleet's probes name."""
    return frozenset(_places(fleet))


def _places(fleet: Fleet) -> Iterable[Place]:
    for service in fleet.services.values():
        for probe in service.probes:
            yield from ((place.host, place.port) for place in asked_places(probe) if place.scheme in _WEB)


def _place_of(url: str) -> Place:
    """Raises Rejected for a port that is none."""
    parts = urlsplit(url)
    try:
        return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Rejected(f"{url} is no address: {error}.") from error


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
