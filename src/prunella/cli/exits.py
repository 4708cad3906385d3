"""What the process's exit code says; part of the interface."""

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prunella.domain.run import Verdict


class Exit(IntEnum):
    DONE = 0  # achieved, or nothing to do
    FAILED = 1  # an error of ours
    MISUSE = 2  # bad input; nothing was touched
    ESCALATED = 3  # a human is needed; everything is as it was found
    ROLLED_BACK = 4  # ended from outside; everything is as it was found
    FROZEN = 5  # an undo failed: look before anything else
    BUSY = 6  # another run holds the service
    UNVERIFIED = 7  # done, and nothing could prove it
    WAITING = 8  # a question waits for a human; `prunella approve` answers it and goes on
    PAUSED = 9  # all agents were told to stand still; nothing was touched
    INTERRUPTED = 130  # Ctrl-C; everything is as it was found


_OF_VERDICT = {
    "achieved": Exit.DONE,
    "nothing_to_do": Exit.DONE,
    "unverified": Exit.UNVERIFIED,
    "rolled_back": Exit.ROLLED_BACK,
    "escalated": Exit.ESCALATED,
    "frozen": Exit.FROZEN,
}


def exit_of(verdict: "Verdict") -> Exit:
    """The exit code of a run's verdict."""
    return _OF_VERDICT[verdict.value]
