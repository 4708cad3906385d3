"""The http pack: ask a web service."""

from typing import Annotated, Literal

import httpx
from pydantic import Field

from prunella.errors import Rejected, Transient
from prunella.protocols import Tool
from prunella.tools.tool import tool

Url = Annotated[str, Field(description="an http or https address", pattern=r"^https?://")]
_TIMEOUT_S = 10.0
_MOST_CHARACTERS = 8_000


def http_tools() -> tuple[Tool, ...]:
    """A reader, and a request that cannot be taken back."""
    return (tool(name="http.get")(get), tool(risk="irreversible", name="http.request")(request))


async def get(url: Url) -> str:
    """Fetch a web address with GET and tell status and body; a 4xx or 5xx is an answer like any other."""
    return await _ask("GET", url, "")


async def request(
    method: Annotated[Literal["POST", "PUT", "PATCH", "DELETE"], Field(description="the HTTP method")],
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
