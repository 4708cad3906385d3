"""A folder that lives on from one job of a sandbox to the next. Between jobs it is bytes that nobody looks into."""

import asyncio
import base64
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from prunella.domain.sandbox import Job, JobLimits, JobResult
from prunella.errors import Rejected
from prunella.protocols import Sandbox

FOLDER = "/tmp/workspace"  # noqa: S108 - of the job
NOTES = "/tmp/.session"  # noqa: S108 - kept with it, out of its sight
LIMITS = JobLimits(wall_s=60.0, cpu_s=60.0, file_mb=32, output_chars=1_000_000, files_chars=32 * 1024 * 1024)
"""Its content may have some 24 MB when packed."""

_STATE, _NEXT, _SCRIPT, _OUT = "state", "next", "script", "out"  # what is unchanged does not come back: two names
_MISSING, _IS_FOLDER = 44, 45

# The folder comes out of the last job's bytes, and goes back into them, whatever became of the script.
_AROUND = f"""
keep=$PWD
mkdir -p {FOLDER} {NOTES} || exit 125
[ ! -s {_STATE} ] || base64 -d {_STATE} | tar -xzpf - -C /tmp || exit 125
cd {FOLDER}
sh "$keep/{_SCRIPT}" "$keep"
code=$?
cd "$keep" && tar -czf - -C /tmp workspace .session | base64 > {_NEXT}
exit $code
"""


@dataclass(frozen=True)
class Done:
    """How a script ended. `kept` False: the folder is as it was before."""

    result: JobResult
    kept: bool


class Workspace:
    """One script at a time; each is a job of its own, so that no process outlives it."""

    def __init__(self, sandbox: Sandbox, limits: JobLimits = LIMITS) -> None:
        self.limits = limits
        self._sandbox, self._state = sandbox, ""
        self._turn = asyncio.Lock()

    async def run(self, script: str, *, wall_s: float | None = None, environ: Mapping[str, str] | None = None) -> Done:
        """Runs lines of a POSIX shell in the folder. Raises as the sandbox does."""
        limits = self.limits if wall_s is None else self.limits.model_copy(update={"wall_s": wall_s})
        return await self._work(script, {}, limits, dict(environ or {}))

    async def put(self, path: str, content: bytes) -> None:
        """Writes a file, with its folders. Raises Rejected for a path outside of the folder, or no room."""
        place = shlex.quote(inside(path))
        script = f'mkdir -p "$(dirname {place})" && base64 -d "$1/in" > {place}'
        done = await self._work(script, {"in": base64.b64encode(content).decode()}, self.limits, {})
        if not done.result.ok or not done.kept:
            raise Rejected(f"{path} could not be written: {_why(done)}")

    async def get(self, path: str) -> bytes:
        """A file's content. Raises FileNotFoundError, IsADirectoryError, and Rejected for one that is too large."""
        place = shlex.quote(inside(path))
        script = (
            f'[ ! -d {place} ] || exit {_IS_FOLDER}; [ -f {place} ] || exit {_MISSING}; base64 < {place} > "$1/{_OUT}"'
        )
        done = await self._work(script, {}, self.limits, {}, keep=False)
        if done.result.exit_code == _MISSING:
            raise FileNotFoundError(path)
        if done.result.exit_code == _IS_FOLDER:
            raise IsADirectoryError(path)
        if not done.result.ok or _OUT not in done.result.files:
            raise Rejected(f"{path} could not be read: {_why(done)}")
        return base64.b64decode(done.result.files[_OUT])

    async def _work(
        self, script: str, files: Mapping[str, str], limits: JobLimits, environ: dict[str, str], *, keep: bool = True
    ) -> Done:
        async with self._turn:
            laid = {_STATE: self._state, _SCRIPT: script, **files}
            command = ("sh", "-c", _AROUND if keep else _AROUND.replace(f"| base64 > {_NEXT}", "> /dev/null"))
            result = await self._sandbox.run(Job(command=command, files=laid, environ=environ, limits=limits))
            state = result.files.get(_NEXT)
            if state is not None:
                self._state = state
            return Done(result, kept=state is not None)


def inside(path: str) -> str:
    """The absolute path of one in the folder. Raises Rejected for one that is not."""
    place = PurePosixPath(FOLDER, path)
    if "\0" in path or ".." in place.parts or not place.is_relative_to(FOLDER) or place == PurePosixPath(FOLDER):
        raise Rejected(f"{path!r} is no file of the workspace: only what lies in {FOLDER} is kept.")
    return str(place)


def _why(done: Done) -> str:
    if done.result.stopped:
        return f"stopped by its limit: {done.result.stopped}"
    return done.result.stderr.strip() or f"the workspace has no room for it, or exit code {done.result.exit_code}"
