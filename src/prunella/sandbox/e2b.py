"""The sandbox of E2B: a machine of its own for each job, in somebody else's cloud, gone with the job."""

import asyncio
import secrets
import shlex
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from prunella.cancelling import at_rest, to_the_end
from prunella.domain.sandbox import Job, JobLimits, JobResult
from prunella.errors import Misuse, Rejected, Transient
from prunella.sandbox.cell import run_command
from prunella.sandbox.ending import blamed, exit_code_of
from prunella.sandbox.outlets import Outlet
from prunella.sandbox.parcel import pack, unpack
from prunella.sandbox.walls import FOLDER, room_mb
from prunella.sandbox.watch import said_wall

DEFAULT_TEMPLATE = "base"
_MEBIBYTE = 1024 * 1024
_OURS_TO_MEND = (400, 403, 404)
_CALL_S = 60.0
_SPARE_S = 120  # for all that is not the job itself
_MOST_SENT_MB = 16  # of output that travels, before the job is ended
_IN, _OUT = "/tmp/.parcel-in", "/tmp/.parcel-out"  # noqa: S108 - over there


@dataclass(frozen=True)
class E2bPlace:
    """What the SDK's own variables would say; None for its defaults."""

    domain: str | None = None
    api_url: str | None = None
    sandbox_url: str | None = None
    http_version: str | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "E2bPlace":
        names = ("domain", "api_url", "sandbox_url", "http_version")
        return cls(**{name: environ.get(f"E2B_{name.upper()}") or None for name in names})

    def options(self) -> dict[str, Any]:
        said = {"domain": self.domain, "api_url": self.api_url, "sandbox_url": self.sandbox_url,
                "http_version": self.http_version}  # fmt: skip
        return {name: value for name, value in said.items() if value} | {"debug": False}


@dataclass(frozen=True)
class E2bSandbox:
    """A Sandbox. `key` is asked for at each job, so that it may be a reference that is resolved then. Limits of CPU
    time, memory and processes are the kernel's over there, for each process; the folder's size is the template's.
    """

    key: Callable[[], Awaitable[str]] = field(repr=False)
    template: str = DEFAULT_TEMPLATE
    place: E2bPlace = E2bPlace()

    async def ready(self) -> str:
        """What isolates, in words; nothing is started, for that costs money. Raises Misuse without SDK or key."""
        await self._key()
        return f"E2B, template {self.template}; it was not asked"

    async def run(self, job: Job) -> JobResult:
        """Raises Misuse without SDK, key or template, Rejected for a job that cannot be laid out, Transient when the
        service does not do its part. When cancelled, the machine is ended; when we die, it ends by its own time.
        """
        begun = asyncio.get_running_loop().time()
        stdin = f".stdin-{secrets.token_hex(8)}"
        parcel = pack(job.files, room_mb(job.limits), beside={stdin: job.stdin})
        if any("\0" in part for part in job.command):
            raise Rejected(f"The command {job.command[0][:80]!r} cannot be started: it holds a NUL.")
        async with self._machine(job) as machine:
            await self._lay(machine, parcel)
            status, stopped, said = await self._do(machine, run_command(job, stdin), job.limits)
            files = b"" if stopped else await self._collect(machine, job.limits)
        exit_code = exit_code_of(status)
        stdout, stderr = (each.text() for each in said)
        return JobResult(
            exit_code=exit_code,
            stdout=stdout,
            stderr=stderr,
            stopped=stopped or blamed(exit_code, stderr, job.limits),
            duration_s=asyncio.get_running_loop().time() - begun,
            files=unpack(files, job.files, job.limits.files_chars),
        )

    @asynccontextmanager
    async def _machine(self, job: Job) -> AsyncGenerator[Any]:
        """A start is not cut in two, or a machine would run on that nobody holds."""
        starting = asyncio.ensure_future(self._start(job))
        cancelled = await at_rest(starting)
        if cancelled is not None:
            if not starting.cancelled() and starting.exception() is None:
                await to_the_end(_end(starting.result()))
            raise cancelled
        machine = starting.result()
        try:
            yield machine
        finally:
            await to_the_end(_end(machine))

    async def _start(self, job: Job) -> Any:
        key = await self._key()
        from e2b import AsyncSandbox

        return await _asked(
            AsyncSandbox.create(
                template=self.template,
                timeout=round(job.limits.wall_s) + _SPARE_S,
                allow_internet_access=job.network,
                api_key=key,
                **self.place.options(),
            )
        )

    async def _lay(self, machine: Any, parcel: bytes) -> None:
        await _asked(machine.commands.run(f"mkdir -m 1777 -p {FOLDER}", user="root"))
        await _asked(machine.files.write(_IN, parcel))
        await _asked(machine.commands.run(f"tar -xmf {_IN} -C {FOLDER} && rm -f {_IN}"))

    async def _do(self, machine: Any, command: list[str], limits: JobLimits) -> tuple[int, str, tuple[Outlet, Outlet]]:
        stdout, stderr = Outlet(limits.output_chars), Outlet(limits.output_chars)
        flooded = asyncio.Event()

        def keeper(outlet: Outlet) -> Callable[[str], None]:
            def keep(text: str) -> None:
                outlet.keep(text.encode("utf-8", "replace"))
                if outlet.total > _MOST_SENT_MB * _MEBIBYTE:
                    flooded.set()

            return keep

        options = {"background": True, "timeout": 0, "retain_output": False}
        line = f"exec {shlex.join(command)}"
        running = await _asked(
            machine.commands.run(line, on_stdout=keeper(stdout), on_stderr=keeper(stderr), **options)
        )
        status, stopped = await _ended(running, flooded, limits)
        return status, stopped, (stdout, stderr)

    async def _collect(self, machine: Any, limits: JobLimits) -> bytes:
        """What a job does against that costs it its files."""
        most = (room_mb(limits) + 1) * _MEBIBYTE
        with suppress(Transient, Misuse):
            await _asked(machine.commands.run(f"kill -9 -1; tar -cf - -C {FOLDER} . | head -c {most} > {_OUT}"))
            return bytes(await _asked(machine.files.read(_OUT, format="bytes")))
        return b""

    async def _key(self) -> str:
        if find_spec("e2b") is None:
            raise Misuse("Code of others is not run: E2B's SDK is missing. Install it with `pip install "
                         "'prunella[e2b]'`.")  # fmt: skip
        key = await self.key()
        if not key:
            raise Misuse(
                "Code of others is not run: E2B wants a key. Set E2B_API_KEY to it, or to where it is: `file:/path`."
            )
        return key


