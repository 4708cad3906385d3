"""Time that belongs to the test."""

import asyncio

from prunella.protocols import Clock


class FakeClock(Clock):
    """Stands still until somebody sleeps or advances it; sleeping takes no real time. `slept` lists every sleep."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Advances the time at once and lets other tasks run."""
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        self._now += max(seconds, 0.0)
