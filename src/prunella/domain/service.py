"""A fleet and its services, as declared; paths are absolute, durations in seconds."""

from collections.abc import Collection
from pathlib import Path
from typing import Literal

from prunella.domain.calendar import Freeze, Window
from prunella.domain.frozen import Frozen
from prunella.domain.probe import ProbeSpec
from prunella.domain.ruling import Autonomy
from prunella.domain.run import Limits
from prunella.domain.supervisor import SupervisorSpec
from prunella.domain.usage import Price


class ConnectSpec(Frozen):
    """How to talk to the server itself: `url` is postgresql:// or redis://, without a password.

    `password` names a secret of the service ("": none is needed).
    """

    url: str
    password: str = ""


class SecretRef(Frozen):
    """Where a secret's value is fetched at the last moment: `env:NAME`, `file:/path` or `command:…`."""

    name: str
    source: Literal["env", "file", "command"]
    where: str


class Service(Frozen):
    """One thing that is watched and may be repaired. `supervisor` None: it can be looked at, not started.

    `preflight` is a command that exits 0 when the configuration on disk would be accepted; None when there is none.
    `reload` makes the running service take its configuration over without a stop; None: only a restart does. `paths`
    are files and folders besides `config` that it needs (certificates, a document root, data). `disposable` are globs
    over absolute paths of files that may be removed when room is needed. `connect` is for servers that can be asked
    and told: PostgreSQL, Redis.
    """

    name: str
    folder: Path
    supervisor: SupervisorSpec | None = None
    config: tuple[Path, ...] = ()
    preflight: tuple[str, ...] | None = None
    reload: tuple[str, ...] | None = None
    paths: tuple[Path, ...] = ()
    disposable: tuple[str, ...] = ()
    connect: ConnectSpec | None = None
    logs: tuple[Path, ...] = ()
    needs: tuple[str, ...] = ()
    secrets: tuple[SecretRef, ...] = ()
    probes: tuple[ProbeSpec, ...] = ()

    @property
    def own_config(self) -> tuple[Path, ...]:
        """Without the file that is its supervisor's: another program reads that."""
        of_supervisor = getattr(self.supervisor, "config", None)
        return tuple(path for path in self.config if path != of_supervisor)


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
