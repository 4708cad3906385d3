"""Telling a human that a question waits, by the operator's own command."""

import json
import tempfile
from pathlib import Path

from prunella.commands import run_command
from prunella.domain.ruling import Question
from prunella.domain.run import EventKind
from prunella.domain.supervisor import CommandResult
from prunella.protocols import Emit

_MOST_BYTES = 4096
_MOST_SAID = 300


async def page(
    command: tuple[str, ...],
    folder: Path,
    question: Question,
    emit: Emit,
    timeout_s: float = 30.0,
) -> None:
    """Runs `command` in `folder` without a shell, with the question as JSON on its standard input.

    Whatever comes of it is a line of the timeline. What it prints answers nothing.
    """
    with tempfile.TemporaryFile() as given:
        given.write(json.dumps(as_told(question)).encode())
        given.seek(0)
        result = await run_command(command, folder, timeout_s, limit_bytes=_MOST_BYTES, stdin=given)
    emit(
        EventKind.NOTE,
        "approve",
        _outcome(result, timeout_s),
        exit_code=result.exit_code,
        output=result.output,
    )


def as_told(question: Question) -> dict[str, object]:
    """The question for programs, redacted: what it asks, and the two commands that answer it."""
    answer = f"prunella approve {question.run} --plan {question.plan}"
    return {
        "run": question.run,
        "plan": question.plan,
        "asked": question.request.asked,
        "expires": question.request.expires,
        "approve": answer,
        "deny": f"{answer} --deny",
        "request": question.request.model_dump(mode="json"),
    }


def _outcome(result: CommandResult, timeout_s: float) -> str:
    name = result.command[0]
    if result.exit_code == 0:
        return f"{name} was told of the question."
    how = f"did not end within {timeout_s:g} s" if result.exit_code is None else f"failed ({result.exit_code})"
    said = " ".join(result.output.split())[-_MOST_SAID:]
    return f"{name}, which was to tell of the question, {how}{f': {said}' if said else ''}. The question waits anyway."
