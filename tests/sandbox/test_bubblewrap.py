"""Whatever a job tries, the host is as it was, nothing of it lives on, and the result says what came of it."""

import asyncio
import os
import signal
import socket
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from prunella.domain.sandbox import Job, JobLimits, JobResult
from prunella.errors import Misuse, Rejected
from prunella.sandbox.bubblewrap import Bubblewrap
from prunella.sandbox.walls import interpreter

SHORT = JobLimits(wall_s=1.0)


async def run(sandbox: Bubblewrap, code: str, *, limits: JobLimits | None = None, **more: object) -> JobResult:
    files = {"main.py": code}
    job = Job(command=("python3", "main.py"), files=files, limits=limits or JobLimits())
    return await sandbox.run(job.model_copy(update=more))


@pytest.fixture
def mark() -> Iterator[str]:
    """A word for the command line of whatever must not live on."""
    word = f"marked-{uuid.uuid4().hex}"
    yield word
    assert with_word(word) == []


def with_word(word: str) -> list[psutil.Process]:
    """The processes outside of us that have the word on their command line."""
    return [each for each in psutil.process_iter(["cmdline"]) if word in " ".join(each.info["cmdline"] or [])]


async def test_a_job_has_its_files_and_input_and_gives_back_what_it_wrote(sandbox: Bubblewrap):
    code = """
import sys
print(open("in/given.txt").read() + sys.stdin.read())
print("away", file=sys.stderr)
open("in/given.txt", "a").write("+")
open("új.txt", "w").write("é")
open("bytes", "wb").write(bytes([255, 254]))
sys.exit(3)
"""
    files = {"main.py": code, "in/given.txt": "given ", "untouched": "x"}
    result = await sandbox.run(Job(command=("python3", "main.py"), files=files, stdin="input"))
    assert (result.exit_code, result.stdout, result.stderr) == (3, "given input\n", "away\n")
    assert (result.files, result.stopped, result.ok) == ({"in/given.txt": "given +", "új.txt": "é"}, "", False)
    assert 0 < result.duration_s < 20


async def test_a_traceback_arrives_whole(sandbox: Bubblewrap):
    result = await run(sandbox, "def halve(x):\n    return x / 0\n\nhalve(2)\n")
    assert result.exit_code == 1
    for words in ('File "/job/main.py", line 4, in <module>', "return x / 0", "ZeroDivisionError: division by zero"):
        assert words in result.stderr


async def test_nothing_of_the_host_is_there_to_read(sandbox: Bubblewrap, tmp_path: Path):
    (tmp_path / "secret").write_text("hunter2")
    home = Path.home()
    places = [tmp_path / "secret", "/etc/shadow", "/etc/hosts", home / ".ssh", home / ".bashrc", "/var", "/sys",
              "/home", "/etc/ssl", "/run/docker.sock", "/run/user", "/proc/1/root/etc/shadow", Path.cwd()]  # fmt: skip
    code = f"""
import os
for place in {[str(place) for place in places]!r}:
    if os.path.lexists(place):
        print(place)
print(sorted(os.listdir("/etc")), sorted(os.listdir("/")))
"""
    result = await run(sandbox, code)
    assert result.exit_code == 0
    seen = result.stdout.splitlines()
    assert seen[:-1] == []
    assert "passwd" in seen[-1]
    assert "shadow" not in seen[-1]
    assert "home" not in seen[-1]


async def test_the_home_folder_holds_at_most_the_way_to_the_interpreter(sandbox: Bubblewrap):
    result = await run(sandbox, f"import os; print(os.listdir({str(Path.home())!r}))")
    prefix = interpreter().parents[1]
    if prefix.is_relative_to(Path.home()):
        assert result.stdout.strip() == str([prefix.relative_to(Path.home()).parts[0]])
    else:
        assert "FileNotFoundError" in result.stderr


