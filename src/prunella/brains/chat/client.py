"""The HTTP client for OpenAI-compatible servers, which may be anybody's: it ends what does not end."""

from collections.abc import AsyncIterator
from typing import cast

import httpx

from prunella.errors import Rejected

MOST_BYTES = 32 * 1024 * 1024
"""Far above any answer: a stream wraps each few letters in two hundred bytes."""


def bounded_client(most_bytes: int = MOST_BYTES) -> httpx.AsyncClient:
    """A client that reads no more than `most_bytes` of one response, then raises Rejected.

    It keeps no connection: none can be stale after a pause of minutes, or belong to an event loop that is over.
    """

    async def bound(response: httpx.Response) -> None:
        response.stream = _Bounded(cast("httpx.AsyncByteStream", response.stream), most_bytes)

    return httpx.AsyncClient(
        event_hooks={"response": [bound]},
        limits=httpx.Limits(max_keepalive_connections=0),
        headers={"Accept-Encoding": "identity"},
        follow_redirects=True,
        timeout=httpx.Timeout(None, connect=10.0),
    )


class _Bounded(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, most_bytes: int) -> None:
        self._stream = stream
        self._left = most_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            self._left -= len(piece)
            if self._left < 0:
                raise Rejected("the reply was cut off: it was longer than any answer; be brief")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()
