"""How a job ended: its exit code as Python tells it, and which limit is to blame."""

import signal
from collections.abc import Callable

from prunella.domain.sandbox import JobLimits
from prunella.sandbox.watch import said_cpu, said_memory, said_processes

_SIGNALLED = 128
_LAST_CHARS = 2000
_SIGNALS = frozenset(int(each) for each in signal.valid_signals())


def exit_code_of(status: int) -> int:
    """Minus the signal's number for what a shell or bwrap tells as 128 and it."""
    return _SIGNALLED - status if status - _SIGNALLED in _SIGNALS else status


def blamed(exit_code: int, stderr: str, limits: JobLimits) -> str:
    """The limit that made a job fail; "" for none, or when it did not fail. The kernel tells a job that it may have
    no more, and only the job's last words tell us.
    """
    if exit_code == 0:
        return ""
    if exit_code in _BY_SIGNAL:
        return _BY_SIGNAL[exit_code](limits)
    last = stderr[-_LAST_CHARS:]
    return next((said(limits) for words, said in _BY_WORDS if any(word in last for word in words)), "")


def _said_file(limits: JobLimits) -> str:
    return f"file size {limits.file_mb} MB"


def _said_room(limits: JobLimits) -> str:
    return f"room in the folder, for files of {limits.file_mb} MB"


_Said = Callable[[JobLimits], str]

_BY_SIGNAL: dict[int, _Said] = {-int(signal.SIGXCPU): said_cpu, -int(signal.SIGXFSZ): _said_file}
_BY_WORDS: tuple[tuple[tuple[str, ...], _Said], ...] = (
    (("MemoryError", "Cannot allocate memory", "bad_alloc", "out of memory"), said_memory),
    (("File too large", "File size limit exceeded"), _said_file),
    (("No space left on device",), _said_room),
    (("Resource temporarily unavailable", "can't start new thread", "Cannot fork"), said_processes),
)
