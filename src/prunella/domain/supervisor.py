"""Who starts and stops a service, and what that says of it."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from prunella.domain.frozen import Frozen


class ProcessSupervisor(Frozen):
    """Prunella itself starts `command` in `cwd`; the child outlives the command line. `env` is added to ours.

    Its output goes to `output` (None: to the state folder). `user` is as whom it runs ("": as we do).
    """

    kind: Literal["process"] = "process"
    command: tuple[str, ...]
    cwd: Path
    env: dict[str, str] = {}
    user: str = ""
    output: Path | None = None
    stop_timeout_s: float = 10.0


class CommandSupervisor(Frozen):
    """Commands of the operator's own; `status` exits 0 for running. None for `restart`: stop, then start."""

    kind: Literal["command"] = "command"
    start: tuple[str, ...]
    stop: tuple[str, ...]
    status: tuple[str, ...]
    restart: tuple[str, ...] | None = None
    cwd: Path
    timeout_s: float = 30.0


class SupervisordSupervisor(Frozen):
    """The program (or group) `program` of the supervisord that reads `config`; `cwd` is where paths start from."""

    kind: Literal["supervisord"] = "supervisord"
    program: str
    config: Path
    cwd: Path
    timeout_s: float = 30.0


class SystemdSupervisor(Frozen):
    """A systemd unit; `user`: of the user's own manager."""

    kind: Literal["systemd"] = "systemd"
    unit: str
    user: bool = False
    cwd: Path
    timeout_s: float = 30.0


class DockerSupervisor(Frozen):
    """An existing container, by name or id. `host` is the daemon's address ("": the environment's)."""

    kind: Literal["docker"] = "docker"
    container: str
    host: str = ""
    cwd: Path
    timeout_s: float = 30.0


SupervisorSpec = Annotated[
    ProcessSupervisor | CommandSupervisor | SupervisordSupervisor | SystemdSupervisor | DockerSupervisor,
    Field(discriminator="kind"),
]


class ServiceStatus(Frozen):
    """What a supervisor knows. `pid`, `started` (epoch seconds) and `config` are None where it cannot tell.

    `config` is the digest of the configuration that the process started with.
    """

    running: bool
    pid: int | None = None
    started: float | None = None
    config: str | None = None
    detail: str = ""


class CommandResult(Frozen):
    """How a command ended. `exit_code` None: it was stopped at its timeout. `output` is both streams, trimmed."""

    command: tuple[str, ...]
    exit_code: int | None
    output: str
    duration_s: float

    @property
    def ok(self) -> bool:
        return self.exit_code == 0


class Listener(Frozen):
    """A process that listens on a TCP port. `service` is the service of this fleet that it belongs to, else None.

    `is_stray`: it carries a service's tag or command, and is not the instance that its supervisor knows.
    """

    host: str
    port: int
    pid: int | None
    command: str = ""
    service: str | None = None
    is_stray: bool = False
