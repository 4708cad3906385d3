import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from prunella.supervisors.matching import interpreter_of
from prunella.supervisors.ports import family_of, listeners, ports_of
from prunella.supervisors.processes import end_process, tag_of
from tests.supervisors.conftest import is_alive, until


@pytest.fixture
def sleeper(tmp_path: Path):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], cwd=tmp_path)
    yield child
    child.kill()
    child.wait()


def test_equal_names_in_two_fleets_have_two_tags(tmp_path: Path):
    assert tag_of(tmp_path / "a.toml", "x") != tag_of(tmp_path / "b.toml", "x")
    assert tag_of(tmp_path / "a.toml", "x") != tag_of(tmp_path / "a.toml", "y")


def test_a_fleet_reached_by_a_link_has_the_same_tag(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert tag_of(tmp_path / "link" / "f.toml", "x") == tag_of(tmp_path / "real" / "f.toml", "x")


def test_we_are_never_our_own_service(tmp_path: Path):
    """In a process whose command is its own alone."""
    look = (
        "import os, psutil; from pathlib import Path; from prunella.supervisors.processes import find_instances\n"
        "print(find_instances('none', tuple(psutil.Process().cmdline()), Path(os.getcwd())))"
    )
    command = [sys.executable, "-c", look, str(tmp_path)]
    assert subprocess.run(command, capture_output=True, check=True, text=True, timeout=30).stdout.strip() == "()"


async def test_we_are_never_ended():
    us = psutil.Process()
    assert not await end_process(us.pid, us.create_time(), 0.1)


async def test_a_pid_that_is_another_process_now_is_left_alone(sleeper: "subprocess.Popen[bytes]"):
    started = psutil.Process(sleeper.pid).create_time()
    assert not await end_process(sleeper.pid, started - 100, 0.1)
    assert sleeper.poll() is None
    assert await end_process(sleeper.pid, started, 1.0)
    assert sleeper.wait() == -signal.SIGTERM


async def test_what_is_gone_needs_no_end(sleeper: "subprocess.Popen[bytes]"):
    started = psutil.Process(sleeper.pid).create_time()
    sleeper.kill()
    await until(lambda: not is_alive(sleeper.pid))
    assert not await end_process(sleeper.pid, started, 0.1)
    sleeper.wait()
    assert not await end_process(sleeper.pid, started, 0.1)


async def test_a_process_in_our_group_ends_alone(sleeper: "subprocess.Popen[bytes]", tmp_path: Path):
    other = await asyncio.create_subprocess_exec("sleep", "60", cwd=tmp_path)
    assert os.getpgid(sleeper.pid) == os.getpgid(0)
    await end_process(sleeper.pid, psutil.Process(sleeper.pid).create_time(), 1.0)
    assert is_alive(other.pid)
    other.kill()
    await other.wait()


async def test_the_group_of_a_leader_ends_with_it(tmp_path: Path):
    """The background job's parent is gone, so only the group leads to it."""
    script = "(sleep 60 & echo $!) ; sleep 60; true"
    child = await asyncio.create_subprocess_exec(
        "sh", "-c", script, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    assert child.stdout is not None
    job = int(await asyncio.wait_for(child.stdout.readline(), 5))
    await end_process(child.pid, psutil.Process(child.pid).create_time(), 1.0)
    assert not is_alive(job)
    await child.communicate()


def test_listeners_name_their_process():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        mine = next(each for each in listeners() if each.port == port)
        assert (mine.host, mine.pid) == ("127.0.0.1", os.getpid())
        assert mine.started == pytest.approx(psutil.Process().create_time())
        assert mine.argv == tuple(psutil.Process().cmdline())
        assert port in ports_of(os.getpid())
    assert port not in ports_of(os.getpid())


def test_a_connection_is_no_listener():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getsockname()[1] not in {each.port for each in listeners()}


async def test_ports_of_children_count(tmp_path: Path):
    listen = "import socket, time; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True)"
    script = f'"{sys.executable}" -c "{listen}; time.sleep(60)"; true'
    child = await asyncio.create_subprocess_exec("sh", "-c", script, cwd=tmp_path, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    port = int(await asyncio.wait_for(child.stdout.readline(), 5))
    assert ports_of(child.pid) == (port,)
    assert len(family_of(child.pid)) == 2
    await end_process(child.pid, psutil.Process(child.pid).create_time(), 1.0)
    await child.communicate()


def test_a_pid_that_is_gone_has_no_ports(sleeper: "subprocess.Popen[bytes]"):
    sleeper.kill()
    sleeper.wait()
    assert ports_of(sleeper.pid) == ()
    assert family_of(sleeper.pid) == frozenset()


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (b"#!/bin/sh\n", ("/bin/sh",)),
        (b"#! /usr/bin/env python3\n", ("python3",)),
        (b"#!/usr/bin/env -S python3 -u\n", ("python3", "-u")),
        (b"\x7fELF", ()),
        (b"#!\n", ()),
        (b"", ()),
    ],
)
def test_a_script_says_what_runs_it(tmp_path: Path, first: bytes, words: tuple[str, ...]):
    (tmp_path / "script").write_bytes(first)
    assert interpreter_of(tmp_path / "script") == words


def test_what_cannot_be_read_is_no_script(tmp_path: Path):
    assert interpreter_of(tmp_path) == ()
    assert interpreter_of(tmp_path / "gone") == ()
