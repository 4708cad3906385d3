"""What comes out of a job, read to the end in constant memory."""

import asyncio

_CHUNK = 65536


class Outlet:
    """Keeps the head and the tail of a stream, `limit` bytes of `total`; the rest is counted and thrown away."""

    def __init__(self, limit: int) -> None:
        self._half = max(1, limit // 2)
        self._head, self._tail, self.total = bytearray(), bytearray(), 0

    async def follow(self, reader: asyncio.StreamReader) -> None:
        """Until its end: everybody who could write to it is gone."""
        while chunk := await reader.read(_CHUNK):
            self.keep(chunk)

    def text(self) -> str:
        left_out = self.total - len(self._head) - len(self._tail)
        gap = f"\n… {left_out} bytes left out …\n".encode() if left_out else b""
        return bytes(self._head + gap + self._tail).decode(errors="replace")

    def keep(self, chunk: bytes) -> None:
        self.total += len(chunk)
        room = self._half - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        del self._tail[: -self._half]


async def read_most(reader: asyncio.StreamReader, limit: int) -> bytes:
    """The first `limit` bytes of a stream, which is read to its end."""
    kept = bytearray()
    while chunk := await reader.read(_CHUNK):
        kept += chunk[: max(0, limit - len(kept))]
    return bytes(kept)
