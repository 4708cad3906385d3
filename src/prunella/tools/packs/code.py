"""The code pack: programs that a brain writes, run in the sandbox and nowhere else."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from prunella.domain.frozen import Frozen
from prunella.domain.sandbox import Job, JobLimits, JobResult
from prunella.errors import Rejected
from prunella.protocols import Sandbox, Tool
from prunella.tools.tool import tool

PROGRAM = "main.py"
_MOST_TOLD = 1500  # characters of a failed program's last words: an observation holds 2,000
_MOST_OUTPUT = 300

Files = Annotated[dict[str, str], Field(description="files that lie beside it, text by relative path")]
Stdin = Annotated[str, Field(description="what it can read from standard input")]


class CodeFailed(Rejected):
    """A program did not end well; nothing outside of the sandbox was touched. The message has its last words."""

    code = "code-failed"


class Ran(Frozen):
    """What a program said and left. `files` are those that it wrote or changed."""

    exit_code: int
    stdout: str
    stderr: str
    files: dict[str, str] = {}


@dataclass(frozen=True)
class CodePack:
    """Python and shell in an empty folder without a network: they read and change nothing of this machine."""

    sandbox: Sandbox
    limits: JobLimits = JobLimits()

    def tools(self) -> tuple[Tool, ...]:
        return (tool(name="python.run")(self.python), tool(name="shell.run")(self.shell))

    async def python(
        self,
        code: Annotated[str, Field(description="the program; what it prints is the answer")],
        files: Files = {},  # noqa: B006 - read only
        stdin: Stdin = "",
    ) -> Ran:
        """Compute something with a Python 3 program (standard library only) that starts afresh in an empty folder.

        It sees no network and no file of this machine but those given; an error comes back with its traceback.
        """
        command = ("python3", "-B", PROGRAM)
        job = Job(command=command, files={**files, PROGRAM: code}, stdin=stdin, limits=self.limits)
        return succeeded(await self.sandbox.run(job), "The program")

    async def shell(
        self,
        script: Annotated[str, Field(description="the lines of a POSIX shell script")],
        files: Files = {},  # noqa: B006 - read only
        stdin: Stdin = "",
    ) -> Ran:
        """Compute something with a shell script and the usual text tools (grep, awk, sort) in an empty folder.

        It sees no network and no file of this machine but those given, so it can neither look at services nor
        change them.
        """
        job = Job(command=("sh", "-c", script), files=files, stdin=stdin, limits=self.limits)
        result = await self.sandbox.run(job)
        is_answer = not result.stopped and not result.stderr.strip()  # as of grep, that found nothing
        return as_ran(result) if is_answer else succeeded(result, "The script")


def succeeded(result: JobResult, what: str) -> Ran:
    """Raises CodeFailed with the end of what it said, when it did not succeed."""
    if result.ok:
        return as_ran(result)
    stopped = f", stopped by its limit: {result.stopped}" if result.stopped else ""
    words = result.stderr.strip()
    said = f"\n{_end_of(words, _MOST_TOLD)}" if words else " It said nothing on standard error."
    printed = result.stdout.strip()
    before = f"\nIt had printed:\n{_end_of(printed, _MOST_OUTPUT)}" if printed else ""
    raise CodeFailed(f"{what} ended with exit code {result.exit_code}{stopped}.{said}{before}")


def as_ran(result: JobResult) -> Ran:
    return Ran(exit_code=result.exit_code, stdout=result.stdout, stderr=result.stderr, files=result.files)


def _end_of(text: str, most: int) -> str:
    return text if len(text) <= most else f"…{text[-most:]}"
