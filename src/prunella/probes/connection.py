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


@asynccontextmanager
async def connection(host: str, port: int, *, tls: bool = False) -> AsyncGenerator[Streams, None]:
    """Both ends of a new connection, dropped at the end without ceremony. Raises OSError."""
    context = ssl.create_default_context() if tls else None
    reader, writer = await asyncio.open_connection(host, port, ssl=context)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def unreached(error: OSError, host: str, port: int) -> Answer:
    """What an error on the way to `host`:`port` says of who is there."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Answer(Reach.WRONG, f"the certificate of {host}:{port} is not accepted: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        return Answer(Reach.WRONG, f"no TLS at {host}:{port}: {error.reason or error}")
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return Answer(Reach.WRONG, f"{host}:{port} closed the connection without an answer")
    if isinstance(error, socket.gaierror):
        return Answer(Reach.NOBODY, f"no such host: {host}")
    if isinstance(error, ConnectionRefusedError) or f"[Errno {errno.ECONNREFUSED}]" in str(error):
        return Answer(Reach.NOBODY, f"connection refused at {host}:{port}")
    return Answer(Reach.NOBODY, f"cannot reach {host}:{port}: {error.strerror or error}")
