"""A process that is to be ended, recorded so well that it can be started again as it was."""

import asyncio
import subprocess
import threading
from pathlib import Path

import psutil

from prunella.domain.frozen import Frozen
from prunella.errors import Irrecoverable, Rejected
from prunella.supervisors.processes import is_same


class Stray(Frozen):
    """Command, folder and environment of a running process.

    `started`, in epoch seconds, tells it from a later one of the same pid. The environment may hold secrets: it goes
    to the journal and nowhere else.
    """

    pid: int
    started: float
    argv: tuple[str, ...]
    cwd: Path
    env: dict[str, str]

    @classmethod
    def of(cls, pid: int) -> "Stray":
        """Raises Rejected when it is gone or belongs to somebody else."""
        try:
            process = psutil.Process(pid)
            with process.oneshot():
                return cls(
                    pid=pid,
                    started=process.create_time(),
                    argv=tuple(process.cmdline()),
                    cwd=Path(process.cwd()),
                    env=process.environ(),
                )
        except psutil.Error as error:
            raise Rejected(f"Process {pid} cannot be looked at, so it is left alone: {error}") from error


async def revive(stray: Stray) -> None:
    """Start it again unless it still runs. Raises Irrecoverable when it cannot be started."""
    if _still_runs(stray):
        return
    try:
        child = await asyncio.to_thread(_spawn, stray)
    except OSError as error:
        raise Irrecoverable(f"The stray process {' '.join(stray.argv)} cannot be started again: {error}") from error
    threading.Thread(target=child.wait, name="reap a stray", daemon=True).start()


def _still_runs(stray: Stray) -> bool:
    try:
        return is_same(psutil.Process(stray.pid), stray.started)
    except psutil.Error:
        return False


def _spawn(stray: Stray) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        stray.argv, cwd=stray.cwd, env=stray.env, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
