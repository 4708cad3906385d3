"""Opening a TCP connection, and what it means when that fails."""

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from prunella.domain.report import Reach
from prunella.probes.bounded import Answer

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"})


@asynccontextmanager
async def connection(
    host: str, port: int, *, tls: ssl.SSLContext | None = None, name: str | None = None
) -> AsyncGenerator[Streams, None]:
    """Both ends of a new connection, dropped at the end without ceremony. Raises OSError.

    With `tls` the other end has to show a certificate for `name` (None: for `host`).
    """
    reader, writer = await asyncio.open_connection(host, port, ssl=tls, server_hostname=name if tls else None)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def unreached(error: OSError, host: str, port: int) -> Answer:
    """What an error on the way to `host`:`port` says of who is there."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Answer(Reach.WRONG, f"the certificate of {host}:{port} is not accepted: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        return Answer(Reach.WRONG, _no_handshake(error, f"{host}:{port}"))
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return Answer(Reach.WRONG, f"{host}:{port} closed the connection without an answer")
    if isinstance(error, socket.gaierror):
        return Answer(Reach.NOBODY, f"no such host: {host}")
    if isinstance(error, ConnectionRefusedError) or f"[Errno {errno.ECONNREFUSED}]" in str(error):
        return Answer(Reach.NOBODY, f"connection refused at {host}:{port}")
    return Answer(Reach.NOBODY, f"cannot reach {host}:{port}: {error.strerror or error}")


def _no_handshake(error: ssl.SSLError, place: str) -> str:
    if error.reason in _NO_TLS:
        return f"no TLS at {place}: what answers there does not speak it ({error.reason})"
    return f"the TLS handshake with {place} failed: {error.reason or error}"
