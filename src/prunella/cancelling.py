"""Work that must not be cut in two."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")


async def to_the_end(work: Awaitable[T]) -> T:
    """The result of `work`, which a cancellation does not reach: one that comes meanwhile, or more of them, is raised
    when it is over. For what has a timeout of its own.
    """
    task = asyncio.ensure_future(work)
    cancelled = await at_rest(task)
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # seen, or asyncio would complain; the cancellation is what counts
    raise cancelled


async def at_rest(task: "asyncio.Future[Any]") -> asyncio.CancelledError | None:
    """The newest cancellation of the caller that came before `task` was done, None for none.

    The caller has to raise it, or is being cancelled already.
    """
    cancelled = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    return cancelled
