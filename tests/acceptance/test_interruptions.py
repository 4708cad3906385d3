"""Ctrl-C, SIGTERM, readers that leave, closed streams, and two who want the same service."""

import os
import signal
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager

from prunella.testing.openai_server import Hangs, OpenAIServer
from tests.acceptance.conftest import Build
from tests.acceptance.harbour import PRUNELLA, Harbour, until
from tests.acceptance.test_heal import break_port


@contextmanager
def at_work(harbour: Harbour, *words: str) -> Generator["subprocess.Popen[str]"]:
    """A heal that is in the middle: its first change is on the disk, and it watches a check that stays red."""
    before = harbour.picture()
    with harbour.launch("heal", *words) as process:
        until(lambda: harbour.picture() != before or process.poll() is not None, 60)
        assert process.poll() is None, process.communicate()
        yield process
        process.kill()


def hopeless(build: Build) -> Harbour:
    """One fault can be repaired, and a second probe stays red for long: there is time to come in between."""
    harbour = build("lamp")
    break_port(harbour, "lamp")
    slow = ', { command = ["sh", "-c", "sleep 0.8; exit 1"], timeout = "3s" }] '
    harbour.declare(lamp=harbour.table("lamp").replace("}]", "}" + slow))
    harbour.start("lamp")
    return harbour


def test_a_signal_puts_everything_back_and_a_second_one_does_not_cut_that_short(build: Build) -> None:
    harbour = hopeless(build)
    content = harbour.file("lamp").read_bytes()
    with at_work(harbour) as process:
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 130, out + err
    assert "↩ rolled back" in out
    assert "Traceback" not in out + err
    assert harbour.file("lamp").read_bytes() == content
    assert list(harbour.pids()) == ["lamp/.env"]


def test_a_second_heal_is_told_who_holds_it_and_may_wait(build: Build) -> None:
    """The first one thinks for as long as we like: its model hangs."""
    harbour = build("tide")
    with OpenAIServer(Hangs()) as model, harbour.launch("heal", "--brain", model.url) as first:
        assert model.arrived.wait(60), first.communicate()
        second = harbour.run("heal", "--service", "tide")
        assert second.code == 6, second.said
        assert "tide is held by run" in second.err
        assert "--wait" in second.err
        with harbour.launch("heal", "--wait") as waiting:
            until(lambda: any((harbour.home / "waiting").glob("*.json")), 60)
            status = harbour.run("status").out
            assert "at work" in status
            assert "waiting for" in status
            first.send_signal(signal.SIGINT)
            out, err = waiting.communicate(timeout=120)
            assert waiting.returncode == 0, out + err
            assert err.endswith("; waiting.\n")
        first.communicate(timeout=60)
        assert first.returncode == 130
    assert harbour.is_alive("tide")
    assert not list((harbour.home / "waiting").iterdir())


def test_a_run_that_was_killed_is_shown_and_brought_to_its_end(build: Build) -> None:
    harbour = hopeless(build)
    with at_work(harbour) as process:
        process.kill()
        process.communicate()
    assert "cut short" in harbour.run("status").out
    assert "This run was cut short" in harbour.run("explain").out
    harbour.declare()
    ended = harbour.run("heal")
    assert ended.code == 0, ended.said
    assert "was cut short (its process is gone); going on with it" in ended.err
    assert harbour.is_alive("lamp")


def test_a_reader_that_leaves_does_not_end_the_repair(build: Build) -> None:
    harbour = build("tide")
    command = f"set -o pipefail; '{PRUNELLA}' heal | head -1"
    ended = subprocess.run(
        ["bash", "-c", command], cwd=harbour.folder, env=harbour.environ({}), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert len(ended.stdout.splitlines()) == 1
    assert ended.stderr == ""
    assert harbour.is_alive("tide")


def test_closed_streams_and_a_narrow_terminal_are_no_trouble(build: Build) -> None:
    harbour = build("tide")
    ended = subprocess.run(
        ["bash", "-c", f"'{PRUNELLA}' heal --dry-run <&- >&- 2>&-"], cwd=harbour.folder,
        env=harbour.environ({"COLUMNS": "7"}), capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (3, b"")
    ended = subprocess.run(
        ["bash", "-c", f"'{PRUNELLA}' status <&-"], cwd=harbour.folder,
        env=harbour.environ({"COLUMNS": "7"}), capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr, b"escalated" in ended.stdout) == (0, b"", True)
    assert not harbour.pids()


def test_in_a_terminal_it_asks_and_ctrl_c_is_heard_while_it_does(build: Build) -> None:
    harbour = build("tide")
    harbour.declare(policy="")
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [PRUNELLA, "heal"], cwd=harbour.folder, env=harbour.environ({"TERM": "xterm", "COLUMNS": "30"}),
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        try:
            shown = read_until(ours, b"no, and stop")
            assert b"May I?" in shown
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 130
        finally:
            process.kill()
    os.close(ours)
    assert not harbour.pids()


def read_until(terminal: int, words: bytes) -> bytes:
    shown = b""
    while words not in b" ".join(shown.split()):
        shown += os.read(terminal, 4096)
    return shown
