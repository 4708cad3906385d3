"""The first process of a job's world: when it ends, so do all others in there."""

import asyncio
import json
import os
import signal
from contextlib import suppress

from prunella.sandbox.ends import Ends
from prunella.sandbox.identity import map_ids

_GONE_S = 10.0


class FirstProcess:
    """Held by a file, not by its number: nobody else is ever meant."""

    def __init__(self, pid: int, ends: Ends) -> None:
        self._file = ends.keep(os.pidfd_open(pid))

    def kill(self) -> None:
        """And all others with it."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._file, signal.SIGKILL)

    async def gone(self) -> None:
        """Waits until it has ended, and all others; ten seconds at most, for one that the kernel holds back."""
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._file, over.set)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_GONE_S):
                    await over.wait()
        finally:
            loop.remove_reader(self._file)


async def let_in(told: asyncio.StreamReader, gate: int, ends: Ends) -> FirstProcess | None:
    """Take hold of the process that waits at the gate, make it somebody, and let it in. None when bwrap ended before
    there was one. Raises OSError when the kernel refuses.
    """
    words = await told.read()
    if not words:
        return None
    pid = int(json.loads(words)["child-pid"])
    first = FirstProcess(pid, ends)
    try:
        map_ids(pid)
    except OSError:
        first.kill()
        raise
    with suppress(BrokenPipeError):
        os.write(gate, b"1")
    return first
