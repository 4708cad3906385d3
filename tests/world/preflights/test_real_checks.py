"""Derived checks against the real servers: green for what would start, red with the server's own words for the rest."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from prunella.commands import run_command
from prunella.domain.service import Service
from prunella.domain.supervisor import CommandResult, ProcessSupervisor
from prunella.world.preflights.preflight import check_of
from tests.world.real_servers import Server, haproxy_in, nginx_in, postgres_in, public_folder, redis_in


async def checked(command: tuple[str, ...], folder: Path) -> CommandResult:
    spec = ProcessSupervisor(command=command, cwd=folder)
    check = check_of(Service(name="x", folder=folder, supervisor=spec))
    assert check is not None
    return await run_command(check.command, check.cwd, 20.0, env=check.env)


def names(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*")}


@pytest.mark.parametrize(
    ("make", "change", "words"),
    [
        pytest.param(nginx_in, ("http {", "http { nope on;"), 'unknown directive "nope"', id="nginx"),
        pytest.param(haproxy_in, ("mode http", "mode htpp"), "htpp", id="haproxy"),
        pytest.param(redis_in, ("appendonly yes", "appendonly maybe"), "at line 5", id="redis"),
        pytest.param(redis_in, ("bind 127.0.0.1", "bind 192.0.2.7"), "192.0.2.7", id="redis-bind"),
        pytest.param(redis_in, ("data\nlogfile", "nope\nlogfile"), "No such file or directory", id="redis-dir"),
    ],
)
async def test_a_server_that_does_not_run(
    tmp_path: Path, make: Callable[[Path], Server], change: tuple[str, str], words: str
):
    server, (good, bad) = make(tmp_path), change
    assert (await checked(server.command, server.config.parent)).ok
    server.config.write_text(server.config.read_text().replace(good, bad, 1))
    result = await checked(server.command, server.config.parent)
    assert not result.ok
    assert words in result.output


async def test_the_check_of_redis_leaves_nothing_and_takes_no_port(tmp_path: Path):
    server = redis_in(tmp_path)
    before = names(tmp_path)
    assert (await checked(server.command, tmp_path)).ok
    assert names(tmp_path) == before


@pytest.fixture(scope="module")
def database() -> Iterator[Server]:
    """With its files as they were before each test."""
    with public_folder() as folder:
        yield postgres_in(folder)


@pytest.fixture
def postgres(database: Server) -> Iterator[Server]:
    files = [database.config, database.config.with_name("pg_hba.conf")]
    texts = [path.read_text() for path in files]
    yield database
    for path, text in zip(files, texts, strict=True):
        path.write_text(text)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("shared_buffers = 128MBB", "128MBB"),
        ("max_connections = 3", "must be less than max_connections"),
        ("ssl = on", "server.crt"),
        ("shared_preload_libraries = 'nope'", '"nope"'),
        ("include 'nope.conf'", "nope.conf"),
        ("listen_addresses = '192.0.2.7'", "192.0.2.7"),
        ("unix_socket_directories = '/nope'", "/nope"),
    ],
)
async def test_what_postgresql_would_not_start_with(postgres: Server, more: str, words: str):
    with postgres.config.open("a") as file:
        file.write(f"{more}\n")
    result = await checked(postgres.command, Path("/"))
    assert not result.ok
    assert words in result.output


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("hots all all all md5", "hots"),
        ("host all all 127.0.0.1/33 md5", "127.0.0.1/33"),
        ("host all all all scarm-sha-256", "scarm-sha-256"),
        ("host all all all ldap", "ldap"),
    ],
)
async def test_records_that_postgresql_would_not_start_with(postgres: Server, line: str, words: str):
    hba = postgres.config.with_name("pg_hba.conf")
    hba.write_text(f"{hba.read_text()}{line}\n")
    result = await checked(postgres.command, Path("/"))
    assert not result.ok
    assert words in result.output
    assert "line 3" in result.output


@pytest.fixture
def stranger() -> Iterator[int]:
    """The pid of somebody who is no server."""
    with subprocess.Popen(["sleep", "60"]) as other:
        yield other.pid
        other.kill()


async def test_the_lock_of_somebody_who_is_no_postgresql_is_seen(postgres: Server, stranger: int):
    lock = postgres.config.with_name("postmaster.pid")
    lock.write_text(f"{stranger}\n")
    result = await checked(postgres.command, Path("/"))
    lock.unlink()
    assert not result.ok
    assert f"process {stranger}, which is sleep" in result.output
    assert (await checked(postgres.command, Path("/"))).ok


@pytest.fixture
def running(postgres: Server) -> Iterator[Server]:
    with subprocess.Popen(postgres.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/") as process:
        assert any(b"ready to accept" in line for line in process.stdout or ())
        yield postgres
        assert process.poll() is None
        process.terminate()


async def test_a_postgresql_that_runs_is_not_disturbed(running: Server):
    data = running.config.parent
    lock, control = (data / "postmaster.pid").read_text(), (data / "global/pg_control").read_bytes()
    assert (await checked(running.command, Path("/"))).ok
    assert (data / "postmaster.pid").read_text().splitlines()[:6] == lock.splitlines()[:6]
    assert (data / "global/pg_control").read_bytes() == control


@pytest.fixture
def supervisord() -> str:
    program = Path(sys.executable).with_name("supervisord")
    if not program.exists():
        pytest.skip("no `supervisord`: install supervisor")
    return str(program)


async def test_supervisord_reads_its_own_file(tmp_path: Path, supervisord: str):
    conf = tmp_path / "supervisord.conf"
    conf.write_text("[supervisord]\n[program:x]\ncommand=/bin/sleep %(process_num)d\n")
    assert (await checked((supervisord, "-n", "-c", str(conf)), tmp_path)).ok
    conf.write_text("[supervisord]\n[program:x]\ncommand=/bin/sleep %(nope)d\n")
    result = await checked((supervisord, "-n", "-c", str(conf)), tmp_path)
    assert not result.ok
    assert "nope" in result.output
    assert names(tmp_path) == {str(conf)}
