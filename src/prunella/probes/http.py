"""Does a GET answer as expected? Follows no redirects, uses no proxy, reads little."""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote, urlsplit

import h11

from prunella.domain.report import Reach, Reading
from prunella.domain.service import HttpProbe
from prunella.probes.bounded import Answer, silent
from prunella.probes.connection import Streams, connection, unreached

_BODY_LIMIT_BYTES = 65536
_QUOTED_CHARACTERS = 500
_CHUNK_BYTES = 16384
_URL_CHARACTERS = "/?&=%:@!$'()*+,;~-._"


@dataclass(frozen=True)
class _Response:
    status: int
    body: str


class HttpLook:
    """Probe: one GET on a connection of its own."""

    def __init__(self, spec: HttpProbe) -> None:
        self._spec = spec

    async def look(self) -> Reading:
        answer = await self._see()
        return Reading(probe=self._spec.name, reach=answer.reach, detail=answer.detail, body=answer.body)

    async def _see(self) -> Answer:
        try:
            target = _Target.of(self._spec.url)
        except ValueError as error:
            return Answer(Reach.NOBODY, f"not an http address: {error}")
        try:
            async with asyncio.timeout(self._spec.timeout_s):
                return self._judged(await _get(target))
        except TimeoutError:
            return silent(self._spec.timeout_s)
        except (h11.ProtocolError, EOFError) as error:
            return Answer(Reach.WRONG, f"{target.host}:{target.port} gave no proper answer: {error}")
        except OSError as error:
            return unreached(error, target.host, target.port)

    def _judged(self, response: _Response) -> Answer:
        spec, quoted = self._spec, response.body[:_QUOTED_CHARACTERS]
        if response.status != spec.expect:
            return Answer(Reach.WRONG, f"HTTP {response.status}, expected {spec.expect}", quoted)
        if spec.contains not in response.body:
            return Answer(Reach.WRONG, f"HTTP {response.status} without {spec.contains!r} in its body", quoted)
        return Answer(Reach.RIGHT, f"HTTP {response.status}")


@dataclass(frozen=True)
class _Target:
    """An address, taken apart. `authority` is the Host header; `login` the value of Authorization, or ""."""

    tls: bool
    host: str
    port: int
    authority: str
    path: str
    login: str

    @classmethod
    def of(cls, url: str) -> "_Target":
        """Raises ValueError for what is no address."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("it needs http:// or https:// and a host")
        tls = parts.scheme == "https"
        path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_URL_CHARACTERS)
        authority = parts.netloc.rpartition("@")[2]
        return cls(tls, parts.hostname, parts.port or (443 if tls else 80), authority, path, _login(parts))


def _login(parts: SplitResult) -> str:
    if parts.username is None:
        return ""
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _request(target: _Target) -> h11.Request:
    headers = [
        ("Host", target.authority),
        ("User-Agent", "prunella"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]
    if target.login:
        headers.append(("Authorization", target.login))
    return h11.Request(method="GET", target=target.path, headers=headers)


async def _get(target: _Target) -> _Response:
    async with connection(target.host, target.port, tls=target.tls) as streams:
        protocol = h11.Connection(h11.CLIENT)
        streams[1].write(protocol.send(_request(target)) or b"")
        streams[1].write(protocol.send(h11.EndOfMessage()) or b"")
        await streams[1].drain()
        status, body = 0, bytearray()
        async for event in _events(protocol, streams):
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
            if len(body) >= _BODY_LIMIT_BYTES:
                break
        return _Response(status, bytes(body[:_BODY_LIMIT_BYTES]).decode(errors="replace"))


async def _events(protocol: h11.Connection, streams: Streams) -> AsyncIterator[h11.Event]:
    """The answer's events up to its end. Raises RemoteProtocolError for what is no HTTP, EOFError for nothing."""
    received = 0
    while True:
        event = protocol.next_event()
        if event is h11.NEED_DATA:
            data = await streams[0].read(_CHUNK_BYTES)
            received += len(data)
            if not received:
                raise EOFError("it closed the connection without an answer")
            protocol.receive_data(data)
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed) or event is h11.PAUSED:
            return
        elif isinstance(event, h11.Event):
            yield event