async def test_the_environment_is_only_what_was_given(sandbox: Bubblewrap, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("API_TOKEN", "hunter2")
    code = """
import glob, os
print(sorted(os.environ))
for place in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    try:
        print(open(place).read())
    except OSError:
        pass
"""
    result = await run(sandbox, code, environ={"GIVEN": "yes"})
    assert "hunter2" not in result.stdout
    assert result.stdout.startswith("['GIVEN', 'HOME', 'LC_CTYPE', 'PATH', 'PWD']\n")


async def test_nothing_outside_of_its_folder_can_be_written(sandbox: Bubblewrap, tmp_path: Path):
    code = f"""
for place in ("/x", "/usr/x", "/etc/x", "/dev/x", "/run/x", "/proc/sys/kernel/core_pattern", {str(tmp_path / "x")!r}):
    try:
        open(place, "w").write("x")
        print("wrote", place)
    except OSError:
        pass
open("/tmp/x", "w").write("its own")
"""
    result = await run(sandbox, code)
    assert (result.exit_code, result.stdout) == (0, "")
    assert not (tmp_path / "x").exists()


async def test_the_loopback_of_the_host_is_another_one(sandbox: Bubblewrap):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        code = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 2)"
        refused = await run(sandbox, code)
        with pytest.raises(TimeoutError):
            server.accept()
        connected = await run(sandbox, code, network=True)
        server.accept()[0].close()
    assert "ConnectionRefusedError" in refused.stderr
    assert connected.ok


async def test_sockets_to_the_machine_around_it_are_refused(sandbox: Bubblewrap):
    result = await run(sandbox, "import socket; socket.socket(40, socket.SOCK_STREAM)")
    assert "Address family not supported" in result.stderr


async def test_it_has_no_rights_and_cannot_take_new_ones(sandbox: Bubblewrap):
    code = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
print([line for line in open("/proc/self/status") if line.startswith(("CapEff", "CapBnd", "NoNewPrivs"))])
print(os.getuid(), libc.unshare(0x10000000), libc.ptrace(16, 1, 0, 0), libc.syscall(250, 0, -3, 0))
"""
    result = await run(sandbox, code)
    rights, calls = result.stdout.splitlines()
    assert ["0000000000000000" in part for part in rights.split(",")[:2]] == [True, True]
    assert "NoNewPrivs:\\t1" in rights
    assert calls == "1000 -1 -1 -1"


async def test_it_holds_no_open_file_that_leads_out(sandbox: Bubblewrap):
    code = """
import os
for number in range(3, 256):
    try:
        os.write(number, b"forged")
        print("wrote to", number)
    except OSError:
        pass
"""
    assert (await run(sandbox, code)).stdout == ""


async def test_computing_for_ever_ends_with_the_processor_time(sandbox: Bubblewrap):
    result = await run(sandbox, "while True: pass", limits=JobLimits(cpu_s=1.0))
    assert (result.exit_code, result.stopped) == (-signal.SIGXCPU, "CPU time 1 s")


async def test_more_memory_than_allowed_is_an_error_of_the_job(sandbox: Bubblewrap):
    result = await run(sandbox, "x = bytearray(4 * 1024**3)")
    assert (result.exit_code, result.stopped) == (1, "memory 512 MB")
    assert "MemoryError" in result.stderr


async def test_memory_that_forks_share_is_counted_once(sandbox: Bubblewrap):
    code = """
import os, time
x = bytearray(b"x") * (100 * 1024**2)
for _ in range(4):
    if not os.fork():
        time.sleep(0.8)
        os._exit(0)
time.sleep(0.8)
"""
    assert (await run(sandbox, code, limits=JobLimits(memory_mb=250))).stopped == ""


async def test_a_fork_bomb_runs_into_its_limit(sandbox: Bubblewrap, mark: str):
    code = f"""
import os, time
made = 0
try:
    while True:
        if not os.fork():
            time.sleep(100)  # {mark}
        made += 1
except OSError as error:
    print(made)
    raise
