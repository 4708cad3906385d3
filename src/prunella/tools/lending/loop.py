"""An event loop of its own, for callers who have none or must not wait in theirs."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def begin(work: Coroutine[Any, Any, T]) -> "Future[T]":
    """Starts `work` beside whoever calls; it may be waited for from any thread, and cancelled."""
    return asyncio.run_coroutine_threadsafe(work, _loop())


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="prunella-lending", daemon=True).start()
    return loop
