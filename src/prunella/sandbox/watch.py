"""The limits that the kernel holds for one process only, held for all processes of a job together."""

import asyncio
from collections.abc import Iterable

import psutil

from prunella.domain.sandbox import JobLimits

_EVERY_S = 0.2
_MEBIBYTE = 1024 * 1024


async def overrun(pid: int, limits: JobLimits) -> str:
    """Waits until the job under `pid` uses more than it may, and says of what. Cancel it when the job has ended."""
    while True:
        await asyncio.sleep(_EVERY_S)
        stopped = await asyncio.to_thread(_exceeded, pid, limits)
        if stopped:
            return stopped


def _exceeded(pid: int, limits: JobLimits) -> str:
    family = _descendants(pid)
    if sum(_cpu_s(member) for member in family) > limits.cpu_s + 1:
        return said_cpu(limits)
    if len(family) > limits.processes * 2:
        return said_processes(limits)
    most = limits.memory_mb * _MEBIBYTE
    if _sum_over(most, (_resident(each) for each in family)) and _sum_over(most, (_own_share(each) for each in family)):
        return said_memory(limits)
    return ""


def said_cpu(limits: JobLimits) -> str:
    return f"CPU time {limits.cpu_s:g} s"


def said_wall(limits: JobLimits) -> str:
    return f"wall time {limits.wall_s:g} s"


def said_memory(limits: JobLimits) -> str:
    return f"memory {limits.memory_mb} MB"


def said_processes(limits: JobLimits) -> str:
    return f"{limits.processes} processes"


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _cpu_s(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:4]))
    except psutil.Error:
        return 0.0


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def _own_share(process: psutil.Process) -> int:
    """Resident memory, what is shared divided by those who share it; where that is not told, all of it."""
    try:
        return int(process.memory_full_info().pss)
    except (psutil.Error, OSError):
        return _resident(process)


def _sum_over(most: int, parts: Iterable[int]) -> bool:
    total = 0
    for part in parts:
        total += part
        if total > most:
            return True
    return False
