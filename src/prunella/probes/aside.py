"""Calls that may hang for ever, such as one on a file system whose server is gone."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Generic, TypeVar

_Result = TypeVar("_Result")


class Aside(Generic[_Result]):
    """One blocking call, on a thread of its own that keeps nobody from ending.

    A call that hangs is waited for again, and not started a second time.
    """

    def __init__(self, call: Callable[[], _Result]) -> None:
        self._call = call
        self._running: Future[_Result] | None = None

    async def result(self, timeout_s: float) -> _Result:
        """Raises what the call raises, and TimeoutError."""
        if self._running is None or self._running.done():
            self._running = _started(self._call)
        async with asyncio.timeout(timeout_s):
            return await asyncio.wrap_future(self._running)


def _started(call: Callable[[], _Result]) -> Future[_Result]:
    future: Future[_Result] = Future()
    future.set_running_or_notify_cancel()  # from here on, nobody who stops waiting can cancel it
    Thread(target=_run, args=(call, future), daemon=True).start()
    return future


def _run(call: Callable[[], _Result], future: Future[_Result]) -> None:
    try:
        future.set_result(call())
    except Exception as error:  # noqa: BLE001  it is raised where the result is awaited
        future.set_exception(error)
