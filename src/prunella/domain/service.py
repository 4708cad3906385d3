"""A fleet and its services, as declared; paths are absolute, durations in seconds."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from prunella.domain.calendar import Freeze, Window
from prunella.domain.frozen import Frozen
from prunella.domain.ruling import Autonomy
from prunella.domain.run import Limits
from prunella.domain.usage import Price


class Probing(Frozen):
    """What all probes have: how often, how long at most, and a name for people."""

    name: str
    every_s: float = 10.0
    timeout_s: float = 2.0


class HttpProbe(Probing):
    """GET `url` answers `expect` (a status), and its body contains `contains` ("" for anything)."""

    kind: Literal["http"] = "http"
    url: str
    expect: int = 200
    contains: str = ""


class TcpProbe(Probing):
    """Something accepts connections at `host`:`port`."""

    kind: Literal["tcp"] = "tcp"
    host: str
    port: int


class ProcessProbe(Probing):
    """The service's supervisor says that it runs."""

    kind: Literal["process"] = "process"


class LogProbe(Probing):
    """No line that matches the regular expression `forbid` was written to `path` since the last look.

    The first look reads the last `lines` lines.
    """

    kind: Literal["log"] = "log"
    path: Path
    forbid: str
    lines: int = 100


class CommandProbe(Probing):
    """`command`, run in `cwd` without a shell, exits with `expect`."""

    kind: Literal["command"] = "command"
    command: tuple[str, ...]
    cwd: Path
    expect: int = 0


ProbeSpec = Annotated[HttpProbe | TcpProbe | ProcessProbe | LogProbe | CommandProbe, Field(discriminator="kind")]


class ProcessSupervisor(Frozen):
    """Prunella itself starts `command` in `cwd`; the child outlives the command line. `env` is added to ours.

    Its output goes to `output` (None: to the state folder).
    """

    kind: Literal["process"] = "process"
    command: tuple[str, ...]
    cwd: Path
    env: dict[str, str] = {}
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


SupervisorSpec = Annotated[ProcessSupervisor | CommandSupervisor, Field(discriminator="kind")]


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


class SecretRef(Frozen):
    """Where a secret's value is fetched at the last moment: `env:NAME`, `file:/path` or `command:…`."""

    name: str
    source: Literal["env", "file", "command"]
    where: str


class Service(Frozen):
    """One thing that is watched and may be repaired. `supervisor` None: it can be looked at, not started.

    `preflight` is a command that exits 0 when the configuration on disk would be accepted; None when there is none.
    """

    name: str
    folder: Path
    supervisor: SupervisorSpec | None = None
    config: tuple[Path, ...] = ()
    preflight: tuple[str, ...] | None = None
    logs: tuple[Path, ...] = ()
    needs: tuple[str, ...] = ()
    secrets: tuple[SecretRef, ...] = ()
    probes: tuple[ProbeSpec, ...] = ()


class PolicySpec(Frozen):
    """What the operator wrote under `[policy]`, and what services say of their autonomy.

    `autonomy` None: ask in a terminal, suggest elsewhere. `tools` (globs over tools) and `services` may hand over less
    than that, never more. The lists hold globs over tools (`services.stop`), settings (`config:*password*`), files
    (`file:ledger/*`) and services (`service:ledger`). `files` are each service's own, also under their real paths.

    A limit of None is none; `max_services`, `max_bytes` and `max_rows` are of one plan. Outside of all `windows`
    everything asks (no window: never). Without an answer a question is a no after `approval_expires_s`;
    `approval_command` is told of each question ((): nobody is). For `probation_s` after a heal a relapse reopens the
    run. `lines` are those of the fleet file, by the rule as people write it: `deny = "sql.*"`,
    `[service.ledger] autonomy = "ask"`.
    """

    autonomy: Autonomy | None = None
    tools: dict[str, Autonomy] = {}
    services: dict[str, Autonomy] = {}
    files: dict[str, tuple[Path, ...]] = {}
    allow: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    max_changes_per_hour: int | None = 20
    max_services: int | None = 3
    max_bytes: int | None = 1_048_576
    max_rows: int | None = 1_000
    windows: tuple[Window, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    approval_expires_s: float = 259_200.0
    approval_command: tuple[str, ...] = ()
    probation_s: float = 0.0
    lines: dict[str, int] = {}


class BrainsSpec(Frozen):
    """What the operator wrote under `[brains]`: names of brains by role, cheapest first.

    `ladder` plans. Of the others an empty one means that the planner does it: `act` turns a plan's tasks into calls,
    `judge` picks out of large texts what matters, `summarise` shortens what was pruned. `prices` are by model name.
    """

    ladder: tuple[str, ...] = ("reflex",)
    act: tuple[str, ...] = ()
    judge: tuple[str, ...] = ()
    summarise: tuple[str, ...] = ()
    prices: dict[str, Price] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """All brains that are named, each once."""
        return tuple(dict.fromkeys((*self.ladder, *self.act, *self.judge, *self.summarise)))

    def without(self, names: Collection[str]) -> "BrainsSpec":
        """The same, but for those brains."""
        roles = {role: getattr(self, role) for role in ("ladder", "act", "judge", "summarise")}
        return self.model_copy(update={r: tuple(n for n in named if n not in names) for r, named in roles.items()})


class Fleet(Frozen):
    """All services of one fleet file at `path`; their `needs` form no cycle that matters here."""

    name: str
    path: Path
    policy: PolicySpec = PolicySpec()
    limits: Limits = Limits()
    brains: BrainsSpec = BrainsSpec()
    services: dict[str, Service] = {}

    @property
    def folder(self) -> Path:
        return self.path.parent

    def neighbours(self, names: tuple[str, ...]) -> tuple[Service, ...]:
        """All services but `names`, in the order of the file."""
        return tuple(service for name, service in self.services.items() if name not in names)
