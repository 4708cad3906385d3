import asyncio
import os
import resource
import sys
from pathlib import Path

import psutil
import pytest

from prunella.commands import run_command


def shell(script: str) -> tuple[str, ...]:
    return ("sh", "-c", script)


async def ended(pid: int) -> bool:
    """True when the process is gone within a second, or only a zombie is left."""
    for _ in range(50):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.Error:
            return True
        await asyncio.sleep(0.02)
    return False


async def pid_in(file: Path) -> int:
    def text() -> str:
        return file.read_text() if file.exists() else ""

    for _ in range(500):
        if text().endswith("\n"):
            break
        await asyncio.sleep(0.01)
    return int(text())


async def test_both_streams_and_the_exit_code(tmp_path: Path):
    result = await run_command(shell("echo out; echo err >&2; exit 3"), tmp_path, 5)
    assert (result.exit_code, result.output) == (3, "out\nerr\n")
    assert 0 < result.duration_s < 5


async def test_it_runs_in_its_folder_with_our_environment_and_more(tmp_path: Path):
    result = await run_command(shell('pwd; echo "$MORE"; test -n "$PATH"'), tmp_path, 5, env={"MORE": "here"})
    assert (result.exit_code, result.output) == (0, f"{tmp_path}\nhere\n")


async def test_no_shell_reads_the_words(tmp_path: Path):
    result = await run_command(("echo", "$HOME; exit 1"), tmp_path, 5)
    assert result.output == "$HOME; exit 1\n"


async def test_it_has_no_input_to_wait_for(tmp_path: Path):
    assert (await run_command(("cat",), tmp_path, 5)).exit_code == 0


async def test_a_missing_executable_is_127(tmp_path: Path):
    result = await run_command(("no-such-program",), tmp_path, 5)
    assert result.exit_code == 127
    assert "no-such-program: command not found" in result.output


async def test_a_missing_folder_is_named(tmp_path: Path):
    result = await run_command(("true",), tmp_path / "gone", 5)
    assert (result.exit_code, result.output) == (127, f"The folder {tmp_path / 'gone'} does not exist.")


async def test_a_file_that_may_not_run_is_126(tmp_path: Path):
    (tmp_path / "text").write_text("words")
    result = await run_command(("./text",), tmp_path, 5)
    assert result.exit_code == 126
    assert "cannot be run" in result.output


async def test_the_timeout_ends_grandchildren_too(tmp_path: Path):
    script = f'sh -c "setsid sleep 60 & echo \\$! > {tmp_path}/far; sleep 60" & sleep 60 & echo $! > near; wait'
    result = await run_command(shell(f"echo begun; {script}"), tmp_path, 0.6)
    assert (result.exit_code, result.output) == (None, "begun\n")
    assert not result.ok
    assert await ended(int((tmp_path / "near").read_text()))
    assert await ended(int((tmp_path / "far").read_text()))


async def test_what_it_leaves_behind_ends_with_it(tmp_path: Path):
    result = await run_command(shell("sleep 60 & echo $! > pid; echo done"), tmp_path, 5)
    assert (result.exit_code, result.output) == (0, "done\n")
    assert await ended(int((tmp_path / "pid").read_text()))


async def test_with_an_output_file_it_lives_on(tmp_path: Path):
    output = tmp_path / "state" / "out"
    result = await run_command(shell("sleep 60 & echo $! > pid; echo done"), tmp_path, 5, output=output)
    pid = int((tmp_path / "pid").read_text())
    alive = psutil.Process(pid)
    assert (result.exit_code, result.output, alive.is_running()) == (0, "done\n", True)
    assert result.duration_s < 2
    alive.kill()


async def test_an_output_file_is_appended_to_and_only_the_new_part_told(tmp_path: Path):
    output = tmp_path / "out"
    output.write_text("before\n")
    result = await run_command(shell("echo now"), tmp_path, 5, output=output)
    assert (result.output, output.read_text()) == ("now\n", "before\nnow\n")


async def test_an_output_that_cannot_be_opened_runs_nothing(tmp_path: Path):
    result = await run_command(shell("touch ran"), tmp_path, 5, output=tmp_path)
    assert result.exit_code == 126
    assert not (tmp_path / "ran").exists()


async def test_head_and_tail_are_kept(tmp_path: Path):
    result = await run_command(("seq", "100000"), tmp_path, 10, limit_bytes=200)
    assert result.output.startswith("1\n2\n3\n")
    assert result.output.endswith("99999\n100000\n")
    assert "bytes left out" in result.output
    assert len(result.output.encode()) < 300


@pytest.mark.parametrize("to_file", [False, True])
async def test_a_flood_costs_neither_memory_nor_disk(tmp_path: Path, to_file: bool):
    output = tmp_path / "out" if to_file else None
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = await run_command(("yes", "flood" * 100), tmp_path, 0.6, output=output)
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert result.exit_code is None
    assert grown_mb < 30
    assert len(result.output) < 70000
    assert output is None or output.stat().st_size < 2 * 1024**3


async def test_cancelling_ends_it_and_is_passed_on(tmp_path: Path):
    running = asyncio.create_task(run_command(shell("sleep 60 & echo $! > pid; wait"), tmp_path, 30))
    pid = await pid_in(tmp_path / "pid")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await ended(pid)


async def test_no_descriptor_is_left_open(tmp_path: Path):
    await run_command(("true",), tmp_path, 5)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  names are enough
    for command in (("true",), ("no-such-program",), shell("sleep 1 & echo")):
        await run_command(command, tmp_path, 5)
    await run_command((sys.executable, "-c", "while True: print(1)"), tmp_path, 0.1)
    await asyncio.sleep(0.05)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208  names are enough
