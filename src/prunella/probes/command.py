"""Does a command of the operator's end as expected?"""

from prunella.commands import NOT_FOUND, NOT_RUNNABLE, run_command
from prunella.domain.probe import CommandProbe
from prunella.domain.report import Reach, Reading
from prunella.domain.supervisor import CommandResult
from prunella.probes.bounded import Answer, silent

_QUOTED_CHARACTERS = 500


class CommandLook:
    """Probe: runs the command, with all that it starts, no longer than the timeout."""

    def __init__(self, spec: CommandProbe) -> None:
        self._spec = spec

    async def look(self) -> Reading:
        result = await run_command(self._spec.command, self._spec.cwd, self._spec.timeout_s)
        answer = self._judged(result)
        return Reading(probe=self._spec.name, reach=answer.reach, detail=answer.detail, body=answer.body)

    def _judged(self, result: CommandResult) -> Answer:
        if result.exit_code == self._spec.expect:
            return Answer(Reach.RIGHT, f"exit code {result.exit_code}")
        last = _last_lines(result.output)
        if result.exit_code is None:
            return Answer(Reach.SILENT, silent(self._spec.timeout_s).detail, last)
        if result.exit_code in (NOT_FOUND, NOT_RUNNABLE):
            return Answer(Reach.NOBODY, f"cannot be run (exit code {result.exit_code})", last)
        return Answer(Reach.WRONG, f"exit code {result.exit_code}, expected {self._spec.expect}", last)


def _last_lines(output: str) -> str:
    """The end of the output, from the beginning of a line where one begins there."""
    text = output.strip()
    if len(text) <= _QUOTED_CHARACTERS:
        return text
    end = text[-_QUOTED_CHARACTERS:]
    return end.partition("\n")[2] or end
