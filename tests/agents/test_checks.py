"""The ready-made checks: with real commands, real listeners, real logs and a real sandbox."""

import asyncio
import inspect
import os
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from prunella import (
    Agent,
    Answer,
    Bubblewrap,
    CommandProbe,
    Goal,
    HttpProbe,
    Job,
    JobLimits,
    LogProbe,
    Misuse,
    Reach,
    Report,
    TcpProbe,
    Verdict,
    command_passes,
    probes_green,
    sandboxed_passes,
)
from prunella.testing.models import ScriptedBrain
from tests.healing.shelf import Shelf, setting

PYTHON = sys.executable


async def seen(check: Callable[..., Any], *answer: object) -> Report:
    report = await check(*answer)
    assert isinstance(report, Report)
    return report


@pytest.mark.parametrize(("code", "expect", "ok"), [(0, 0, True), (3, 0, False), (3, 3, True), (0, 3, False)])
async def test_a_command_is_judged_by_its_exit_code(code: int, expect: int, ok: bool) -> None:
    report = await seen(command_passes(PYTHON, "-c", f"exit({code})", expect=expect))
    assert report.is_green is ok
    assert report.readings[0].reach is (Reach.RIGHT if ok else Reach.WRONG)


async def test_a_red_command_tells_its_last_line_and_the_end_of_its_output() -> None:
    program = "print('first', 'x' * 5000, sep='\\n'); print('assert 3 == 4'); exit(1)"
    (reading,) = (await seen(command_passes(PYTHON, "-c", program))).readings
    assert reading.detail == "exit code 1, expected 0: assert 3 == 4"
    assert reading.body == "assert 3 == 4"


async def test_a_command_runs_where_and_with_what_it_is_told(tmp_path: Path) -> None:
    program = "import os; exit(os.getcwd() + os.environ['COLOUR'])"
    (reading,) = (await seen(command_passes(PYTHON, "-c", program, cwd=tmp_path, environ={"COLOUR": "red"}))).readings
    assert reading.body == f"{tmp_path}red"
    assert "COLOUR" not in os.environ


async def test_without_a_folder_it_is_the_one_of_the_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check = command_passes(PYTHON, "-c", "open('made-later', 'w').close()")
    monkeypatch.chdir(tmp_path)
    assert (await seen(check)).is_green
    assert (tmp_path / "made-later").exists()


async def test_a_command_that_hangs_or_is_not_there_is_a_reading() -> None:
    (slow,) = (await seen(command_passes("sleep", "30", timeout_s=0.2))).readings
    assert (slow.reach, slow.detail) == (Reach.SILENT, "did not end within 0.2 s")
    (absent,) = (await seen(command_passes("no-such-program"))).readings
    assert absent.reach is Reach.NOBODY
    assert "command not found" in absent.detail


async def test_a_secret_in_the_output_does_not_reach_the_reading() -> None:
    (reading,) = (await seen(command_passes("sh", "-c", "echo DB_PASSWORD=hunter2hunter2; exit 1"))).readings
    assert "DB_PASSWORD" in reading.body
    assert "hunter2" not in reading.body + reading.detail


@pytest.mark.parametrize(("command", "says"), [((), "a word at a time"), (("pytest -q",), "give 'pytest', '-q'")])
def test_what_cannot_be_a_command_is_misuse(command: tuple[str, ...], says: str) -> None:
    with pytest.raises(Misuse, match=says):
        command_passes(*command)


async def test_a_test_command_ends_a_run(tmp_path: Path) -> None:
    shelf = Shelf()
    check = command_passes("test", "-e", "tea-is-5", cwd=tmp_path)

    async def tea_is_5() -> Report:
        (tmp_path / "tea-is-5").unlink(missing_ok=True)
        if shelf.prices["tea"] == 5:
            (tmp_path / "tea-is-5").touch()
        return await seen(check)

    agent = Agent(brain=ScriptedBrain(setting("tea", 4), setting("tea", 5)), tools=shelf.tools(), home=tmp_path / "s")
    run = await agent.run(Goal("Tea costs 5.", check=tea_is_5))
    assert run.verdict is Verdict.ACHIEVED
    assert shelf.log == ["set tea 4", "undo tea", "set tea 5"]


