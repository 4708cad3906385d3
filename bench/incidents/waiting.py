"""Waiting until something is so."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(is_so: Callable[[], bool] | Callable[[], Awaitable[bool]], timeout_s: float, *, what: str) -> None:
    """Back as soon as it is. Raises TimeoutError."""
    end = time.monotonic() + timeout_s
    while True:
        found = is_so()
        if found if isinstance(found, bool) else await found:
            return
        if time.monotonic() > end:
            raise TimeoutError(f"No {what} within {timeout_s:.0f} s.")
        await asyncio.sleep(0.05)
