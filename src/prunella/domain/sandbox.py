"""Code that nobody vouches for, and what came of running it."""

from prunella.domain.frozen import Frozen


class JobLimits(Frozen):
    """What a job may use. Seconds, mebibytes, counts; `output_chars` bounds each stream, the rest is left out;
    `files_chars` bounds the files that come back, all together: one that does not fit stays behind.
    """

    wall_s: float = 20.0
    cpu_s: float = 10.0
    memory_mb: int = 512
    processes: int = 64
    file_mb: int = 16
    output_chars: int = 20_000
    files_chars: int = 1_000_000


class Job(Frozen):
    """A command in an empty folder of its own. `files` are laid there first, by relative path.

    `network` False: not even loopback. `environ` is all that it sees of an environment, beside PATH and HOME.
    """

    command: tuple[str, ...]
    files: dict[str, str] = {}
    stdin: str = ""
    environ: dict[str, str] = {}
    limits: JobLimits = JobLimits()
    network: bool = False


class JobResult(Frozen):
    """How it ended. `exit_code` is minus the signal's number where one ended it; `stopped` says which limit did, ""
    for none. `files` are what the job wrote or changed in its folder (text; bytes that are no UTF-8 are left out).
    """

    exit_code: int
    stdout: str
    stderr: str
    stopped: str = ""
    duration_s: float = 0.0
    files: dict[str, str] = {}

    @property
    def ok(self) -> bool:
        return self.exit_code == 0 and not self.stopped
