"""Whose container it is, so that one whose owner died is known for what it is."""

import os
from contextlib import suppress
from pathlib import Path

import psutil

LABEL = "prunella.sandbox"
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_PIDS = "/proc/self/ns/pid"


def owner() -> str:
    """This process, as no other one ever is: the machine since it was started, the process namespace, the process."""
    return f"{_place()}/{os.getpid()}/{_started(os.getpid())}"


def is_orphan(owned_by: str) -> bool:
    """Whether its owner is dead for certain: of another machine or namespace nothing is known."""
    place, _, process = owned_by.partition("/")
    pid, _, started = process.partition("/")
    return place == _place() and pid.isdecimal() and started != _started(int(pid))


def _place() -> str:
    boot = _BOOT.read_text().strip() if _BOOT.exists() else ""
    namespace = ""
    with suppress(OSError):
        namespace = os.readlink(_PIDS)  # noqa: PTH115 - the text of the link
    return f"{boot}.{namespace}"


def _started(pid: int) -> str:
    """When it was; "" for a process that is not there."""
    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else str(int(process.create_time() * 100))
    except psutil.Error:
        return ""
