"""SIGINT, SIGTERM and SIGHUP, while the world is being touched."""

import asyncio
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def heard(call: Callable[[], object]) -> Generator[None]:
    """In the block a signal calls `call` and does nothing else. After it none does anything: all that is left is to
    say how it ended. What the caller had ignored (`nohup`) stays so.
    """
    loop = asyncio.get_running_loop()
    numbers = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    for number in numbers:
        loop.add_signal_handler(number, call)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)