"""
    result = await run(sandbox, code, limits=JobLimits(processes=20))
    assert 15 <= int(result.stdout) <= 20
    assert (result.exit_code, result.stopped) == (1, "20 processes")


async def test_a_large_file_is_refused_to_it(sandbox: Bubblewrap):
    code = "f = open('large', 'wb')\nfor _ in range(1024): f.write(bytes(1024**2))"
    result = await run(sandbox, code)
    assert "OSError: [Errno 27] File too large" in result.stderr
    assert (result.exit_code, result.stopped) == (1, "file size 16 MB")


@pytest.mark.parametrize("folder", ["/job", "/tmp", "/dev/shm"])
async def test_many_files_run_out_of_room(sandbox: Bubblewrap, folder: str):
    code = f"""
import os
for number in range(1000):
    file = open("{folder}/f", "wb", buffering=0)
    kept = os.dup(file.fileno())
    os.remove("{folder}/f")
    file.write(bytes(3 * 1024**2))
"""
    result = await run(sandbox, code, limits=JobLimits(file_mb=4))
    assert "No space left on device" in result.stderr
    assert result.stopped.startswith("room in the folder")


async def test_a_flood_of_output_is_read_on_and_left_out(sandbox: Bubblewrap):
    own = psutil.Process()
    before = own.memory_info().rss
    code = "import sys\nprint('first')\nfor _ in range(3000): sys.stdout.write('x' * 65536)\nprint('\\nlast')"
    result = await run(sandbox, code, limits=JobLimits(output_chars=1000))
    assert result.ok
    assert result.stdout.startswith("first\nxxx")
    assert result.stdout.endswith("xxx\nlast\n")
    assert "bytes left out" in result.stdout
    assert len(result.stdout) < 1100
    assert own.memory_info().rss - before < 50 * 1024**2


async def test_a_daemon_does_not_outlive_its_job(sandbox: Bubblewrap, mark: str):
    code = f"""
import os, sys
if os.fork():
    sys.exit(0)
os.setsid()
if os.fork():
    os._exit(0)
for number in (0, 1, 2):
    os.close(number)
os.execvp("python3", ["python3", "-c", "import time; time.sleep(99)", "{mark}"])
"""
    result = await run(sandbox, code)
    assert (result.exit_code, result.duration_s < 10) == (0, True)


async def test_it_cannot_kill_what_is_not_its_own(sandbox: Bubblewrap):
    bystander = await asyncio.create_subprocess_exec("sleep", "100")
    try:
        code = f"""
import os
for pid in ({bystander.pid}, {os.getppid()}, {os.getpid()}, 1, -1):
    try:
        os.kill(pid, 9)
    except OSError:
        pass
"""
        result = await run(sandbox, code)
        assert bystander.returncode is None
        assert psutil.pid_exists(bystander.pid)
        assert (result.exit_code, result.ok) == (-9, False)
    finally:
        bystander.kill()
        await bystander.wait()


async def test_links_are_not_followed_on_the_way_back(sandbox: Bubblewrap, tmp_path: Path):
    (tmp_path / "secret").write_text("hunter2")
    code = f"""
import os
os.symlink({str(tmp_path / "secret")!r}, "link.txt")
os.symlink({str(tmp_path)!r}, "folder")
os.symlink("/usr/lib/os-release", "inner.txt")
os.remove("given.txt")
os.symlink({str(tmp_path / "secret")!r}, "given.txt")
os.mkfifo("pipe")
open("plain.txt", "w").write("plain")
"""
    files = {"main.py": code, "given.txt": "given"}
    result = await sandbox.run(Job(command=("python3", "main.py"), files=files))
    assert result.files == {"plain.txt": "plain"}


async def test_what_comes_back_is_bounded(sandbox: Bubblewrap):
    code = """
open("a-large", "w").write("x" * 15_000_000)
for number in range(300):
    open(f"small{number:03}", "w").write("x")
