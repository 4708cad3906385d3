"""What is looked at, how often, and what is expected; durations in seconds, paths absolute."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from prunella.domain.frozen import Frozen, JsonValue


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
