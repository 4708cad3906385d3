"""Running the operator's commands: no shell, never longer than allowed, in constant memory."""

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Protocol

import psutil

from prunella.domain.supervisor import CommandResult

OURS_ALONE = frozenset({"PRUNELLA_KEY", "PRUNELLA_KEY_FILE"})
"""Variables that no child of ours needs: what seals the state folder."""
NOT_FOUND = 127
NOT_RUNNABLE = 126
_REAP_S = 5.0
_WATCHED = '{ read -r _ <&"$0"; kill -KILL 0; } >/dev/null 2>&1 & exec "$@"'
_FILE_LIMIT_BYTES = 16 * 1024 * 1024


async def run_command(
    command: tuple[str, ...],
    cwd: Path,
    timeout_s: float,
    *,
    env: Mapping[str, str] | None = None,
    limit_bytes: int = 65536,
    output: Path | None = None,
    stdin: IO[bytes] | None = None,
    bound: bool = False,
) -> CommandResult:
    """How `command` ended; a missing executable or folder is exit code 127, one that may not run 126.

    `env` is added to ours. At the timeout, and when cancelled, it is killed with all its descendants. Its output is
    read on and thrown away past `limit_bytes`, the head and the tail are kept. Nothing that it leaves in its
    process group outlives it, unless `output` is given: then its output is appended to that file, and what it
    started (a daemon) lives on and can go on writing there. It reads the file `stdin` from where that stands; None:
    there is nothing to read. `bound`: it is killed with its process group when we die, even by -9 at its first moment.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    try:
        capture = _open_capture(output, limit_bytes)
    except OSError as error:
        return CommandResult(command=command, exit_code=NOT_RUNNABLE, output=f"{output}: {error}", duration_s=0.0)
    try:
        exit_code = await _run(
            command, cwd, timeout_s, env, capture, stdin=stdin, spare=output is not None, bound=bound
        )
        text = await capture.text()
    except (OSError, ValueError) as error:
        exit_code, text = _not_started(command, cwd, error)
    finally:
        capture.close()
    return CommandResult(command=command, exit_code=exit_code, output=text, duration_s=loop.time() - begun)


def open_to_append(path: Path) -> IO[bytes]:
    """Opens `path`, made with its folders when missing, for nobody but us."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "ab")


class _Capture(Protocol):
    """Where a command's output goes, and what is kept of it.

    After the end, `drain_s` is how long the rest of it may take: somebody else may hold the pipe's other end.
    """

    drain_s: float

    @property
    def target(self) -> int | IO[bytes]: ...

    async def follow(self) -> None:
        """Keep up with the writer until cancelled or at its end."""
        ...

    async def text(self) -> str: ...

    def close(self) -> None: ...


def _open_capture(output: Path | None, limit_bytes: int) -> _Capture:
    return _PipeCapture(limit_bytes) if output is None else _FileCapture(output, limit_bytes)


def for_children(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment without what is ours alone."""
    return {name: value for name, value in environ.items() if name not in OURS_ALONE}


async def _run(
    command: tuple[str, ...],
    cwd: Path,
    timeout_s: float,
    env: Mapping[str, str] | None,
    capture: _Capture,
    *,
    stdin: IO[bytes] | None,
    spare: bool,
    bound: bool,
) -> int | None:
    """The exit code; None when the timeout ended it. `spare`: what it left running lives on."""
    process = await asyncio.create_subprocess_exec(
        *(_bound(command) if bound else command),
        cwd=cwd,
        env={**for_children(os.environ), **(env or {})},
        stdin=asyncio.subprocess.DEVNULL if stdin is None else stdin,
        stdout=capture.target,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        pass_fds=(_lifeline(),) if bound else (),
    )
    following = asyncio.create_task(capture.follow())
    ended = False
    try:
        async with asyncio.timeout(timeout_s):
            await process.wait()
        ended = True
    except TimeoutError:
        return None
    finally:
        if not (ended and spare):
            await _kill(process)
        await asyncio.wait({following}, timeout=capture.drain_s)
        following.cancel()
    return process.returncode


def _bound(command: tuple[str, ...]) -> tuple[str, ...]:
    return ("/bin/sh", "-c", _WATCHED, str(_lifeline()), *command)


@cache
def _lifeline() -> int:
    """An open file that ends when we do: nobody but us holds its other end, which is never closed."""
    read_end, _ = os.pipe()
    return read_end


async def _kill(process: asyncio.subprocess.Process) -> None:
    """End the command, its process group and every descendant at once."""
    family = _descendants(process.pid)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for member in family:
        with suppress(psutil.Error):
            member.kill()
    with suppress(TimeoutError):
        async with asyncio.timeout(_REAP_S):
            await process.wait()


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _not_started(command: tuple[str, ...], cwd: Path, error: OSError | ValueError) -> tuple[int, str]:
    if not cwd.is_dir():
        return NOT_FOUND, f"The folder {cwd} does not exist."
    if isinstance(error, FileNotFoundError):
        return NOT_FOUND, f"{command[0]}: command not found (looked in PATH and from {cwd})."
    return NOT_RUNNABLE, f"{command[0]}: cannot be run: {error}."


class _PipeCapture:
    """Keeps the head and the tail of what comes through a pipe."""

    drain_s = 0.2

    def __init__(self, limit_bytes: int) -> None:
        self._half = max(1, limit_bytes // 2)
        self._head, self._tail, self._total = bytearray(), bytearray(), 0
        self._read_end, self.target = os.pipe()

    async def follow(self) -> None:
        os.close(self.target)
        self.target = -1
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        pipe = os.fdopen(self._read_end, "rb", buffering=0)
        self._read_end = -1
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        try:
            while chunk := await reader.read(65536):
                self._keep(chunk)
        finally:
            transport.close()

    def _keep(self, chunk: bytes) -> None:
        self._total += len(chunk)
        room = self._half - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        del self._tail[: -self._half]

    async def text(self) -> str:
        thrown_away = self._total - len(self._head) - len(self._tail)
        return _joined(bytes(self._head), bytes(self._tail), thrown_away)

    def close(self) -> None:
        for end in (self._read_end, self.target):
            if end >= 0:
                os.close(end)


class _FileCapture:
    """Appends to a file, cut back to where it began when a flood would fill the disk."""

    drain_s = 0.0

    def __init__(self, path: Path, limit_bytes: int) -> None:
        self._half = max(1, limit_bytes // 2)
        self._path = path
        self.target = open_to_append(path)
        self._begin = self.target.tell()

    async def follow(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            if os.fstat(self.target.fileno()).st_size > self._begin + _FILE_LIMIT_BYTES:
                os.ftruncate(self.target.fileno(), self._begin)

    async def text(self) -> str:
        with self._path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(self._begin)
            head = file.read(self._half)
            tail_at = max(size - self._half, file.tell())
            thrown_away = tail_at - file.tell()
            file.seek(tail_at)
            return _joined(head, file.read(self._half), thrown_away)

    def close(self) -> None:
        self.target.close()


def _joined(head: bytes, tail: bytes, thrown_away: int) -> str:
    gap = f"\n… {thrown_away} bytes left out …\n".encode() if thrown_away > 0 else b""
    return (head + gap + tail).decode(errors="replace")