open("z-last", "w").write("z")
"""
    files = (await run(sandbox, code)).files
    assert len(files) == 200
    assert "a-large" not in files


@pytest.mark.parametrize("path", ["/etc/x", "../x", "a/../../x", "", ".", "a\0b"])
async def test_files_are_laid_nowhere_else(sandbox: Bubblewrap, path: str):
    with pytest.raises(Rejected, match="no path for a file of a job"):
        await sandbox.run(Job(command=("true",), files={path: "x"}))


@pytest.mark.parametrize("command", [("true", "\0"), ("true", "x" * 3_000_000)])
async def test_a_command_that_no_kernel_takes_is_rejected(sandbox: Bubblewrap, command: tuple[str, ...]):
    with pytest.raises(Rejected, match="cannot be started"):
        await sandbox.run(Job(command=command))


async def test_a_command_that_is_not_there_is_told_as_a_shell_does(sandbox: Bubblewrap):
    result = await sandbox.run(Job(command=("no-such-command",)))
    assert (result.exit_code, "not found" in result.stderr) == (127, True)


async def test_cancelling_ends_it_with_all_that_it_started(sandbox: Bubblewrap, mark: str):
    task = asyncio.create_task(sandbox.run(Job(command=("sh", "-c", f"sleep 100 & sleep 100; : {mark}"))))
    await until(lambda: bool(with_word(mark)))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("after_s", [0.0, 0.001, 0.003, 0.01, 0.03])
async def test_cancelling_while_it_starts_leaves_nothing(sandbox: Bubblewrap, mark: str, after_s: float):
    task = asyncio.create_task(sandbox.run(Job(command=("sh", "-c", f"sleep 100; : {mark}"))))
    await asyncio.sleep(after_s)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.05)


async def test_no_open_file_stays_behind(sandbox: Bubblewrap):
    await sandbox.run(Job(command=("true",)))
    await asyncio.sleep(0.1)
    before = psutil.Process().num_fds()
    for _ in range(3):
        await sandbox.run(Job(command=("true",)))
    with pytest.raises(Rejected):
        await sandbox.run(Job(command=("true", "\0")))
    await until(lambda: psutil.Process().num_fds() == before)


async def test_many_run_side_by_side(sandbox: Bubblewrap):
    results = await asyncio.gather(*(run(sandbox, f"print({number})") for number in range(6)))
    assert [result.stdout for result in results] == [f"{number}\n" for number in range(6)]


async def test_without_bubblewrap_nothing_runs(tmp_path: Path):
    witness = tmp_path / "ran"
    with pytest.raises(Misuse, match="Code of others is not run"):
        await Bubblewrap(tmp_path / "missing").run(Job(command=("touch", str(witness))))
    assert not witness.exists()


async def test_one_that_does_not_isolate_is_not_used(tmp_path: Path):
    """A stand-in that drops the walls and runs what it is given."""
    open_door = tmp_path / "bwrap"
    open_door.write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n')
    open_door.chmod(0o755)
    witness = tmp_path / "ran"
    with pytest.raises(Misuse, match="Code of others is not run"):
        await Bubblewrap(open_door).run(Job(command=("touch", str(witness))))
    assert not witness.exists()


async def test_a_missing_python_is_told_as_what_it_is(sandbox: Bubblewrap, tmp_path: Path):
    """A stand-in that raises the walls and looks for another name."""
    elsewhere = tmp_path / "bwrap"
    elsewhere.write_text(
        '#!/bin/sh\nfor each; do shift; [ "$each" = python3 ] && each=no-python; set -- "$@" "$each"; done\n'
        f'exec {await sandbox.ready()} "$@"\n'
    )
    elsewhere.chmod(0o755)
    with pytest.raises(Misuse, match="isolates, but in there is no python3") as raised:
        await Bubblewrap(elsewhere).ready()
    assert "user namespaces" not in str(raised.value)


async def test_the_interpreter_is_found_even_where_the_system_has_none(sandbox: Bubblewrap):
    result = await sandbox.run(Job(command=("/run/python/python3", "-c", "import sys; print(sys.version_info[:2])")))
    assert result.stdout.strip() == str(sys.version_info[:2])
