import asyncio
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from prunella.domain.supervisor import ProcessSupervisor
from prunella.errors import Rejected
from prunella.supervisors.process import ProcessService
from prunella.supervisors.processes import end_process
from prunella.testing.supervisors import SupervisorSuite
from tests.supervisors.conftest import DYING, SLEEPER, STUBBORN, is_alive, until

Program = Callable[..., ProcessSupervisor]
Serve = Callable[..., ProcessService]

FAMILY = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""
TITLED = """
import ctypes, os, time
stat = open('/proc/self/stat').read().rsplit(')', 1)[1].split()
begin, end = int(stat[47]), int(stat[48])  # env_start, env_end: proc_pid_stat(5), fields 50 and 51
ctypes.memset(begin, 0, end - begin)
print('overwritten', flush=True)
time.sleep(60)
"""


class TestConformance(SupervisorSuite):
    def make(self, folder: Path) -> ProcessService:
        return self.serving(folder, SLEEPER)

    def make_dying(self, folder: Path) -> ProcessService:
        return self.serving(folder, DYING)

    def make_stubborn(self, folder: Path) -> ProcessService:
        return self.serving(folder, STUBBORN)

    def serving(self, folder: Path, source: str) -> ProcessService:
        (folder / "app.py").write_text(source)
        spec = ProcessSupervisor(command=(sys.executable, "app.py"), cwd=folder, stop_timeout_s=0.5)
        return ProcessService(spec, service="app", tag=f"t:{folder}", config_digest=str, output_folder=folder)


async def said(service: ProcessService, words: str = "") -> str:
    """What the service wrote, once it holds `words` and a line end."""
    async with asyncio.timeout(5):
        while True:
            text = service.output.read_text() if service.output.exists() else ""
            if words in text and text.endswith("\n"):
                return text
            await asyncio.sleep(0.02)


async def counts(service: ProcessService, pid: int) -> bool:
    return (await service.status()).pid == pid


def outside(command: list[str], cwd: Path, **env: str) -> "subprocess.Popen[bytes]":
    """Started by somebody else."""
    silence = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=cwd, env={**os.environ, **env}, stdout=silence, stderr=silence)


async def test_status_names_pid_start_and_configuration(program: Program, serve: Serve):
    service = serve(program(), digest="abc")
    begun = time.time()
    await service.start()
    status = await service.status()
    assert status.config == "abc"
    assert status.pid is not None
    assert psutil.Process(status.pid).cmdline()[1:] == ["app.py"]
    assert status.started is not None
    assert abs(status.started - begun) < 2


async def test_the_child_gets_our_environment_its_own_and_no_terminal(program: Program, serve: Serve):
    source = "import os, sys\nprint(os.environ['COLOUR'], 'PATH' in os.environ, sys.stdin.read() == '', flush=True)\n"
    service = serve(program(source + SLEEPER, env={"COLOUR": "green"}))
    await service.start()
    assert await said(service, "up") == "green True True\nup\n"
    pid = (await service.status()).pid
    assert pid is not None
    assert os.getsid(pid) == pid


async def test_output_is_appended_where_the_operator_wants_it(program: Program, serve: Serve, tmp_path: Path):
    output = tmp_path / "log" / "app.log"
    output.parent.mkdir()
    output.write_text("before\n")
    service = serve(program(output=output))
    await service.start()
    assert await said(service, "up") == "before\nup\n"


async def test_an_immediate_end_is_rejected_with_its_last_words(program: Program, serve: Serve):
    service = serve(program("import sys\nprint('old', flush=True)\nsys.exit('no PORT set')"))
    with pytest.raises(Rejected, match=r"(?s)ended at once with exit code 1\..*no PORT set"):
        await service.start()
    assert not (await service.status()).running


async def test_last_words_of_an_earlier_run_are_not_repeated(program: Program, serve: Serve):
    spec = program("import sys\nsys.exit(3)")
    service = serve(spec)
    service.output.parent.mkdir()
    service.output.write_text("from yesterday\n")
    with pytest.raises(Rejected, match=r"exit code 3\. It said nothing"):
        await service.start()


async def test_a_missing_executable_spawns_nothing(program: Program, serve: Serve):
    with pytest.raises(Rejected, match="no executable no-such-program in PATH"):
        await serve(program(command=("no-such-program",))).start()


async def test_a_missing_folder_spawns_nothing(program: Program, serve: Serve, tmp_path: Path):
    with pytest.raises(Rejected, match=r"folder .*gone does not exist"):
        await serve(program(cwd=tmp_path / "gone")).start()


