"""What a brain writes runs in the sandbox, and it learns from what went wrong."""

from pathlib import Path

import pytest

from prunella.domain.evidence import Observation
from prunella.domain.frozen import JsonValue
from prunella.domain.sandbox import Job, JobLimits, JobResult
from prunella.domain.tool import Risk
from prunella.errors import Misuse
from prunella.sandbox.bubblewrap import Bubblewrap
from prunella.tools.packs.code import CodePack
from prunella.tools.toolbox import Tools
from tests.world.yard import call


class Recorded:
    """A sandbox that answers what it was told to."""

    def __init__(self, result: JobResult) -> None:
        self.result = result
        self.jobs: list[Job] = []

    async def run(self, job: Job) -> JobResult:
        self.jobs.append(job)
        return self.result


@pytest.fixture
async def tools() -> Tools:
    sandbox = Bubblewrap()
    try:
        await sandbox.ready()
    except Misuse as error:
        pytest.skip(str(error))
    return Tools(CodePack(sandbox).tools())


def output_of(observation: Observation) -> dict[str, JsonValue]:
    assert isinstance(observation.output, dict)
    return observation.output


def test_both_only_read():
    specs = Tools(CodePack(Recorded(JobResult(exit_code=0, stdout="", stderr=""))).tools()).specs
    assert {spec.name: spec.risk for spec in specs} == {"python.run": Risk.READ, "shell.run": Risk.READ}


async def test_a_program_has_files_and_input_and_gives_back_what_it_wrote(tools: Tools):
    code = "import sys, beside\nprint(beside.X + int(sys.stdin.read()))\nopen('out.txt', 'w').write('done')"
    step = call("python.run", code=code, files={"beside.py": "X = 40"}, stdin="2")
    assert output_of(await tools.call(step)) == {
        "exit_code": 0, "stdout": "42\n", "stderr": "", "files": {"out.txt": "done"},
    }  # fmt: skip


async def test_a_program_that_fails_is_told_with_its_traceback(tools: Tools):
    seen = await tools.call(call("python.run", code="print('so far')\nnumbers = {}\nprint(numbers['a'])\n"))
    assert (seen.ok, seen.error) == (False, "CodeFailed")
    for words in ("exit code 1", 'File "/job/main.py", line 3', "print(numbers['a'])", "KeyError: 'a'", "so far"):
        assert words in seen.message


async def test_the_last_of_a_long_traceback_is_told(tools: Tools):
    code = "import sys\nfor i in range(900): print('noise', i, file=sys.stderr)\nraise ValueError('the point')"
    assert "ValueError: the point" in (await tools.call(call("python.run", code=code))).message


async def test_it_is_told_which_limit_stopped_it():
    stopped = JobResult(exit_code=-9, stdout="", stderr="", stopped="wall time 20 s")
    seen = await Tools(CodePack(Recorded(stopped)).tools()).call(call("shell.run", script="sleep 100"))
    assert "exit code -9, stopped by its limit: wall time 20 s" in seen.message


async def test_an_exit_code_without_an_error_is_an_answer_of_the_shell(tools: Tools):
    nothing = await tools.call(call("shell.run", script="grep -c needle hay", files={"hay": "straw\n"}))
    assert (nothing.ok, output_of(nothing)["exit_code"], output_of(nothing)["stdout"]) == (True, 1, "0\n")
    failed = await tools.call(call("shell.run", script="cat missing"))
    assert (failed.ok, "missing: No such file" in failed.message) == (False, True)


async def test_files_lie_in_the_sandbox_only(tools: Tools):
    seen = await tools.call(call("python.run", code="1", files={"../out.py": "x"}))
    assert (seen.error, "give a relative one" in seen.message) == ("Rejected", True)


async def test_the_limits_are_those_of_the_pack():
    sandbox = Recorded(JobResult(exit_code=0, stdout="", stderr=""))
    limits = JobLimits(wall_s=1.0)
    tools = Tools(CodePack(sandbox, limits).tools())
    await tools.call(call("python.run", code="1", files={"main.py": "2"}))
    await tools.call(call("shell.run", script="1"))
    assert [(job.limits, job.network, job.environ) for job in sandbox.jobs] == [(limits, False, {})] * 2
    assert sandbox.jobs[0].files == {"main.py": "1"}


async def test_without_isolation_nothing_runs(tmp_path: Path):
    tools = Tools(CodePack(Bubblewrap(tmp_path / "missing")).tools())
    with pytest.raises(Misuse, match="Code of others is not run"):
        await tools.call(call("shell.run", script=f"touch {tmp_path}/ran"))
    assert not (tmp_path / "ran").exists()
