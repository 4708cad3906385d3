"""The open files through which things go into a job and come out of it."""

import asyncio
import os


class Ends:
    """What bwrap inherits is closed here by `release`, once it runs; the rest by `close`."""

    def __init__(self) -> None:
        self.inherited: list[int] = []
        self._own: list[int] = []
        self._transports: list[asyncio.ReadTransport] = []

    def holding(self, content: bytes) -> int:
        """A file in memory to read `content` from."""
        number = os.memfd_create("prunella")
        self.inherited.append(number)
        left = memoryview(content)
        while left:
            left = left[os.write(number, left) :]
        os.lseek(number, 0, os.SEEK_SET)
        return number

    def gate(self) -> tuple[int, int]:
        """A pipe from us to them: the end that bwrap reads, and ours."""
        theirs, ours = os.pipe()
        self.inherited.append(theirs)
        self.keep(ours)
        return theirs, ours

    async def way_out(self) -> tuple[asyncio.StreamReader, int]:
        """A pipe from them to us: our reader, and the end that bwrap writes to."""
        ours, theirs = os.pipe()
        self.inherited.append(theirs)
        reader = asyncio.StreamReader()
        pipe = os.fdopen(ours, "rb", buffering=0)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        self._transports.append(transport)
        return reader, theirs

    def keep(self, number: int) -> int:
        """An open file of ours, closed at the end."""
        self._own.append(number)
        return number

    def release(self) -> None:
        _close_all(self.inherited)

    def close(self) -> None:
        _close_all(self.inherited)
        _close_all(self._own)
        for transport in self._transports:
            transport.close()


def _close_all(numbers: list[int]) -> None:
    while numbers:
        os.close(numbers.pop())