async def test_a_text_without_interpreter_cannot_start(program: Program, serve: Serve, tmp_path: Path):
    (tmp_path / "app").write_bytes(b"\x00\x01 neither")
    (tmp_path / "app").chmod(0o755)
    with pytest.raises(Rejected, match="cannot start"):
        await serve(program(command=("./app",))).start()


async def test_an_output_that_cannot_be_opened_spawns_nothing(program: Program, serve: Serve, tmp_path: Path):
    service = serve(program(output=tmp_path))
    with pytest.raises(Rejected, match="cannot start"):
        await service.start()
    assert not (await service.status()).running


async def test_a_restart_that_could_not_start_again_stops_nothing(program: Program, serve: Serve):
    await serve(program()).start()
    with pytest.raises(Rejected):
        await serve(program(command=("no-such-program",))).restart()
    assert (await serve(program()).status()).running


async def test_restart_runs_on_the_new_configuration(program: Program, serve: Serve):
    spec = program()
    await serve(spec, digest="old").start()
    before = await serve(spec).status()
    await serve(spec, digest="new").restart()
    after = await serve(spec).status()
    assert (before.config, after.config) == ("old", "new")
    assert before.pid != after.pid


async def test_a_child_that_dies_later_is_not_running_and_no_zombie(program: Program, serve: Serve):
    service = serve(program())
    await service.start()
    pid = (await service.status()).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await until(lambda: not psutil.pid_exists(pid))
    assert not (await service.status()).running


async def test_a_zombie_is_not_running(program: Program, serve: Serve, tmp_path: Path):
    service = serve(program())
    child = outside([sys.executable, "app.py"], tmp_path)
    assert (await service.status()).running
    child.send_signal(signal.SIGKILL)
    await until(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE)
    assert not (await service.status()).running
    child.wait()


async def test_term_that_is_ignored_becomes_kill(program: Program, serve: Serve):
    service = serve(program(STUBBORN, stop_timeout_s=0.3))
    await service.start()
    await said(service, "up")
    await service.stop()
    assert not (await service.status()).running


async def test_a_frozen_process_can_be_stopped_gently(program: Program, serve: Serve):
    service = serve(program())
    await service.start()
    pid = (await service.status()).pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    begun = time.monotonic()
    await service.stop()
    assert time.monotonic() - begun < 1.5


async def test_descendants_are_no_instances_and_end_with_their_root(program: Program, serve: Serve):
    service = serve(program(FAMILY))
    await service.start()
    grandchild = int(await said(service))
    assert len(await service.instances()) == 1
    await service.stop()
    assert not is_alive(grandchild)


async def test_orphans_with_the_tag_are_found_and_ended(program: Program, serve: Serve):
    service = serve(program(FAMILY))
    await service.start()
    orphan = int(await said(service))
    root = (await service.status()).pid
    assert root is not None
    os.kill(root, signal.SIGKILL)
    await until(lambda: counts(service, orphan))
    await service.stop()
    assert not is_alive(orphan)


async def test_what_others_started_is_adopted(program: Program, serve: Serve, tmp_path: Path):
    service = serve(program())
    child = outside([sys.executable, "app.py"], tmp_path)
    status = await service.status()
    assert (status.running, status.pid, status.config) == (True, child.pid, None)
    await service.start()
    assert len(await service.instances()) == 1
    await service.stop()
    assert child.wait() == -signal.SIGTERM


@pytest.mark.parametrize("interpreter", ["/bin/sh", "/usr/bin/env -S sh"])
async def test_a_script_is_adopted_by_its_tail(program: Program, serve: Serve, tmp_path: Path, interpreter: str):
    (tmp_path / "run.sh").write_text(f"#!{interpreter}\nsleep 60\nexit 0\n")
    (tmp_path / "run.sh").chmod(0o755)
    service = serve(program(command=("./run.sh", "fast")))
    other = outside(["./run.sh", "slow"], tmp_path)
    reader = outside(["tail", "-f", "./run.sh"], tmp_path)
    child = outside(["./run.sh", "fast"], tmp_path)
    await asyncio.sleep(0.1)
    assert [each.pid for each in await service.instances()] == [child.pid]
    for each in (other, reader, child):
        await end_process(each.pid, psutil.Process(each.pid).create_time(), 1)
        each.wait()


async def test_neighbours_are_not_adopted(program: Program, serve: Serve, tmp_path: Path):
    service = serve(program(env={"NAME": "app"}))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "app.py").write_text(SLEEPER)
    command = [sys.executable, "app.py"]
    strangers = [
        outside(command, elsewhere),
        outside([*command, "--more"], tmp_path),
        outside(command, tmp_path, NAME="other"),
        outside(command, tmp_path, PRUNELLA_SERVICE="another:app"),
    ]
    assert await service.instances() == ()
    for each in strangers:
        each.kill()
        each.wait()


