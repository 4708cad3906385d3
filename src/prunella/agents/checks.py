"""Ready-made checks for goals: a command, probes, and code that is run in the sandbox."""

import os
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from typing import Any

from prunella.commands import NOT_FOUND, NOT_RUNNABLE, run_command
from prunella.domain.goal import AnswerCheck, Check
from prunella.domain.probe import ProbeSpec
from prunella.domain.report import Reach, Reading, Report
from prunella.domain.sandbox import Job, JobResult
from prunella.domain.supervisor import CommandResult
from prunella.errors import Misuse, Rejected
from prunella.probes.factory import probe_for
from prunella.probes.password import Secrets
from prunella.probes.prober import Prober
from prunella.protocols import Sandbox
from prunella.redaction.redactor import Redactor

_MOST_BODY = 2_000
_MOST_LINE = 200
_MOST_QUOTED = 60


def command_passes(
    *command: str,
    cwd: Path | str | None = None,
    timeout_s: float = 120.0,
    expect: int = 0,
    environ: Mapping[str, str] | None = None,
) -> Check:
    """Green when `command`, run without a shell, exits with `expect`; the end of its output is the reading's body.

    It runs in `cwd` (None: the folder that the process is in then), with `environ` added to our environment. It is run
    again after every attempt, so it must change nothing. Raises Misuse for what cannot be a command.
    """
    _must_be_words(command)

    async def check() -> Report:
        result = await run_command(command, Path(cwd or Path.cwd()), timeout_s, env=environ)
        return Report(readings=(_read_command(result, expect, timeout_s),), steady=True)

    return check


async def _from_environment(name: str) -> str:
    if name not in os.environ:
        raise Rejected(f"The probe's password {name} is not in the environment. Set it, or pass `secret`.")
    return os.environ[name]


def probes_green(*probes: ProbeSpec, secret: Secrets = _from_environment) -> Check:
    """Green when all `probes` are; each is a reading under its own name.

    `secret` gives the passwords that probes name; as it is, from variables of that name. A process probe has no place
    here.

    A LogProbe complains of a line once: its first look reads the end of the log, a later one what came since. Raises
    Misuse where there is no probe, or two of one name.
    """
    names = [probe.name for probe in probes]
    if not names or len(set(names)) < len(names):
        raise Misuse(f"The probes are {names}: give at least one, and each a name of its own.")
    prober = Prober([probe_for(probe, probe.name, None, secret=secret) for probe in probes])

    async def check() -> Report:
        seen = zip(names, (await prober.look()).readings, strict=True)
        return Report(readings=tuple(each.model_copy(update={"probe": name, "service": None}) for name, each in seen))

    return check


def sandboxed_passes(
    sandbox: Sandbox, job_of: Callable[[Any], Job], cases: Mapping[str, str] | None = None
) -> AnswerCheck:
    """Green when the job that `job_of` makes of the answer ends with exit code 0; the traceback is the reading's body.

    `cases` lead from what a job is given on standard input to what it has to print; blanks at the ends of lines do not
    count. What it printed is compared out here. Without cases the exit code is all there is, and that is the code's
    own word: it can leave before a test of yours runs. Cases after one that a limit stopped are not run.
    """

    async def check(answer: Any) -> Report:
        job = job_of(answer)
        return Report(readings=tuple([each async for each in _tried(sandbox, job, cases)]), steady=True)

    return check


def _must_be_words(command: tuple[str, ...]) -> None:
    if not command or not command[0].strip():
        raise Misuse("command_passes needs a command, a word at a time: command_passes('pytest', '-q').")
    if len(command) == 1 and " " in command[0] and not Path(command[0]).exists():
        words = ", ".join(repr(word) for word in command[0].split())
        raise Misuse(f"{command[0]!r} is one word with blanks in it, and no shell takes it apart: give {words}.")


def _read_command(result: CommandResult, expect: int, timeout_s: float) -> Reading:
    said = Redactor().text(result.output).strip()
    code, name = result.exit_code, " ".join(" ".join(result.command).split())[:_MOST_LINE]
    if code == expect:
        return Reading(probe=name, reach=Reach.RIGHT, detail=f"exit code {code}", duration_s=result.duration_s)
    if code is None:
        reach, detail = Reach.SILENT, f"did not end within {timeout_s:g} s"
    else:
        reach = Reach.NOBODY if code in (NOT_FOUND, NOT_RUNNABLE) else Reach.WRONG
        detail = f"exit code {code}, expected {expect}"
    detail += f": {_last_line(said)}" if said else ""
    return Reading(probe=name, reach=reach, detail=detail, body=_end_of(said), duration_s=result.duration_s)


async def _tried(sandbox: Sandbox, job: Job, cases: Mapping[str, str] | None) -> AsyncGenerator[Reading]:
    if not cases:
        yield _read_job("the code", await sandbox.run(job))
        return
    for number, (given, wanted) in enumerate(cases.items(), start=1):
        result = await sandbox.run(job.model_copy(update={"stdin": given}))
        yield _read_case(f"case {number}", given, wanted, result)
        if result.stopped:
            return


def _read_case(name: str, given: str, wanted: str, result: JobResult) -> Reading:
    if not result.ok or _lines(result.stdout) == _lines(wanted):
        ran = _read_job(name, result)
        return ran if ran.ok else ran.model_copy(update={"detail": f"given {_quoted(given)}: {ran.detail}"})
    said = f"given {_quoted(given)}: printed {_quoted(result.stdout)}, expected {_quoted(wanted)}"
    body = f"It printed:\n{_end_of(result.stdout)}\nExpected:\n{_end_of(wanted)}\n{_end_of(result.stderr)}".rstrip()
    return Reading(probe=name, reach=Reach.WRONG, detail=said, body=body, duration_s=result.duration_s)


def _read_job(name: str, result: JobResult) -> Reading:
    if result.ok:
        return Reading(probe=name, reach=Reach.RIGHT, detail="ended well", duration_s=result.duration_s)
    said = result.stderr.strip() or result.stdout.strip()
    how = f"stopped by its limit: {result.stopped}" if result.stopped else f"exit code {result.exit_code}"
    detail = how + (f": {_last_line(said)}" if said else "")
    reach = Reach.SILENT if result.stopped else Reach.WRONG
    return Reading(probe=name, reach=reach, detail=detail, body=_end_of(said), duration_s=result.duration_s)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def _last_line(text: str) -> str:
    return text.rpartition("\n")[2].strip()[:_MOST_LINE]


def _end_of(text: str) -> str:
    """The last of it, from the beginning of a line where one begins there."""
    text = text.strip()
    if len(text) <= _MOST_BODY:
        return text
    end = text[-_MOST_BODY:]
    return end.partition("\n")[2] or end


def _quoted(text: str) -> str:
    text = text.strip()
    return repr(text if len(text) <= _MOST_QUOTED else f"{text[:_MOST_QUOTED]}…")
