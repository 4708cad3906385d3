import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Listen = Callable[[Talk], Awaitable[int]]


def http(body: str = "fine", status: int = 200, head: str = "") -> bytes:
    raw = body.encode()
    return f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(raw)}\r\n{head}\r\n".encode() + raw


def answering(*parts: bytes, pause_s: float = 0.0) -> Talk:
    """Reads a request, writes the parts with a pause between, and hangs up."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return talk


async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accepts and says nothing for ever."""
    await asyncio.sleep(3600)


@pytest.fixture
async def listen() -> AsyncIterator[Listen]:
    """Starts a server on a free loopback port and returns the port; all end with the test."""
    async with AsyncExitStack() as servers:

        async def start(talk: Talk) -> int:
            server, tasks = await _serve(talk)
            servers.callback(_stop, server, tasks)
            return server.sockets[0].getsockname()[1]

        yield start
    await asyncio.sleep(0.01)


async def _serve(talk: Talk) -> tuple[asyncio.Server, set["asyncio.Task[None] | None"]]:
    tasks: set[asyncio.Task[None] | None] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        try:
            await talk(reader, writer)
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # the client hung up, or the test is over
        finally:
            writer.transport.abort()

    return await asyncio.start_server(accept, "127.0.0.1", 0), tasks


def _stop(server: asyncio.Server, tasks: set["asyncio.Task[None] | None"]) -> None:
    server.close()
    for task in tasks:
        if task:
            task.cancel()


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
