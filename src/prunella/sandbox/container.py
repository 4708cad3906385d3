"""The sandbox of docker and podman: a container for each job, with nothing of the host in it, gone with the job."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from prunella.cancelling import at_rest, to_the_end
from prunella.domain.sandbox import Job, JobLimits, JobResult
from prunella.errors import Misuse, Rejected, Transient
from prunella.sandbox.addresses import Address, Engine
from prunella.sandbox.cell import (
    JOB_USER,
    collect_command,
    creation,
    put_command,
    ran_out_of_memory,
    run_command,
)
from prunella.sandbox.daemon import ANSWER_S, Daemon, Gone
from prunella.sandbox.ending import blamed, exit_code_of
from prunella.sandbox.frames import STDERR, STDOUT, Frames
from prunella.sandbox.leftovers import LABEL, is_orphan
from prunella.sandbox.outlets import Outlet
from prunella.sandbox.parcel import pack, unpack
from prunella.sandbox.trial import TRIAL, faults_of
from prunella.sandbox.walls import room_mb
from prunella.sandbox.watch import said_cpu, said_memory, said_wall

_MEBIBYTE = 1024 * 1024
_WATCH_EVERY_S = 0.5
_PUT_S = 30.0
_COLLECT_S = 15.0
_DRAIN_S = 3.0
_LONGEST_ARGUMENT = 128 * 1024 - 1  # of Linux
_SAID_CHARS = 4000


@dataclass(frozen=True)
class _Image:
    id: str
    volumes: tuple[str, ...]


class ContainerSandbox:
    """A Sandbox. No image is ever fetched: `image` has to be there, with sh, env, head, tar and timeout in it."""

    def __init__(self, image: str, address: Address, engine: Engine = "docker", *, answer_s: float = ANSWER_S) -> None:
        """`answer_s` is how long the daemon may take over anything that is asked of it."""
        self._name, self._daemon = image, Daemon(engine, address, answer_s)
        self._trying = asyncio.Lock()
        self._image: _Image | None = None

    async def ready(self) -> str:
        """What isolates, in words; tried once, and leftovers of processes that died are removed. Raises Misuse that
        says what is missing and how to get it.
        """
        await self._proven()
        return f"{self._daemon.name} with {self._name}"

    async def run(self, job: Job) -> JobResult:
        """Raises Misuse where it cannot isolate, Rejected for a job that cannot be laid out, Transient when the
        daemon does not do its part. When cancelled, the container is removed with all that runs in it.
        """
        return await self._confine(await self._proven(), job)

    async def _proven(self) -> _Image:
        async with self._trying:
            if self._image is None:
                image = await self._find()
                await self._try(image)
                self._image = image
            return self._image

    async def _find(self) -> _Image:
        async with self._daemon.client() as api:
            await self._sweep(api)
            try:
                found: dict[str, Any] = await self._daemon.call(lambda: api.inspect_image(self._name))
            except Gone as error:
                raise Misuse(
                    f"Code of others is not run: {self._daemon.name} has no image {self._name!r}, and none is fetched "
                    f"unasked. Fetch it with `{self._daemon.engine} pull {self._name}`."
                ) from error
        config = cast("dict[str, Any]", found.get("Config") or {})
        return _Image(str(found["Id"]), tuple(cast("dict[str, Any]", config.get("Volumes") or {})))

    async def _try(self, image: _Image) -> None:
        """Raises Misuse when it does not run a job, or the job sees more than it should."""
        limits = JobLimits(wall_s=30.0)
        try:
            result = await self._confine(image, Job(command=("sh", "-c", TRIAL), limits=limits))
        except Transient as error:
            raise Misuse(f"Code of others is not run: a trial job could not be started. {error}") from error
        wrong = faults_of(result, limits)
        if wrong:
            raise Misuse(
                f"Code of others is not run: {self._daemon.name} does not isolate with {self._name!r}: {wrong}."
            )

    async def _sweep(self, api: Any) -> None:
        """Containers that were made and never started; those that ran end by themselves."""
        left: list[dict[str, Any]] = await self._daemon.call(lambda: api.containers(all=True, filters={"label": LABEL}))
        for container in left:
            labels = cast("dict[str, str]", container.get("Labels") or {})
            if is_orphan(labels.get(LABEL, "")):
                await Container(self._daemon, api, str(container["Id"])).remove()

    async def _confine(self, image: _Image, job: Job) -> JobResult:
        begun = asyncio.get_running_loop().time()
        stdin = f".stdin-{secrets.token_hex(8)}"
        parcel = pack(job.files, room_mb(job.limits), beside={stdin: job.stdin})
        _must_be_startable(job.command)
        async with self._daemon.client() as api:
            container = await self._opened(api, image, job)
            try:
                await container.put(parcel)
                run = await container.run(run_command(job, stdin), job.limits)
                files, no_memory = (b"", False) if run.stopped else await container.collect(job.limits)
            finally:
                await to_the_end(container.remove())
        exit_code = exit_code_of(run.status)
        starved = said_memory(job.limits) if no_memory and exit_code else ""
        return JobResult(
            exit_code=exit_code,
            stdout=run.stdout,
            stderr=run.stderr,
            stopped=run.stopped or starved or blamed(exit_code, run.stderr, job.limits),
            duration_s=asyncio.get_running_loop().time() - begun,
            files=unpack(files, job.files, job.limits.files_chars),
        )

    async def _opened(self, api: Any, image: _Image, job: Job) -> "Container":
        """A start is not cut in two, or something could stay behind that nobody holds."""
        opening = asyncio.ensure_future(Container.open(self._daemon, api, image, job))
        cancelled = await at_rest(opening)
        if cancelled is None:
            return opening.result()
        if not opening.cancelled() and opening.exception() is None:
            await to_the_end(opening.result().remove())
        raise cancelled


@dataclass(frozen=True)
class _Run:
    status: int
    stdout: str
    stderr: str
    stopped: str


class Container:
    """One that runs and holds a job."""

    def __init__(self, daemon: Daemon, api: Any, name: str) -> None:
        self._daemon, self._api, self._name = daemon, api, name
        self._holding: Frames | None = None

    @classmethod
    async def open(cls, daemon: Daemon, api: Any, image: _Image, job: Job) -> "Container":
        container = cls(daemon, api, f"prunella-{secrets.token_hex(8)}")
        try:
            await container._start(creation(api, container._name, image.id, job, image.volumes))
        except BaseException:
            await to_the_end(container.remove())
            raise
        return container

    async def put(self, parcel: bytes) -> None:
        """Raises Rejected when it does not fit."""
        status, _, said = await self._execute(put_command(len(parcel)), _PUT_S, most=_SAID_CHARS, given=parcel)
        if status:
            raise Rejected(f"The files of the job could not be laid out: {said.decode(errors='replace').strip()}")

    async def run(self, command: list[str], limits: JobLimits) -> _Run:
        """Ends with the command or the limit that it ran into; then the container is gone."""
        stdout, stderr = Outlet(limits.output_chars), Outlet(limits.output_chars)
        exec_id, frames = await self._begin(command)
        following = asyncio.create_task(self._follow(frames, {STDOUT: stdout.keep, STDERR: stderr.keep}, limits.wall_s))
        watching = asyncio.create_task(self._overrun(limits))
        both = {following, watching}
        try:
            done, _ = await asyncio.wait(both, timeout=limits.wall_s, return_when=asyncio.FIRST_COMPLETED)
            stopped = "" if following in done else watching.result() if watching in done else said_wall(limits)
            if stopped:
                await to_the_end(self.remove())
                await asyncio.wait({following}, timeout=_DRAIN_S)
        finally:
            for task in both:
                task.cancel()
            frames.close()
        status = 137 if stopped else await self._status(exec_id)
        return _Run(status, stdout.text(), stderr.text(), stopped)

    async def collect(self, limits: JobLimits) -> tuple[bytes, bool]:
        """The parcel of its files, and whether the kernel ended something of it for memory. What a job does against
        that costs it its files.
        """
        try:
            _, files, events = await self._execute(
                collect_command(), _COLLECT_S, most=(room_mb(limits) + 1) * _MEBIBYTE
            )
        except Transient:
            return b"", False
        return files, ran_out_of_memory(events.decode(errors="replace"))

    async def remove(self) -> None:
        """With all that runs in it; returns when it is gone, or the daemon fails. Idempotent."""
        if self._holding is not None:
            self._holding.close()
        with suppress(Transient):
            await self._daemon.call(lambda: self._api.remove_container(self._name, force=True, v=True))
        with suppress(Transient, TimeoutError):
            async with asyncio.timeout(self._daemon.answer_s):
                while await self._daemon.call(lambda: self._api.inspect_container(self._name)):  # noqa: ASYNC110 - there
                    await asyncio.sleep(0.1)

    async def _start(self, made_of: dict[str, Any]) -> None:
        await self._daemon.call(lambda: self._api.create_container(**made_of))
        only_in = {"stdin": 1, "stream": 1}
        self._holding = await self._daemon.call(lambda: Frames(self._api.attach_socket(self._name, params=only_in)))
        await self._daemon.call(lambda: self._api.start(self._name))

    async def _begin(self, command: list[str], *, stdin: bool = False) -> tuple[str, Frames]:
        made: dict[str, Any] = await self._daemon.call(
            lambda: self._api.exec_create(self._name, command, user=JOB_USER, stdin=stdin)
        )
        exec_id = str(made["Id"])
        return exec_id, await self._daemon.call(lambda: Frames(self._api.exec_start(exec_id, socket=True)))

    async def _execute(
        self, command: list[str], timeout_s: float, *, most: int, given: bytes = b""
    ) -> tuple[int, bytes, bytes]:
        """How one of our own commands ended, and the first `most` bytes of each stream. Raises Transient."""
        exec_id, frames = await self._begin(command, stdin=bool(given))
        said = {STDOUT: bytearray(), STDERR: bytearray()}

        def keep(stream: int, chunk: bytes) -> None:
            kept = said.get(stream, said[STDERR])
            kept += chunk[: max(0, most - len(kept))]

        def exchange() -> None:
            frames.write(given, timeout_s)
            frames.follow(keep, timeout_s)

        try:
            await self._daemon.call(exchange, timeout_s)
        finally:
            frames.close()
        return await self._status(exec_id), bytes(said[STDOUT]), bytes(said[STDERR])

    async def _follow(self, frames: Frames, outlets: dict[int, Callable[[bytes], None]], wall_s: float) -> None:
        silence_s = wall_s + self._daemon.answer_s
        with suppress(Transient):  # it ended with its container
            await self._daemon.call(
                lambda: frames.follow(lambda stream, chunk: outlets[stream](chunk), silence_s), silence_s
            )

    async def _status(self, exec_id: str) -> int:
        """137, as of a killed one, where the container ended under it."""
        try:
            seen: dict[str, Any] = await self._daemon.call(lambda: self._api.exec_inspect(exec_id))
        except Gone:
            return 137
        code = seen.get("ExitCode")
        return 137 if code is None else int(code)

    async def _overrun(self, limits: JobLimits) -> str:
        """Waits until all processes together used more time of processors than they may."""
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            with suppress(Transient):
                stats: dict[str, Any] = await self._daemon.call(lambda: self._api.stats(self._name, stream=False))
                used = stats.get("cpu_stats", {}).get("cpu_usage", {}).get("total_usage", 0) / 1e9
                if used > limits.cpu_s + 1:
                    return said_cpu(limits)


def _must_be_startable(command: tuple[str, ...]) -> None:
    for part in command:
        if "\0" in part or len(part.encode("utf-8", "replace")) > _LONGEST_ARGUMENT:
            raise Rejected(f"The command {command[0][:80]!r} cannot be started: no kernel takes {part[:40]!r}…")
