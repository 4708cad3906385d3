"""A fleet as it was found: one frozen picture that a brain can reason over without touching anything."""

from pathlib import Path

from prunella.domain.frozen import Frozen
from prunella.domain.service import Fleet, Service
from prunella.domain.setting import FileState, Format, Setting, SettingChange
from prunella.domain.supervisor import CommandResult, Listener, ServiceStatus


class ConfigFacts(Frozen):
    """One configuration file. `fault` says why `settings` is empty ("" when it parses), at `fault_line` (from 1).

    `text` is decoded (UTF-8, else Latin-1) without a BOM; "" when the file is missing or unreadable.
    """

    path: Path
    format: Format
    text: str
    settings: tuple[Setting, ...] = ()
    fault: str = ""
    fault_line: int | None = None
    exists: bool = True


class PathFacts(Frozen):
    """A file or folder that a service needs, or a folder on the way to one. `modified` and `size` are 0 for none."""

    state: FileState
    is_folder: bool = False
    size: int = 0
    modified: float = 0.0


class DiskFacts(Frozen):
    """A file system that the fleet uses, by the path where it is mounted; sizes in bytes."""

    mount: Path
    total: int
    free: int
    inodes: int
    free_inodes: int
    read_only: bool = False


class HeldFile(Frozen):
    """A deleted file that a process still writes to, so that its space does not come back."""

    path: Path
    pid: int
    size: int
    service: str | None = None


class ServerFact(Frozen):
    """What a server says of itself that is not as it should be. `code` is stable (`postgres.blocked`,
    `redis.no-room`), `text` is for people, `fields` is what a repair needs (`{"pid": "812", "application": "psql"}`).
    """

    code: str
    service: str
    text: str
    fields: dict[str, str] = {}


class ServiceFacts(Frozen):
    """One service. `log` is the tail, oldest line first; `preflight` None: there is none, or it was not run.

    `is_stale`: files on disk are newer than what the running process started with; None when that is unknown.
    `paths` are those declared, with the folders on the way to them; `server` is what the server says of itself.
    """

    service: Service
    status: ServiceStatus | None = None
    files: tuple[ConfigFacts, ...] = ()
    log: tuple[str, ...] = ()
    preflight: CommandResult | None = None
    is_stale: bool | None = None
    paths: tuple[PathFacts, ...] = ()
    server: tuple[ServerFact, ...] = ()


class Reference(Frozen):
    """What a file looked like at a better time. `origin` names where that is known from: `known good`, `git HEAD`,
    `payments/.env.example`. `file` is the path it stands for; `settings` is empty when it does not parse.
    """

    origin: str
    file: Path
    text: str
    settings: tuple[Setting, ...] = ()
    changes: tuple[SettingChange, ...] = ()


class Facts(Frozen):
    """All services of the fleet, who listens where, and what is known of better times.

    `targets` are the services in trouble or asked for, nearest first. `changes` of a reference lead from it (before)
    to the disk (after). `good_paths` are files and folders as they lay there on a better day.
    """

    fleet: Fleet
    targets: tuple[str, ...]
    services: dict[str, ServiceFacts]
    listeners: tuple[Listener, ...] = ()
    references: tuple[Reference, ...] = ()
    disks: tuple[DiskFacts, ...] = ()
    held: tuple[HeldFile, ...] = ()
    good_paths: tuple[FileState, ...] = ()
