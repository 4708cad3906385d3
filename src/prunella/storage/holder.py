"""Which process works on a run, told apart from a later one with the same number."""

import os

import psutil

_TICK_S = 0.02


def this_process() -> str:
    """`pid@start` of this process; the start counts in seconds since the machine's boot, so that setting the clock
    does not change it.
    """
    return f"{os.getpid()}@{_started(psutil.Process()):.2f}"


def is_alive(holder: str) -> bool:
    """Is that very process still there? A zombie is not; neither is nobody ("")."""
    pid, _, started = holder.partition("@")
    try:
        process = psutil.Process(int(pid))
        return process.status() != psutil.STATUS_ZOMBIE and abs(_started(process) - float(started)) < _TICK_S
    except (ValueError, psutil.NoSuchProcess):
        return False


def _started(process: psutil.Process) -> float:
    return process.create_time() - psutil.boot_time()
