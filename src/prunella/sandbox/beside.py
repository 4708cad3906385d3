"""Calls that block, beside the event loop: a daemon that does not answer holds up neither the loop nor our end."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def beside(call: Callable[[], T], timeout_s: float) -> T:
    """The result of `call` in a thread of its own. Raises TimeoutError after `timeout_s`, and what `call` raises;
    the thread of a call that was given up runs on, and nobody waits for it.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def tell(settle: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(lambda: None if future.done() else settle())

    def work() -> None:
        try:
            result = call()
        except Exception as error:  # noqa: BLE001 - raised again where the call is awaited
            failed = error
            tell(lambda: future.set_exception(failed))
        else:
            tell(lambda: future.set_result(result))

    threading.Thread(target=work, name="prunella-sandbox", daemon=True).start()
    async with asyncio.timeout(timeout_s):
        return await future
