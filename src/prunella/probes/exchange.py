"""One HTTP request and its answer, on a connection of its own. Follows no redirects, uses no proxy, reads little."""

import base64
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit

import h11

from prunella.domain.report import Reach
from prunella.errors import Rejected
from prunella.probes.bounded import Answer
from prunella.probes.connection import Streams, connection, unreached
from prunella.probes.trust import trusting

QUOTED_CHARACTERS = 500
_CHUNK_BYTES = 16384
_URL_CHARACTERS = "/?&=%:@!$'()*+,;~-._"


@dataclass(frozen=True)
class Response:
    """`body` is its beginning where it is long."""

    status: int
    body: str

    @property
    def quoted(self) -> str:
        return self.body[:QUOTED_CHARACTERS]


@dataclass(frozen=True)
class Target:
    """An address, taken apart. `authority` is the Host header; `login` the value of Authorization, or ""."""

    tls: bool
    host: str
    port: int
    authority: str
    path: str
    login: str

    @classmethod
    def of(cls, url: str) -> "Target":
        """Raises ValueError for what is no address."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("it needs http:// or https:// and a host")
        tls = parts.scheme == "https"
        path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_URL_CHARACTERS)
        authority = parts.netloc.rpartition("@")[2]
        return cls(tls, parts.hostname, parts.port or (443 if tls else 80), authority, path, _login(parts))


@dataclass(frozen=True)
class Request:
    """What is sent to `url`. `headers` stand in place of our own; `ca` vouches for https (None: the system).

    Of the answer's body no more than about `most_bytes` are read.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] | None = None
    body: bytes = b""
    ca: Path | None = None
    most_bytes: int = 65536


async def answer_to(request: Request) -> Response | Answer:
    """The response, or what its absence says. Raises TimeoutError when the time of the caller is over."""
    try:
        target = Target.of(request.url)
    except ValueError as error:
        return Answer(Reach.NOBODY, f"not an http address: {error}")
    try:
        return await _exchanged(target, request, trusting(request.ca) if target.tls else None)
    except Rejected as error:
        return Answer(Reach.NOBODY, str(error))
    except h11.LocalProtocolError as error:
        return Answer(Reach.NOBODY, f"this cannot be sent as HTTP: {error}")
    except (h11.ProtocolError, EOFError) as error:
        return Answer(Reach.WRONG, f"{target.host}:{target.port} gave no proper answer: {error}")
    except TimeoutError:
        raise
    except OSError as error:
        return unreached(error, target.host, target.port)


def _login(parts: SplitResult) -> str:
    if parts.username is None:
        return ""
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _head(target: Target, request: Request) -> h11.Request:
    headers = {
        "host": target.authority,
        "user-agent": "prunella",
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "close",
    }
    if target.login:
        headers["authorization"] = target.login
    if request.body:
        headers |= {"content-type": "application/json", "content-length": str(len(request.body))}
    headers |= {name.lower(): value for name, value in (request.headers or {}).items()}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    return h11.Request(method=request.method, target=target.path, headers=encoded)


async def _exchanged(target: Target, request: Request, tls: ssl.SSLContext | None) -> Response:
    protocol = h11.Connection(h11.CLIENT)
    sent = [h11.Data(data=request.body)] if request.body else []
    out = b"".join(protocol.send(event) or b"" for event in (_head(target, request), *sent, h11.EndOfMessage()))
    async with connection(target.host, target.port, tls=tls) as streams:
        streams[1].write(out)
        await streams[1].drain()
        status, body = 0, bytearray()
        async for event in _events(protocol, streams):
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
            if len(body) >= request.most_bytes:
                break
        return Response(status, bytes(body[: request.most_bytes]).decode(errors="replace"))


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
