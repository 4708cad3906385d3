"""A fleet and its services, as declared; paths are absolute, durations in seconds."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from prunella.domain.calendar import Freeze, Window
from prunella.domain.frozen import Frozen, JsonValue
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


class SqlProbe(Probing):
    """`query` at `url` (postgresql:// or sqlite:///, without a password) answers within the timeout.

    `expect` is the first value of the first row as text (None: any answer will do, even no row). `password` names a
    secret of the service ("": none is needed).
    """

    kind: Literal["sql"] = "sql"
    url: str
    query: str = "select 1"
    expect: str | None = None
    password: str = ""


class RedisProbe(Probing):
    """Redis at `url` (redis:// or rediss://, without a password) answers PING and takes writes.

    With `write` a key of the probe's own, which expires by itself, is written, read and deleted; without, what Redis
    says of itself is read: whether it loads, refuses writes, or follows a lost master. `password` names a secret.
    """

    kind: Literal["redis"] = "redis"
    url: str
    password: str = ""
    write: bool = False


class DiskProbe(Probing):
    """The file system of `path` can be written to, and has at least so much left, in percent, of space and inodes."""

    kind: Literal["disk"] = "disk"
    path: Path
    free: float = 5.0
    inodes: float = 2.0


class TlsProbe(Probing):
    """`host`:`port` shows a certificate for `server_name` ("": for `name`) that `ca` vouches for (None: the system's
    own store) and that is good for at least `days` more.
    """

    kind: Literal["tls"] = "tls"
    host: str
    port: int
    name: str
    server_name: str = ""
    ca: Path | None = None
    days: float = 0.0


class JourneyStep(Frozen):
    """One request of a journey. `url` is absolute; `{name}` in url, headers and texts of `json_body` is what an earlier
    step saved under that name, or `{random}`: letters that differ each time.

    `expect` is the status, `contains` a part of the body, `equals` what places of the JSON answer must hold
    (`{"amount": 100, "items.0.id": "a"}`), `save` names for such places.
    """

    method: str = "GET"
    url: str
    headers: dict[str, str] = {}
    json_body: JsonValue = None
    expect: int = 200
    contains: str = ""
    equals: dict[str, JsonValue] = {}
    save: dict[str, str] = {}


class JourneyProbe(Probing):
    """Requests, one after the other, all of which answer as they should. `ca` vouches for https (None: the system)."""

    kind: Literal["journey"] = "journey"
    steps: tuple[JourneyStep, ...]
    ca: Path | None = None


ProbeSpec = Annotated[
    HttpProbe
    | TcpProbe
    | ProcessProbe
    | LogProbe
    | CommandProbe
    | SqlProbe
    | RedisProbe
    | DiskProbe
    | TlsProbe
    | JourneyProbe,
    Field(discriminator="kind"),
]


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


class ConnectSpec(Frozen):
    """How to talk to the server itself: `url` is postgresql:// or redis://, without a password.

    `password` names a secret of the service ("": none is needed).
    """

    url: str
    password: str = ""


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
    `reload` makes the running service take its configuration over without a stop; None: only a restart does. `paths`
    are files and folders besides `config` that it needs (certificates, a document root, data). `connect` is for
    servers that can be asked and told: PostgreSQL, Redis.
    """

    name: str
    folder: Path
    supervisor: SupervisorSpec | None = None
    config: tuple[Path, ...] = ()
    preflight: tuple[str, ...] | None = None
    reload: tuple[str, ...] | None = None
    paths: tuple[Path, ...] = ()
    connect: ConnectSpec | None = None
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


class WatchSpec(Frozen):
    """How `watch` behaves: what is red for `damping_s` without a break, or flaps for as long, is an incident; one that
    was handed over is taken up again after `retry_s`, then ever more rarely, unless it changes before that.
    """

    damping_s: float = 10.0
    retry_s: float = 900.0


class Fleet(Frozen):
    """All services of one fleet file at `path`; their `needs` form no cycle that matters here."""

    name: str
    path: Path
    policy: PolicySpec = PolicySpec()
    limits: Limits = Limits()
    brains: BrainsSpec = BrainsSpec()
    watch: WatchSpec = WatchSpec()
    services: dict[str, Service] = {}

    @property
    def folder(self) -> Path:
        return self.path.parent

    def tied(self, names: Collection[str], among: Collection[str]) -> tuple[str, ...]:
        """Those of `among`, in the order of the file, that need one of `names` or are needed by one, directly or by way
        of others of `among`; with `names` themselves.
        """
        reached = set(names)
        while more := {n for n in among if n not in reached and self._touches(n, reached)}:
            reached |= more
        return tuple(name for name in self.services if name in reached)

    def _touches(self, name: str, others: Collection[str]) -> bool:
        """One needs the other, however many services lie between."""
        return bool(self._needed(name) & set(others)) or any(name in self._needed(other) for other in others)

    def _needed(self, name: str) -> set[str]:
        found = [name]
        for each in found:
            found += [need for need in self.services[each].needs if need not in found]
        return set(found)

    def neighbours(self, names: tuple[str, ...]) -> tuple[Service, ...]:
        """All services but `names`, in the order of the file."""
        return tuple(service for name, service in self.services.items() if name not in names)
