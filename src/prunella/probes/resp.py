"""The protocol of Redis (RESP 2), as much of it as a question takes."""

import asyncio
from dataclasses import dataclass

from prunella.probes.connection import Streams

_LONGEST_BYTES = 1024 * 1024
_MOST_WORDS = 1024


class Refused(Exception):
    """Redis answered a command with an error; the text is its own, code first."""


class Garbled(Exception):
    """What answers is not Redis."""


Reply = str | int | list["Reply"] | None


@dataclass(frozen=True)
class Talk:
    """Commands and their replies, one after the other."""

    streams: Streams

    async def ask(self, *words: str) -> Reply:
        """Raises Refused, Garbled, EOFError when the connection was closed, and OSError."""
        reader, writer = self.streams
        parts = [f"*{len(words)}\r\n".encode()]
        parts += [b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in words]
        writer.write(b"".join(parts))
        await writer.drain()
        return await _reply(reader)

    async def text(self, *words: str) -> str:
        """A reply that is no text counts as an empty one."""
        reply = await self.ask(*words)
        return reply if isinstance(reply, str) else ""


async def _reply(reader: asyncio.StreamReader) -> Reply:
    line = await _line(reader)
    kind, rest = line[:1], line[1:]
    match kind:
        case "+":
            return rest
        case "-":
            raise Refused(rest)
        case ":":
            return _number(rest, line)
        case "$":
            return await _bulk(reader, _number(rest, line))
        case "*":
            count = min(_number(rest, line), _MOST_WORDS)
            return None if count < 0 else [await _reply(reader) for _ in range(count)]
        case _:
            raise Garbled(f"{line[:60]!r} is no answer of Redis")


async def _bulk(reader: asyncio.StreamReader, size: int) -> str | None:
    if size < 0:
        return None
    if size > _LONGEST_BYTES:
        raise Garbled(f"an answer of {size} bytes")
    return (await reader.readexactly(size + 2))[:-2].decode(errors="replace")


async def _line(reader: asyncio.StreamReader) -> str:
    try:
        return (await reader.readuntil(b"\n")).decode(errors="replace").rstrip("\r\n")
    except asyncio.LimitOverrunError as error:
        raise Garbled("an endless line") from error


def _number(text: str, line: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise Garbled(f"{line[:60]!r} is no answer of Redis") from error