@asynccontextmanager
async def listening() -> AsyncGenerator[int]:
    """A server that answers every request with 200 and `pong`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readline():
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\npong")
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def test_every_probe_is_a_reading_under_its_own_name(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("INFO up\n")
    async with listening() as port:
        check = probes_green(
            HttpProbe(name="ping", url=f"http://127.0.0.1:{port}/", contains="pong"),
            TcpProbe(name="door", host="127.0.0.1", port=port),
            CommandProbe(name="true", command=("true",), cwd=tmp_path),
            LogProbe(name="log", path=log, forbid="ERROR"),
        )
        green = await seen(check)
        log.write_text("INFO up\nERROR disk full\n")
        red = await seen(check)
    closed = await seen(check)
    assert green.is_green
    assert [reading.probe for reading in green.readings] == ["ping", "door", "true", "log"]
    assert {reading.service for reading in green.readings} == {None}
    assert [(reading.probe, reading.reach) for reading in red.failing] == [("log", Reach.WRONG)]
    assert [reading.probe for reading in closed.failing] == ["ping", "door"]


async def test_probes_look_at_once(tmp_path: Path) -> None:
    slow = [CommandProbe(name=str(n), command=("sleep", "0.4"), cwd=tmp_path, timeout_s=10.0) for n in range(4)]
    begun = asyncio.get_running_loop().time()
    assert (await seen(probes_green(*slow))).is_green
    assert asyncio.get_running_loop().time() - begun < 1.4


@pytest.mark.parametrize("names", [(), ("door", "door")])
def test_probes_need_names_of_their_own(names: tuple[str, ...]) -> None:
    with pytest.raises(Misuse, match="give at least one, and each a name of its own"):
        probes_green(*(TcpProbe(name=name, host="127.0.0.1", port=1) for name in names))


class Program(BaseModel):
    code: str


def job_of(program: Program) -> Job:
    return Job(command=("python3", "-B", "main.py"), files={"main.py": program.code}, limits=JobLimits(wall_s=5.0))


DOUBLES = {"1": "2", "21": "42\n"}


async def test_code_is_green_when_every_case_prints_what_belongs_to_it(sandbox: Bubblewrap) -> None:
    check = sandboxed_passes(sandbox, job_of, DOUBLES)
    report = await seen(check, Program(code="print(int(input()) * 2, ' ')"))
    assert report.is_green
    assert [reading.probe for reading in report.readings] == ["case 1", "case 2"]


async def test_what_fails_is_told_with_input_line_and_traceback(sandbox: Bubblewrap) -> None:
    program = Program(code="number = int(input())\nprint({1: 2}[number])")
    report = await seen(sandboxed_passes(sandbox, job_of, DOUBLES), program)
    (reading,) = report.failing
    assert reading.probe == "case 2"
    assert reading.detail == "given '21': exit code 1: KeyError: 21"
    assert 'File "/' in reading.body
    assert 'main.py", line 2' in reading.body


async def test_what_prints_something_else_is_told_what_was_expected(sandbox: Bubblewrap) -> None:
    report = await seen(sandboxed_passes(sandbox, job_of, DOUBLES), Program(code="print(2)"))
    (reading,) = report.failing
    assert reading.detail == "given '21': printed '2', expected '42'"


async def test_code_that_leaves_early_has_printed_nothing(sandbox: Bubblewrap) -> None:
    report = await seen(sandboxed_passes(sandbox, job_of, DOUBLES), Program(code="import os; os._exit(0)"))
    assert [reading.reach for reading in report.readings] == [Reach.WRONG, Reach.WRONG]


async def test_code_that_never_ends_is_tried_once(sandbox: Bubblewrap) -> None:
    def quick(program: Program) -> Job:
        return job_of(program).model_copy(update={"limits": JobLimits(wall_s=0.4)})

    report = await seen(sandboxed_passes(sandbox, quick, DOUBLES), Program(code="while True: input"))
    (reading,) = report.readings
    assert reading.reach is Reach.SILENT
    assert "stopped by its limit" in reading.detail


@pytest.mark.parametrize(("code", "ok"), [("print(1)", True), ("raise ValueError('no')", False)])
async def test_without_cases_the_exit_code_decides(sandbox: Bubblewrap, code: str, ok: bool) -> None:
    report = await seen(sandboxed_passes(sandbox, job_of), Program(code=code))
    assert report.is_green is ok
    assert ok or report.readings[0].detail == "exit code 1: ValueError: no"


async def test_the_goal_wants_an_answer_and_gives_the_check_its_shape(sandbox: Bubblewrap, tmp_path: Path) -> None:
    goal = Goal("Double a number.", output=Program, check=sandboxed_passes(sandbox, job_of, DOUBLES))
    wrong, right = (Answer(text=Program(code=f"print(int(input()) {how})").model_dump_json()) for how in ("+ 1", "* 2"))
    brain = ScriptedBrain(wrong, right)
    run = await Agent(brain=brain, home=tmp_path).run(goal)
    assert goal.wants_answer
    assert (run.verdict, run.output) == (Verdict.ACHIEVED, Program(code="print(int(input()) * 2)"))
    assert "printed '22', expected '42'" in brain.briefs[1].rejections[-1].reasons[0]
    assert "It printed:\n22" in brain.briefs[1].report.failing[0].body


def test_only_the_check_of_an_answer_takes_one() -> None:
    assert not inspect.signature(command_passes("true")).parameters
    assert not Goal("x", check=probes_green(TcpProbe(name="door", host="127.0.0.1", port=1))).wants_answer
