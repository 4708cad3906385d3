import os
import subprocess
import sys

import pytest

from prunella.storage.holder import is_alive, this_process


def _child_holder(child: "subprocess.Popen[str]") -> str:
    assert child.stdout
    return child.stdout.readline().strip()


@pytest.fixture
def command() -> list[str]:
    script = "from prunella.storage.holder import this_process; print(this_process(), flush=True); input()"
    return [sys.executable, "-c", script]


def test_this_process_is_alive_and_keeps_its_name():
    assert this_process() == this_process()
    assert this_process().startswith(f"{os.getpid()}@")
    assert is_alive(this_process())


def test_a_child_is_alive_until_it_is_killed_even_unreaped(command: list[str]):
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        holder = _child_holder(child)
        alive_before = is_alive(holder)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        dead_while_zombie = not is_alive(holder)
    assert (alive_before, dead_while_zombie, is_alive(holder)) == (True, True, False)


def test_another_process_with_the_same_number_is_somebody_else():
    pid, _, started = this_process().partition("@")
    assert not is_alive(f"{pid}@{float(started) - 0.05:.2f}")


@pytest.mark.parametrize("nobody", ["", "somebody", "@", "1@", "@1", "{me}@soon", "0@0", "-1@5"])
def test_nobody_is_not_alive(nobody: str):
    assert not is_alive(nobody.format(me=os.getpid()))