async def test_the_one_that_listens_counts_and_the_others_are_strays(program: Program, serve: Serve, tmp_path: Path):
    source = (
        "import os, socket, time\nif os.environ.get('L'):\n s = socket.create_server(('127.0.0.1', 0))\ntime.sleep(60)"
    )
    service = serve(program(source))
    silent = outside([sys.executable, "app.py"], tmp_path)
    await asyncio.sleep(0.05)
    listening = outside([sys.executable, "app.py"], tmp_path, L="1")
    await until(lambda: counts(service, listening.pid))
    status = await service.status()
    assert f"also running: pid {silent.pid}" in status.detail
    await service.stop()
    assert {silent.wait(), listening.wait()} == {-signal.SIGTERM}


async def test_a_server_that_overwrites_its_environment_is_still_ours(program: Program, serve: Serve):
    service = serve(program(TITLED, command=(sys.executable, "app.py", "--was", "another")))
    await service.start()
    await said(service, "overwritten")
    renamed = serve(program(TITLED))  # the argv no longer helps
    status = await renamed.status()
    assert psutil.Process(status.pid).environ() == {}
    assert status.running
    await renamed.stop()
    assert not (await service.status()).running


KILLED_STARTER = """
import asyncio, os, signal, sys
from pathlib import Path
from prunella.domain.supervisor import ProcessSupervisor
from prunella.supervisors.process import ProcessService
folder = Path(sys.argv[1])
class Dying(ProcessService):
    def _spawn(self):
        super()._spawn()
        os.kill(os.getpid(), signal.SIGKILL)
spec = ProcessSupervisor(command=(sys.executable, "app.py"), cwd=folder)
asyncio.run(Dying(spec, service="app", tag=sys.argv[2], config_digest=str, output_folder=folder / "state").start())
"""


async def test_a_kill_between_spawn_and_return_loses_no_process(program: Program, serve: Serve, tmp_path: Path):
    spec = program()
    tag = serve(spec)._tag  # pyright: ignore[reportPrivateUsage]  the starter must use the same one
    starter = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED_STARTER, str(tmp_path), tag)
    assert await starter.wait() == -signal.SIGKILL
    service = serve(spec)
    orphan = await service.status()
    assert orphan.running
    await service.start()
    assert (await service.status()).pid == orphan.pid
    await service.stop()
    assert orphan.pid is not None
    assert not is_alive(orphan.pid)


DAEMON = """
import os, time
if os.fork():
    os._exit(0)
os.setsid()
print('up', flush=True)
time.sleep(60)
"""


async def test_a_daemon_that_leaves_its_parent_is_found(program: Program, serve: Serve):
    service = serve(program(DAEMON))
    await service.start()
    assert (await service.status()).running
    await service.stop()
    assert not (await service.status()).running


@pytest.mark.skipif(os.getuid() != 0, reason="only root may start something as another user")
async def test_it_runs_as_the_user_that_is_declared(program: Program, serve: Serve, tmp_path: Path):
    service = serve(program(command=("sleep", "60"), user="nobody"))
    await service.start()
    status = await service.status()
    assert status.pid is not None
    process = psutil.Process(status.pid)
    nobody = pwd.getpwnam("nobody")
    assert (process.uids().effective, process.gids().effective) == (nobody.pw_uid, nobody.pw_gid)
    assert process.environ()["HOME"] == nobody.pw_dir
    adopting = serve(program(command=("sleep", "60"), user="nobody"), service="other")
    assert not (await adopting.status()).running, "it carries another service's tag"
    await service.stop()
    stranger = psutil.Popen(["sleep", "60"], cwd=tmp_path, user="nobody")
    assert (await service.status()).pid == stranger.pid, "one that another hand started as that user is adopted"
    await service.stop()
    stranger.wait(5)


async def test_a_user_that_does_not_exist_is_told_before_anything_stops(program: Program, serve: Serve):
    with pytest.raises(Rejected, match="no user nobody-at-all"):
        await serve(program(user="nobody-at-all")).start()


async def test_what_it_read_again_is_what_it_runs_on(program: Program, serve: Serve):
    service = serve(program())
    await service.start()
    assert (await service.status()).config == "d1"
    await service.note_reload("d2")
    assert (await service.status()).config == "d2"
    await service.restart()
    assert (await service.status()).config == "d1", "a new process runs on what it was started with"
    await service.stop()
