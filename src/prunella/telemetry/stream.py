"""Events as something to iterate over while the run goes on."""

import asyncio
from collections import deque

from prunella.domain.frozen import JsonValue
from prunella.domain.run import Event, EventKind
from prunella.protocols import Sink


class EventStream(Sink):
    """An async iterator over the events of a run, for one reader in the loop that emits them.

    Keeps at most `limit` events for a slow reader; beyond that the oldest are left out, and a NOTE says how many
    (`data["left_out"]`). Ends when it is closed and everything was read.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._waiting: deque[Event] = deque(maxlen=limit)
        self._left_out = 0
        self._news = asyncio.Event()
        self._is_closed = False

    def emit(self, event: Event) -> None:
        self._left_out += len(self._waiting) == self._waiting.maxlen
        self._waiting.append(event)
        self._news.set()

    def close(self) -> None:
        """Idempotent; what was emitted before is still read."""
        self._is_closed = True
        self._news.set()

    def __aiter__(self) -> "EventStream":
        return self

    async def __anext__(self) -> Event:
        while not self._waiting and not self._is_closed:
            self._news.clear()
            await self._news.wait()
        if not self._waiting:
            raise StopAsyncIteration
        return self._gap() if self._left_out else self._waiting.popleft()

    def _gap(self) -> Event:
        count, self._left_out = self._left_out, 0
        text = f"{count} events were left out: the reader was too slow."
        following = self._waiting[0]
        data: dict[str, JsonValue] = {"left_out": count}
        return Event(run=following.run, at=following.at, kind=EventKind.NOTE, node="stream", text=text, data=data)