async def _ended(running: Any, flooded: asyncio.Event, limits: JobLimits) -> tuple[int, str]:
    """Its exit code, and which limit ended it. The machine is ended next, and with it what still runs."""
    waiting, flood = asyncio.ensure_future(_status(running)), asyncio.ensure_future(flooded.wait())
    both: set[asyncio.Future[Any]] = {waiting, flood}
    try:
        done, _ = await asyncio.wait(both, timeout=limits.wall_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in both:
            task.cancel()
    if waiting in done:
        with _told():
            return waiting.result(), ""
    return 137, f"output {_MOST_SENT_MB} MB" if flood in done else said_wall(limits)


async def _status(running: Any) -> int:
    from e2b import CommandExitException

    try:
        return int((await running.wait()).exit_code)
    except CommandExitException as error:
        return int(error.exit_code)


async def _end(machine: Any) -> None:
    """One that cannot be ended ends by its own time."""
    with suppress(Transient, Misuse):
        await _asked(machine.kill())


async def _asked(call: Coroutine[Any, Any, Any]) -> Any:
    """What the SDK answers; a cancellation is ours to see, whatever the SDK does with it."""
    task = asyncio.ensure_future(call)
    task.add_done_callback(lambda ended: None if ended.cancelled() else ended.exception())  # seen, also if nobody waits
    try:
        done, _ = await asyncio.wait({task}, timeout=_CALL_S)
    finally:
        task.cancel()
    if not done:
        raise Transient(f"E2B did not answer within {_CALL_S:g} s.")
    with _told():
        return task.result()


@contextmanager
def _told() -> Generator[None]:
    """The service's errors as ours, without anything of the request."""
    from e2b import AuthenticationException, SandboxException
    from httpx import HTTPError

    try:
        yield
    except AuthenticationException as error:
        raise Misuse("Code of others is not run: E2B does not take the key. Look at E2B_API_KEY.") from error
    except (SandboxException, HTTPError, OSError, TimeoutError) as error:
        if getattr(error, "status_code", None) in _OURS_TO_MEND:
            raise Misuse(
                f"Code of others is not run: E2B refuses it ({_words(error)}). Is the template there?"
            ) from error
        raise Transient(f"E2B did not do it: {_words(error)}") from error


def _words(error: Exception) -> str:
    return " ".join(f"{error or type(error).__name__}".split())[:300]
