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
from prunella.sandbox.cell import JOB_USER, begun_mark, creation, ended_mark, whole_command
from prunella.sandbox.daemon import ANSWER_S, Daemon, Gone
from prunella.sandbox.ending import blamed, exit_code_of
from prunella.sandbox.frames import STDERR, STDOUT, Frames
from prunella.sandbox.leftovers import LABEL, is_orphan
from prunella.sandbox.outlets import Outlet
from prunella.sandbox.parcel import pack, unpack
from prunella.sandbox.parting import Parting
from prunella.sandbox.trial import TRIAL, faults_of
from prunella.sandbox.walls import room_mb
from prunella.sandbox.watch import said_cpu, said_memory, said_wall

_MEBIBYTE = 1024 * 1024
_WATCH_EVERY_S = 0.5
_COLLECT_S = 15.0
_DRAIN_S = 3.0
_KILLED = -9
_LONGEST_ARGUMENT = 128 * 1024 - 1  # of Linux


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
                run = await container.run(job, stdin, parcel)
            finally:
                await to_the_end(container.remove())
        starved = said_memory(job.limits) if run.starved and run.exit_code else ""
        return JobResult(
            exit_code=run.exit_code,
            stdout=run.stdout,
            stderr=run.stderr,
            stopped=run.stopped or starved or blamed(run.exit_code, run.stderr, job.limits),
            duration_s=asyncio.get_running_loop().time() - begun,
            files=unpack(run.parcel, job.files, job.limits.files_chars),
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
    """`starved`: the kernel ended something of it for memory."""

    exit_code: int
    stdout: str
    stderr: str
    stopped: str
    starved: bool = False
    parcel: bytes = b""


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

    async def run(self, job: Job, stdin: str, parcel: bytes) -> _Run:
        """Ends with the job or the limit that it ran into; then the container is gone. What a job does against
        sending its files out costs it its files. Raises Rejected for files that could not be laid out.
        """
        limits, word, ended = job.limits, secrets.token_hex(16), asyncio.Event()
        loop = asyncio.get_running_loop()
        stdout, stderr = Outlet(limits.output_chars), Outlet(limits.output_chars)
        parting = Parting(
            begun_mark(word),
            ended_mark(word),
            stdout.keep,
            (room_mb(limits) + 1) * _MEBIBYTE,
            lambda: loop.call_soon_threadsafe(ended.set),
        )
        frames = await self._begin(whole_command(job, stdin, word, len(parcel)))
        keepers = {STDOUT: parting.keep, STDERR: stderr.keep}
        following = asyncio.create_task(self._follow(frames, parcel, keepers, limits.wall_s))
        try:
            stopped = await self._await_end(following, ended, limits)
        finally:
            following.cancel()
            frames.close()
        parting.close()
        if not parting.has_begun and not stopped:
            said = (bytes(parting.before).decode(errors="replace") + stderr.text()).strip()
            raise Rejected(f"The files of the job could not be laid out, so it was not run: {said}")
        return _told(parting, stdout.text(), stderr.text(), stopped)

    async def _await_end(self, following: "asyncio.Task[None]", ended: asyncio.Event, limits: JobLimits) -> str:
        """Which limit ended it, with its container; "" when it ended by itself and its files came out."""
        watching = asyncio.create_task(self._overrun(limits))
        ending = asyncio.create_task(ended.wait())
        by_itself: set[asyncio.Task[Any]] = {following, ending}
        try:
            done, _ = await asyncio.wait(
                by_itself | {watching}, timeout=limits.wall_s, return_when=asyncio.FIRST_COMPLETED
            )
            if done & by_itself:
                await asyncio.wait({following}, timeout=_COLLECT_S)
                return ""
            await to_the_end(self.remove())
            await asyncio.wait({following}, timeout=_DRAIN_S)
            return watching.result() if watching in done else said_wall(limits)
        finally:
            watching.cancel()
            ending.cancel()

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

    async def _begin(self, command: list[str]) -> Frames:
        made: dict[str, Any] = await self._daemon.call(
            lambda: self._api.exec_create(self._name, command, user=JOB_USER, stdin=True)
        )
        return await self._daemon.call(lambda: Frames(self._api.exec_start(made["Id"], socket=True)))

    async def _follow(
        self, frames: Frames, parcel: bytes, keepers: dict[int, Callable[[bytes], None]], wall_s: float
    ) -> None:
        silence_s = wall_s + _COLLECT_S

        def exchange() -> None:
            frames.write(parcel, silence_s)
            frames.follow(lambda stream, chunk: keepers[stream](chunk), silence_s)

        with suppress(Transient):  # it ended with its container
            await self._daemon.call(exchange, silence_s + _COLLECT_S)

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


def _told(parting: Parting, stdout: str, stderr: str, stopped: str) -> _Run:
    """As of a killed one, where the job ended what was to tell of it."""
    told, _, parcel = bytes(parting.after).partition(b"\n")
    numbers = told.decode(errors="replace").split()
    if stopped or len(numbers) != 2 or not all(number.isdecimal() for number in numbers):
        return _Run(_KILLED, stdout, stderr, stopped)
    return _Run(exit_code_of(int(numbers[0])), stdout, stderr, "", numbers[1] == "1", parcel)
