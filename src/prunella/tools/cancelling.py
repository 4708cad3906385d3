"""Work that must not be cut in two."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def to_the_end(work: Awaitable[T]) -> T:
    """The result of `work`, which a cancellation does not reach: one that comes meanwhile, or more of them, is raised
    when it is over. For what has a timeout of its own.
    """
    task, cancelled = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # seen, or asyncio would complain; the cancellation is what counts
    raise cancelled
