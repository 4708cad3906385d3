"""The clock on the wall."""

import asyncio
import time

from prunella.protocols import Clock


class SystemClock(Clock):
    """The operating system's time; `sleep` can be cancelled."""

    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
