"""A Prunella sandbox as the execution policy of LangChain's ShellToolMiddleware: the model's shell runs in there."""

import asyncio
import os
import shlex
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import IO, cast

from langchain.agents.middleware._execution import BaseExecutionPolicy  # it has no public place

from prunella.domain.sandbox import JobLimits
from prunella.errors import PrunellaError
from prunella.protocols import Sandbox
from prunella.tools.lending.loop import begin
from prunella.tools.lending.workspace import LIMITS, NOTES, Done, Workspace

_IDLE_S = 0.05  # after which what was typed is run
_CHUNK = 65536
_KILLED = -9

# What a shell remembers: variables, folder, last exit code; bash also its functions. A shell that was left (`exit`)
# does not reach the last line.
_BEFORE = f"""
set -a
[ ! -f {NOTES}/variables ] || . {NOTES}/variables 2>/dev/null
[ ! -f {NOTES}/functions ] || . {NOTES}/functions
[ ! -f {NOTES}/folder ] || cd "$(cat {NOTES}/folder)"
rm -f {NOTES}/goes-on
(exit $(cat {NOTES}/code 2>/dev/null || echo 0))
"""
_AFTER = f"""
echo $? > {NOTES}/code
export -p > {NOTES}/variables
pwd > {NOTES}/folder
[ -z "$BASH_VERSION" ] || declare -f > {NOTES}/functions
: > {NOTES}/goes-on
"""
_ENDED = 46
_END_OF_TYPED = "prunella-end-of-what-was-typed"


@dataclass
class SandboxExecutionPolicy(BaseExecutionPolicy):
    """For `ShellToolMiddleware(execution_policy=…)`. Files, folder, variables and (bash's) functions live on from one
    command to the next; processes do not. The host's workspace folder and environment are not there: the
    middleware's `env` is all that the shell gets. `command_timeout` is the wall time of each command.
    """

    _: KW_ONLY
    sandbox: Sandbox
    limits: JobLimits = LIMITS
    _workspaces: dict[Path, Workspace] = field(default_factory=dict[Path, Workspace], init=False, repr=False)

    def spawn(self, *, workspace: Path, env: Mapping[str, str], command: Sequence[str]) -> "subprocess.Popen[str]":
        """A shell that is none: it has all that the middleware uses of a process."""
        for gone in [path for path in self._workspaces if not path.exists()]:
            del self._workspaces[gone]
        limits = self.limits.model_copy(update={"wall_s": self.command_timeout})
        there = self._workspaces.setdefault(workspace, Workspace(self.sandbox, limits))
        shell = SandboxShell(there, tuple(command), dict(env))
        return cast("subprocess.Popen[str]", shell)


class SandboxShell:
    """What is typed into `stdin` is run as soon as no more of it comes; each time a job of its own.

    `pid` is our own: who would end the group of that process ends us, and the middleware therefore calls `kill`.
    """

    def __init__(self, workspace: Workspace, command: tuple[str, ...], environ: dict[str, str]) -> None:
        self.args, self.pid = command, os.getpid()
        self.returncode: int | None = None
        self._workspace, self._environ = workspace, environ
        self._over = threading.Event()
        typed, self.stdin = _pipe()
        heard, self._out = _pipe()
        also_heard, self._err = _pipe()
        self.stdout, self.stderr = Heard(heard), Heard(also_heard)
        self._working = begin(self._work(typed))
        self._working.add_done_callback(lambda _: self._end())

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        if not self._over.wait(timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return self.returncode or 0

    def kill(self) -> None:
        """With the job that runs."""
        self._working.cancel()

    terminate = kill

    async def _work(self, typed: IO[str]) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader, loop=loop), typed)
        try:
            while self.returncode is None and (lines := await _typed(reader)):
                await self._run(lines)
        finally:
            transport.close()

    async def _run(self, lines: str) -> None:
        shell = shlex.join(self.args)
        script = f"cat > \"$1/typed\" <<'{_END_OF_TYPED}'\n{_BEFORE}{lines}\n{_AFTER}{_END_OF_TYPED}\n"
        script += f'{shell} < "$1/typed"\n[ -f {NOTES}/goes-on ] || exit {_ENDED}'
        try:
            done = await self._workspace.run(script, environ=self._environ)
        except PrunellaError as error:
            await self._say("", f"{error}\n")
            self.returncode = 1
            return
        await self._say(done.result.stdout, done.result.stderr + _note(done))
        if done.result.exit_code == _ENDED:
            self.returncode = 0

    async def _say(self, out: str, err: str) -> None:
        """Whoever listens may be slow, and a pipe holds little."""
        for pipe, text in ((self._err, err), (self._out, out)):
            if text:
                await asyncio.to_thread(_write, pipe, text)

    def _end(self) -> None:
        self.returncode = _KILLED if self._working.cancelled() else self.returncode or 0
        for pipe in (self._out, self._err):
            pipe.close()
        self._over.set()


class Heard:
    """The reading end of a pipe, closed when all was read: the middleware forgets it then."""

    def __init__(self, pipe: IO[str]) -> None:
        self._pipe = pipe

    def readline(self) -> str:
        """The next line; "" at the end."""
        line = "" if self._pipe.closed else self._pipe.readline()
        if not line:
            self._pipe.close()
        return line

    def read(self) -> str:
        return "".join(iter(self.readline, ""))

    def close(self) -> None:
        self._pipe.close()


async def _typed(reader: asyncio.StreamReader) -> str:
    """All that comes until a pause; "" at the end."""
    lines = bytearray(await reader.read(_CHUNK))
    while lines:
        try:
            async with asyncio.timeout(_IDLE_S):
                more = await reader.read(_CHUNK)
        except TimeoutError:
            break
        if not more:
            break
        lines += more
    return lines.decode(errors="replace")


def _note(done: Done) -> str:
    notes = f"[Stopped by its limit: {done.result.stopped}.]\n" if done.result.stopped else ""
    return notes + ("" if done.kept else "[The folder is as it was before this command.]\n")


def _pipe() -> tuple[IO[str], IO[str]]:
    ours, theirs = os.pipe()
    reader = os.fdopen(ours, "r", encoding="utf-8", errors="replace", newline="\n")
    return reader, os.fdopen(theirs, "w", encoding="utf-8", errors="replace", newline="\n", buffering=1)


def _write(pipe: IO[str], text: str) -> None:
    try:
        pipe.write(text)
        pipe.flush()
    except (BrokenPipeError, ValueError):  # nobody listens any more
        return
