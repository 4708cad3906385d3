"""One job behind the walls: started, watched, ended with all that it started, and told."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from prunella.domain.sandbox import Job, JobResult
from prunella.errors import Misuse, Rejected
from prunella.sandbox.ending import blamed, exit_code_of
from prunella.sandbox.ends import Ends
from prunella.sandbox.first import FirstProcess, let_in
from prunella.sandbox.identity import become, drops, gate_option, spare_processes
from prunella.sandbox.outlets import Outlet, read_most
from prunella.sandbox.parcel import pack, unpack
from prunella.sandbox.seccomp import seccomp_filter
from prunella.sandbox.walls import BEGUN, PASSWD, inner_command, room_mb, walls
from prunella.sandbox.watch import overrun, said_wall

_MEBIBYTE = 1024 * 1024
_START_S = 10.0
_REAP_S = 2.0


class SetupFailed(Misuse):
    """The walls could not be raised, so the job did not run; `said` is what bwrap says of it."""

    def __init__(self, said: str) -> None:
        super().__init__(f"bubblewrap could not isolate a job, so it was not run: {said}")
        self.said = said


async def confine(bwrap: Path, job: Job) -> JobResult:
    """Raises SetupFailed, and Rejected for a job that cannot be laid out. When cancelled, the job ends with all that
    it started.
    """
    begun = asyncio.get_running_loop().time()
    with closing(Ends()) as ends:
        confined = await _started(bwrap, job, ends)
        stopped = await confined.end()
        return confined.result(stopped, asyncio.get_running_loop().time() - begun)


async def _started(bwrap: Path, job: Job, ends: Ends) -> "Confined":
    """A start is not cut in two, or something could stay behind that nobody holds."""
    starting = asyncio.create_task(Confined.start(bwrap, job, ends))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        with suppress(Misuse, Rejected):
            await (await starting).bury()
        raise


class Confined:
    """A job that runs."""

    def __init__(self, job: Job, process: asyncio.subprocess.Process, files: asyncio.StreamReader) -> None:
        self._job, self._process = job, process
        self._stdout, self._stderr = Outlet(job.limits.output_chars), Outlet(job.limits.output_chars)
        self._files = b""
        self._first: FirstProcess | None = None
        self._following = self._follow(files)

    @classmethod
    async def start(cls, bwrap: Path, job: Job, ends: Ends) -> "Confined":
        files, way_out = await ends.way_out()
        told, told_end = await ends.way_out()
        waits_at, gate = ends.gate()
        arguments = [*_arguments(job, ends), "--info-fd", str(told_end), gate_option(), str(waits_at)]
        laid = ends.holding("\0".join([*arguments, ""]).encode())
        command = (str(bwrap), "--args", str(laid), "--", *become(), *inner_command(job, spare_processes()))
        confined = cls(job, await _spawn(command, way_out, ends), files)
        await confined._let_in(told, gate, ends)
        return confined

    async def end(self) -> str:
        """Waits for the end, or brings it about; says which limit did. Nothing of the job is left then."""
        limits = self._job.limits
        watching = asyncio.create_task(overrun(self._process.pid, limits))
        waiting = asyncio.create_task(self._process.wait())
        both = {watching, waiting}
        try:
            done, _ = await asyncio.wait(both, timeout=limits.wall_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            watching.cancel()
            waiting.cancel()
            await self.bury()
        if waiting in done:
            return ""
        return watching.result() if watching in done else said_wall(limits)

    async def bury(self) -> None:
        """Ends everything, and waits until it is gone and all that it said was read."""
        if self._first is not None:
            self._first.kill()
            await self._first.gone()
        with suppress(TimeoutError):
            async with asyncio.timeout(_REAP_S if self._first else 0):
                await self._process.wait()
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        await asyncio.wait(self._following, timeout=_REAP_S)
        for each in self._following:
            each.cancel()

    def result(self, stopped: str, duration_s: float) -> JobResult:
        stderr, status = self._stderr.text(), self._process.returncode or 0
        if not self._files.startswith(BEGUN) and not stopped:
            raise SetupFailed(stderr.strip() or f"bwrap ended with {status} and no word")
        exit_code = exit_code_of(status)
        return JobResult(
            exit_code=exit_code,
            stdout=self._stdout.text(),
            stderr=stderr,
            stopped=stopped or blamed(exit_code, stderr, self._job.limits),
            duration_s=duration_s,
            files=unpack(self._files[len(BEGUN) :], self._job.files, self._job.limits.files_chars),
        )

    def _follow(self, files: asyncio.StreamReader) -> set[asyncio.Task[None]]:
        stdout, stderr = self._process.stdout, self._process.stderr
        if stdout is None or stderr is None:
            raise AssertionError("both are pipes")
        works = (self._stdout.follow(stdout), self._stderr.follow(stderr), self._keep(files))
        return {asyncio.create_task(work) for work in works}

    async def _keep(self, files: asyncio.StreamReader) -> None:
        self._files = await read_most(files, (room_mb(self._job.limits) + 1) * _MEBIBYTE)

    async def _let_in(self, told: asyncio.StreamReader, gate: int, ends: Ends) -> None:
        try:
            async with asyncio.timeout(_START_S):
                self._first = await let_in(told, gate, ends)
        except (OSError, TimeoutError) as error:
            await self.bury()
            raise SetupFailed(f"its first process could not be made somebody else: {error}") from error


def _arguments(job: Job, ends: Ends) -> Iterator[str]:
    parcel = ends.holding(pack(job.files, room_mb(job.limits)) if job.files else b"")
    stdin = ends.holding(job.stdin.encode("utf-8", "replace"))
    yield from walls(job, parcel=parcel, stdin=stdin, passwd=ends.holding(PASSWD.encode()))
    yield from drops()
    known_calls = seccomp_filter()
    if known_calls:
        yield from ("--seccomp", str(ends.holding(known_calls)))


async def _spawn(command: tuple[str, ...], way_out: int, ends: Ends) -> asyncio.subprocess.Process:
    """Without an environment: what bwrap has of one, a job could read in /proc."""
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=way_out,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=tuple(each for each in ends.inherited if each != way_out),
            env={},
            cwd="/",
            start_new_session=True,
        )
    except (FileNotFoundError, PermissionError) as error:
        raise SetupFailed(str(error)) from error
    except (ValueError, OSError) as error:
        raise Rejected(f"The command {command[-1][:80]!r} cannot be started: {error}") from error
    finally:
        ends.release()
