"""What every sandbox keeps, whatever a job tries. Subclass the suite in a test module; pytest with asyncio runs it.

Jobs need sh, python3 and sleep; the suite runs on Linux, on the machine where the jobs run.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Generator
from pathlib import Path

import psutil

from prunella.domain.sandbox import Job, JobLimits, JobResult
from prunella.errors import Rejected
from prunella.protocols import Sandbox
from prunella.testing import sandbox_jobs as jobs
from prunella.testing.conformance import refuses, require

_SHORT = JobLimits(wall_s=1.0)
_BYSTANDERS_VARIABLES = {"HOME", "PATH", "PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE"}
_MEBIBYTE = 1024 * 1024
_GONE_S = 30.0


class SandboxConformance:
    """Sandbox: the host is as it was, nothing of a job lives on, and the result says what came of it.

    The subclass provides `sandbox`, and `construction` unless jobs do not end with the process that started them.
    """

    slack_s = 15.0  # what a start and an end may take beside the job
    refuses_user_namespaces = (
        True  # in one of its own a job is root of what is its own anyway; more of the kernel is open
    )

    async def sandbox(self) -> Sandbox:
        """One that is ready; it may be the same for all tests."""
        raise NotImplementedError("A sandbox's tests say how one is made: override `sandbox`.")

    def construction(self) -> str:
        """The lines of Python by which another process makes the same one, as `sandbox`."""
        raise NotImplementedError("A sandbox's tests say how another process makes one: override `construction`.")

    async def run(self, code: str, *, limits: JobLimits | None = None, **more: object) -> JobResult:
        """How a Python program ended."""
        job = Job(command=("python3", "-B", "main.py"), files={"main.py": code}, limits=limits or JobLimits())
        return await (await self.sandbox()).run(job.model_copy(update=more))

    async def shell(self, script: str, limits: JobLimits | None = None) -> JobResult:
        return await (await self.sandbox()).run(Job(command=("sh", "-c", script), limits=limits or JobLimits()))

    async def test_files_and_input_go_in_and_what_was_written_comes_out(self) -> None:
        files = {"main.py": jobs.ECHO, "in/given.txt": "given ", "untouched": "x"}
        job = Job(command=("python3", "-B", "main.py"), files=files, stdin="input")
        result = await (await self.sandbox()).run(job)
        _same((result.exit_code, result.stdout, result.stderr), (3, "given input\n", "away\n"), "how a job ended")
        _same(result.files, {"in/given.txt": "given +", "új.txt": "é"}, "text that was written or changed comes back")
        _same((result.ok, result.stopped), (False, ""), "a failure of its own is no limit's")

    async def test_names_of_files_may_be_anything(self) -> None:
        names = ("two\nlines", "a b", "-rf", "'\"$(x)`", "ünï/cödé", "*", "deep/er/and/deeper")
        result = await self.run(jobs.COPIES, files={"main.py": jobs.COPIES, **dict.fromkeys(names, "text")})
        _same(result.files, {f"{name}.out": "text" for name in names}, "files keep their names")

    async def test_files_are_laid_nowhere_else(self) -> None:
        sandbox = await self.sandbox()
        for path in ("/etc/x", "../x", "a/../../x", "", ".", "a\0b"):
            await refuses(Rejected, sandbox.run(Job(command=("true",), files={path: "x"})))

    async def test_a_command_that_no_kernel_takes_is_rejected(self) -> None:
        sandbox = await self.sandbox()
        for command in (("true", "\0"), ("true", "x" * 3_000_000)):
            await refuses(Rejected, sandbox.run(Job(command=command)))

    async def test_exit_codes_are_told_as_they_are(self) -> None:
        for script, code in (("exit 0", 0), ("exit 77", 77), ("kill -TERM $$", -15), ("no-such-command", 127)):
            _same((await self.shell(script)).exit_code, code, f"the exit code of `{script}`")

    async def test_input_is_whole_and_ends(self) -> None:
        many = "x" * 500_000
        result = await self.run("import sys; print(len(sys.stdin.read()))", stdin=many)
        _same(result.stdout, "500000\n", "standard input arrives whole")
        _same((await self.run("import sys; print(repr(sys.stdin.read()))")).stdout, "''\n", "no input is an empty one")

    async def test_nothing_of_the_host_is_there_to_read(self, tmp_path: Path) -> None:
        with _planted(Path.home()) as at_home, _planted(tmp_path) as elsewhere, _planted(Path("/tmp")) as common:  # noqa: S108
            secret = at_home.read_text()
            places = [str(place) for place in (at_home, elsewhere, common, Path.cwd())]
            sockets = ["/run/docker.sock", "/var/run/docker.sock", "/run/podman/podman.sock", "/run/dbus"]
            result = await self.run(jobs.searches([*places, *sockets], at_home.name))
        _same(result.stdout, "", "a job finds no file of the host")
        require(secret not in result.stderr, "a job reads nothing of the host")

    async def test_the_environment_is_only_what_was_given(self) -> None:
        with _variable("PRUNELLA_PLANTED", "hunter2"):
            result = await self.run(jobs.ENVIRONMENT, environ={"GIVEN": "ye s"})
        names, *read = result.stdout.split("\n", 1)
        require("hunter2" not in "".join(read) + names, "a job reads no variable of the host, of no process")
        extra = set(names.split()) - _BYSTANDERS_VARIABLES
        _same(extra, {"GIVEN=ye_s"}, "a job's variables are those it was given")

    async def test_nothing_outside_of_its_folder_can_be_written(self, tmp_path: Path) -> None:
        result = await self.run(jobs.writes(str(tmp_path / "x")))
        _same((result.exit_code, result.stdout), (0, ""), "a job writes in its own folders only")
        require(not (tmp_path / "x").exists(), "the host's folders are as they were")

    async def test_it_has_no_rights_and_cannot_take_new_ones(self) -> None:
        result = await self.run(jobs.RIGHTS)
        allowed = [] if self.refuses_user_namespaces else [jobs.A_USER_NAMESPACE]
        taken = [line for line in result.stdout.splitlines() if line not in allowed]
        _same((result.exit_code, "".join(taken)), (0, ""), "a job is nobody, and stays so")

    async def test_a_server_of_the_host_is_not_reached(self) -> None:
        abstract = f"\0prunella-{uuid.uuid4().hex}"
        with socket.create_server(("", 0)) as server, socket.socket(socket.AF_UNIX) as local:
            server.settimeout(0.3)
            local.bind(abstract)
            local.listen()
            local.settimeout(0.3)
            result = await self.run(jobs.connects([*_addresses(), "localhost"], server.getsockname()[1], abstract))
            for each in (server, local):
                require(_is_left_alone(each), "no job reaches a server of the host")
        _same((result.exit_code, result.stdout), (0, ""), "a job has nobody to talk to")

    async def test_there_is_no_way_out_to_the_network(self) -> None:
        result = await self.run(jobs.OUTWARD, limits=JobLimits(wall_s=20))
        _same((result.exit_code, result.stdout), (0, ""), "a job has no network")

    async def test_links_are_not_followed_on_the_way_back(self) -> None:
        given = {"main.py": jobs.LINKS, "given.txt": "given"}
        result = await self.run(jobs.LINKS, files=given)
        _same(result.files, {"plain.txt": "plain"}, "only plain files come back")

    async def test_what_comes_back_is_bounded(self) -> None:
        files = (await self.run(jobs.MANY_FILES)).files
        require(0 < len(files) <= 200, f"no more than 200 files come back: {len(files)}")
        require(sum(map(len, files.values())) <= 1_000_000, "no more than a million characters come back")

    async def test_a_large_file_is_refused_to_it(self) -> None:
        result = await self.run(jobs.LARGE_FILE, limits=JobLimits(file_mb=8))
        _stopped_by(result, "file size 8 MB")

    async def test_many_files_run_out_of_room(self) -> None:
        for folder in (".", "/tmp"):  # noqa: S108 - the job's own
            result = await self.run(jobs.fills(folder), limits=JobLimits(file_mb=4))
            _stopped_by(result, "room in the folder")

    async def test_more_memory_than_allowed_ends_it(self) -> None:
        _stopped_by(await self.run(jobs.MEMORY, limits=JobLimits(memory_mb=200)), "memory 200 MB")

    async def test_memory_is_that_of_all_processes_together(self) -> None:
        result = await self.run(jobs.SHARED_OUT_MEMORY, limits=JobLimits(memory_mb=200, wall_s=30))
        _stopped_by(result, "memory 200 MB")

    async def test_sleeping_for_ever_ends_with_the_wall_time(self) -> None:
        begun = time.monotonic()
        result = await self.shell("trap '' TERM INT HUP; echo first; sleep 1000", _SHORT)
        _same((result.exit_code, result.stopped, result.stdout), (-9, "wall time 1 s", "first\n"), "how it was ended")
        require(time.monotonic() - begun < _SHORT.wall_s + self.slack_s, "it ends with its time")

    async def test_one_that_stops_itself_and_who_started_it_ends_too(self) -> None:
        begun = time.monotonic()
        result = await self.shell("kill -STOP $PPID; kill -STOP $$", _SHORT)
        require(not result.ok, "a job that stands still is no success")
        require(time.monotonic() - begun < _SHORT.wall_s + self.slack_s, "it ends with its time")

    async def test_computing_for_ever_ends_with_the_processor_time(self) -> None:
        limits = JobLimits(cpu_s=1.0, wall_s=60.0)
        for code in ("while True: pass", "import os\nos.fork()\nwhile True: pass"):
            result = await self.run(code, limits=limits)
            _stopped_by(result, "CPU time 1 s")
            require(result.duration_s < limits.wall_s, "processor time is that of all processes together")

    async def test_a_flood_of_output_is_read_on_and_left_out(self) -> None:
        own = psutil.Process()
        before = own.memory_info().rss
        result = await self.run(jobs.FLOOD, limits=JobLimits(output_chars=1000))
        require(result.ok and result.stdout.startswith("first\nx"), "the head of the output is kept")
        require(result.stdout.endswith("x\nlast\n") and len(result.stdout) < 1100, "so is its tail, and no more")
        require(own.memory_info().rss - before < 64 * _MEBIBYTE, "the rest is not kept in memory")

    async def test_printing_for_ever_ends(self) -> None:
        for script in ("yes", "yes >&2"):
            result = await self.shell(script, _SHORT)
            _stopped_by(result, "wall time 1 s")
            require(len(result.stdout + result.stderr) < 21_000, "what is told of it is bounded")

    async def test_a_fork_bomb_runs_into_its_limit(self) -> None:
        with _mark() as mark:
            result = await self.run(jobs.forks(mark), limits=JobLimits(processes=20))
            _stopped_by(result, "20 processes")
            require(10 <= int(result.stdout) <= 40, f"about as many processes as were allowed: {result.stdout}")
            await _gone(mark)

    async def test_a_fork_bomb_of_the_shell_is_contained(self) -> None:
        with _mark() as mark:
            limits = JobLimits(wall_s=2.0, processes=30)
            result = await self.shell(f"b() {{ b | b & }}; b; sleep 100; : {mark}", limits)
            require(not result.ok, "a bomb is no success")
            require(result.duration_s < limits.wall_s + self.slack_s, "a bomb ends")
            await _gone(mark)

    async def test_a_daemon_does_not_outlive_its_job(self) -> None:
        with _mark() as mark:
            result = await self.run(jobs.daemonises(mark))
            _same(result.exit_code, 0, "the job itself ended well")
            require(result.duration_s < self.slack_s, "nobody waits for what it left behind")
            await _gone(mark)

    async def test_it_cannot_signal_what_is_not_its_own(self) -> None:
        bystander = await asyncio.create_subprocess_exec("sleep", "100")
        try:
            result = await self.run(jobs.kills([bystander.pid, os.getppid(), os.getpid(), 1]))
            _same((result.exit_code, result.stdout), (0, "still here\n"), "the first process is none of its own")
            require(bystander.returncode is None, "a job reaches no process of the host")
            everybody = await self.run(jobs.kills([os.getpid(), -1]))
            require(
                bystander.returncode is None and everybody.duration_s < self.slack_s, "whatever it signals, it ends"
            )
        finally:
            bystander.kill()
            await bystander.wait()

    async def test_cancelling_ends_it_with_all_that_it_started(self) -> None:
        with _mark() as mark:
            running = asyncio.ensure_future(self.shell(f"sleep 100 & sleep 100; : {mark}"))
            await _until(lambda: bool(_marked(mark)) or running.done())
            running.cancel()
            await asyncio.wait({running}, timeout=self.slack_s)
            require(running.cancelled(), "a cancelled job ends, and says so")
            await _gone(mark)

    async def test_cancelling_while_it_starts_leaves_nothing(self) -> None:
        for after_s in (0.0, 0.01, 0.05, 0.2):
            with _mark() as mark:
                running = asyncio.ensure_future(self.shell(f"sleep 100; : {mark}"))
                await asyncio.sleep(after_s)
                running.cancel()
                await asyncio.wait({running}, timeout=self.slack_s)
                require(running.cancelled(), "a cancelled job ends, and says so")
                await _gone(mark)

    async def test_it_ends_when_we_are_killed(self) -> None:
        with _mark() as mark:
            program = jobs.program(self.construction(), f"(sleep 300 &) ; sleep 300; : {mark}")
            other = subprocess.Popen([sys.executable, "-"], stdin=subprocess.PIPE)  # noqa: ASYNC220 - it returns at once
            try:
                other.communicate(program.encode(), timeout=0.1)
            except subprocess.TimeoutExpired:
                await _until(lambda: bool(_marked(mark)) or other.poll() is not None)
            finally:
                was_running = bool(_marked(mark))
                other.kill()
                other.wait()
            require(was_running, "the job of the other process ran")
            await _gone(mark)

    async def test_the_next_job_finds_nothing_of_the_one_before(self) -> None:
        await self.run(jobs.LEAVES)
        _same((await self.run(jobs.LOOKS)).stdout, "['main.py'] [] []\n", "every job starts afresh")

    async def test_many_run_side_by_side(self) -> None:
        results = await asyncio.gather(*(self.run(f"print({number})") for number in range(4)))
        _same([result.stdout for result in results], [f"{number}\n" for number in range(4)], "each has its own answer")


def _same(found: object, wanted: object, promise: str) -> None:
    require(found == wanted, f"{promise}: {found!r} instead of {wanted!r}")


def _stopped_by(result: JobResult, limit: str) -> None:
    require(not result.ok and result.stopped.startswith(limit), f"`stopped` says {limit!r}: {result!r:.500}")


@contextlib.contextmanager
def _planted(folder: Path) -> Generator[Path]:
    file = folder / f".prunella-planted-{uuid.uuid4().hex}"
    file.write_text(f"hunter-{uuid.uuid4().hex}")
    file.chmod(0o644)
    try:
        yield file
    finally:
        file.unlink()


@contextlib.contextmanager
def _variable(name: str, value: str) -> Generator[None]:
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]


@contextlib.contextmanager
def _mark() -> Generator[str]:
    """A word for the command line of whatever must not live on."""
    word = f"marked-{uuid.uuid4().hex}"
    try:
        yield word
    finally:
        for each in _marked(word):
            with contextlib.suppress(psutil.Error):
                each.send_signal(signal.SIGKILL)


def _marked(word: str) -> list[psutil.Process]:
    return [each for each in psutil.process_iter(["cmdline"]) if word in " ".join(each.info["cmdline"] or [])]


async def _gone(mark: str) -> None:
    await _until(lambda: not _marked(mark))
    left = [each.pid for each in _marked(mark)]
    require(not left, f"nothing of a job lives on: {left}")


async def _until(condition: Callable[[], bool]) -> None:
    """At most as long as anything takes."""
    end = time.monotonic() + _GONE_S
    while not condition() and time.monotonic() < end:  # noqa: ASYNC110 - processes tell nobody when they end
        await asyncio.sleep(0.05)


def _addresses() -> list[str]:
    """Every address of this machine."""
    found = (address for addresses in psutil.net_if_addrs().values() for address in addresses)
    return [each.address for each in found if each.family == socket.AF_INET]


def _is_left_alone(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except TimeoutError:
        return True
    return False
