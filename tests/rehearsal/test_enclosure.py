import asyncio
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from prunella.commands import run_command
from prunella.domain.service import Service
from prunella.domain.supervisor import CommandResult, ProcessSupervisor
from prunella.rehearsal.enclosure import Enclosure
from prunella.rehearsal.privacy import private_folder
from prunella.rehearsal.rooms import lay_out
from tests.rehearsal.stage import ENCLOSED

pytestmark = pytest.mark.usefixtures("enclosed")


def service_in(folder: Path) -> Service:
    folder.mkdir(parents=True, exist_ok=True)
    return Service(name="app", folder=folder, supervisor=ProcessSupervisor(command=("app",), cwd=folder))


async def shut_in(folder: Path, script: str) -> CommandResult:
    """The shell's `script` in the service's folder."""
    service = service_in(folder / "app")
    layout = lay_out(service, {}, folder / "private", frozenset())
    command = ENCLOSED.around(("/bin/sh", "-c", script), service.folder, layout, (folder,))
    return await run_command(command, Path("/"), 10)


@pytest.mark.parametrize(
    "script",
    [
        "echo x > /prunella-was-here",
        "echo x > ../outside",
        "mount -o remount,rw /",
        "mount -o remount,bind,rw /",
        "mknod disk b 8 0",
        "test -w /proc/sys/kernel/printk",
        "test -w /proc/sysrq-trigger",
        "umount -l .",
    ],
)
async def test_the_world_cannot_be_changed(tmp_path: Path, script: str):
    result = await shut_in(tmp_path, script)
    assert not result.ok
    assert not any(path.exists() for path in (Path("/prunella-was-here"), tmp_path / "outside"))


async def test_it_writes_in_its_folder_and_in_tmp_and_nothing_comes_of_it(tmp_path: Path):
    name = f"prunella-{os.getpid()}"
    result = await shut_in(tmp_path, f"echo x > here && echo x > /tmp/{name} && cat here /tmp/{name} && pwd")
    assert result.output.split() == ["x", "x", str(tmp_path / "app")]
    assert not any(path.exists() for path in (tmp_path / "app/here", Path("/tmp", name)))


async def test_it_reaches_neither_the_machines_loopback_nor_its_processes(tmp_path: Path):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        there = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}))"
        assert "refused" in (await shut_in(tmp_path, f'{sys.executable} -S -E -c "{there}"')).output
        assert "No such process" in (await shut_in(tmp_path / "2", f"kill -0 {os.getpid()}")).output


async def test_nothing_installed_and_nothing_that_works_is_no_enclosure(tmp_path: Path):
    assert not await Enclosure(()).is_there()
    assert not await Enclosure((tmp_path / "bwrap",)).is_there()
    assert not await Enclosure((Path("/bin/true"),)).is_there()


def test_large_and_foreign_folders_are_lent_and_sockets_left_out(tmp_path: Path):
    service = service_in(tmp_path / "app")
    (service.folder / ".git").mkdir()
    (service.folder / "env/bin").mkdir(parents=True)
    (service.folder / "env/pyvenv.cfg").touch()
    (service.folder / "big.bin").write_bytes(b"\0" * (9 * 1024 * 1024))
    (service.folder / "link").symlink_to("small")
    (service.folder / "small").write_text("s")
    (service.folder / "small").chmod(0o640)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(service.folder / "sock"))
        layout = lay_out(service, {service.folder / "small": b"t"}, tmp_path / "private", frozenset())
    (room,) = layout.rooms
    assert sorted(each.name for each in room.lent) == [".git", "big.bin", "env"]
    assert (room.copy / "big.bin").stat().st_size == 0
    assert (room.copy / "small").read_text() == "t"
    assert stat.S_IMODE((room.copy / "small").stat().st_mode) == 0o640
    assert (room.copy / "link").is_symlink()
    assert not (room.copy / "sock").exists()
    assert (service.folder / "small").read_text() == "s"


def test_folders_that_are_no_services_own_are_never_copied(tmp_path: Path):
    service = Service(name="app", folder=Path("/etc"), supervisor=ProcessSupervisor(command=("app",), cwd=Path("/")))
    assert lay_out(service, {}, tmp_path, frozenset()).rooms == ()


def test_what_a_dead_process_left_is_cleared_away_and_what_a_living_one_has_is_not(tmp_path: Path):
    home = tmp_path / "shadows"
    with private_folder(home) as living:
        assert stat.S_IMODE(living.stat().st_mode) == 0o700
        dead = home / "dead"
        (dead / "closed").mkdir(parents=True)
        (dead / "closed").chmod(0)
        (home / "dead.lock").touch()
        with private_folder(home) as other:
            assert living.is_dir()
            assert other.is_dir()
            assert not dead.exists()
        assert [each.name for each in home.iterdir() if each.is_dir()] == [living.name]
    assert list(home.iterdir()) == []


REHEARSING = """
import asyncio, json, sys
from pathlib import Path
from tests.rehearsal.stage import Stage, put
from tests.world.yard import Yard

async def main():
    stage = Stage(Yard(Path(sys.argv[1])))
    stage.service("app", "LEVEL=LOUD\\n", 1, check=True)
    step = put("app/app.env", "LEVEL", "low")
    if sys.argv[2] == "hang":
        (stage.yard.folder / "app/app.env").write_text("LEVEL=LOUD\\nHANGS=yes\\n")
    print((await stage.rehearse(step)).model_dump_json())

asyncio.run(main())
"""


def inside_of(folder: Path) -> list[int]:
    """Processes that say the folder's name, or work in it."""
    found = psutil.process_iter(["cmdline", "cwd", "status"])
    return [
        p.pid
        for p in found
        if p.info["status"] != "zombie"
        and (str(folder) in " ".join(p.info["cmdline"] or []) or str(p.info["cwd"] or "").startswith(str(folder)))
    ]


@pytest.mark.parametrize("begun", [1, 2, 3])
async def test_nothing_outlives_us_when_we_are_killed(tmp_path: Path, begun: int):
    folder = tmp_path
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", REHEARSING, str(folder), "hang", env={**os.environ, "PYTHONPATH": "."}
    )
    try:
        async with asyncio.timeout(20):
            while len(inside_of(folder)) < 1 + begun:  # noqa: ASYNC110 -- processes send no event
                await asyncio.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    async with asyncio.timeout(5):
        while inside_of(folder):  # noqa: ASYNC110 -- processes send no event
            await asyncio.sleep(0.05)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
@pytest.mark.skipif(not shutil.which("setpriv"), reason="setpriv is missing")
def test_it_works_for_a_user_without_rights():
    with tempfile.TemporaryDirectory() as folder:
        shutil.chown(folder, 65534, 65534)
        somebody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        done = subprocess.run(
            [*somebody, sys.executable, "-c", REHEARSING, folder, "once"],
            env={**os.environ, "PYTHONPATH": ".", "HOME": folder, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert '"ok":true' in done.stdout, done.stdout
        assert "(bubblewrap)" in done.stdout, done.stdout
