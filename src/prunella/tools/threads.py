"""Ordinary functions beside the event loop. A thread cannot be stopped, so nobody may forget one that still runs."""

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Threads:
    """Runs calls in threads of their own and knows which are not over.

    Each is a daemon: a call that hangs keeps neither the process from ending nor others from starting.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._started: set[threading.Thread] = set()

    async def run(self, call: Callable[[], T]) -> T:
        """The result of `call`, which sees our context variables. When cancelled, the thread still runs on."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        context = contextvars.copy_context()
        thread = threading.Thread(target=lambda: _work(context, call, future), name=self._name, daemon=True)
        self._started = {known for known in self._started if known.is_alive()} | {thread}
        thread.start()
        return await future

    async def join(self) -> None:
        """Returns when no call is on its way any more."""
        while any(thread.is_alive() for thread in self._started):  # noqa: ASYNC110 - see below
            await asyncio.sleep(0.01)  # threads may outlive the loop that an Event belongs to


def _work(context: contextvars.Context, call: Callable[[], T], future: asyncio.Future[T]) -> None:
    try:
        result = context.run(call)
    except BaseException as error:  # noqa: BLE001 - it is raised again where the call is awaited
        _settle(future, _fail, _carried(error))
    else:
        _settle(future, _answer, result)


def _settle(future: asyncio.Future[T], how: Callable[..., None], outcome: object) -> None:
    with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
        future.get_loop().call_soon_threadsafe(how, future, outcome)


def _answer(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[T], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


def _carried(error: BaseException) -> BaseException:
    """A future refuses StopIteration, and a SystemExit in it would end our process."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    carried = RuntimeError(f"{type(error).__name__}: {error}")
    carried.__cause__ = error
    return carried
