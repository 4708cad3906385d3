"""From a declaration to the probe that looks."""

from prunella.domain.probe import (
    CommandProbe,
    DiskProbe,
    HttpProbe,
    JourneyProbe,
    LogProbe,
    ProbeSpec,
    ProcessProbe,
    RedisProbe,
    SqlProbe,
    TcpProbe,
    TlsProbe,
)
from prunella.errors import Misuse
from prunella.probes.bounded import Bounded
from prunella.probes.command import CommandLook
from prunella.probes.disk import DiskLook
from prunella.probes.http import HttpLook
from prunella.probes.journey import JourneyLook
from prunella.probes.log import LogLook
from prunella.probes.password import Secrets, none_known
from prunella.probes.postgres import PostgresLook
from prunella.probes.process import ProcessLook
from prunella.probes.redis import RedisLook
from prunella.probes.sql import SQLITE
from prunella.probes.sqlite import SqliteLook
from prunella.probes.tcp import TcpLook
from prunella.probes.tls import TlsLook
from prunella.protocols import Probe, Supervisor


def probe_for(spec: ProbeSpec, service: str, supervisor: Supervisor | None, *, secret: Secrets = none_known) -> Probe:
    """A bounded probe named `service: name`; `secret` fetches a password by its name, for each look.

    Raises Misuse for a process probe without a supervisor, and where the driver of a database is not installed.
    """
    match spec:
        case ProcessProbe():
            inner = _process_look(spec, service, supervisor)
        case SqlProbe():
            inner = SqliteLook(spec) if spec.url.startswith(SQLITE) else PostgresLook(spec, secret)
        case RedisProbe():
            inner = RedisLook(spec, secret)
        case _:
            inner = _look_for(spec)
    return Bounded(inner, name=f"{service}: {spec.name}", service=service, timeout_s=spec.timeout_s)


def _process_look(spec: ProcessProbe, service: str, supervisor: Supervisor | None) -> Probe:
    if supervisor is None:
        raise Misuse(f"{service} has a process probe and no supervisor to ask. Add `supervisor`.")
    return ProcessLook(spec, supervisor)


def _look_for(spec: HttpProbe | TcpProbe | LogProbe | CommandProbe | DiskProbe | TlsProbe | JourneyProbe) -> Probe:
    look: Probe
    match spec:
        case HttpProbe():
            look = HttpLook(spec)
        case TcpProbe():
            look = TcpLook(spec)
        case LogProbe():
            look = LogLook(spec)
        case CommandProbe():
            look = CommandLook(spec)
        case DiskProbe():
            look = DiskLook(spec)
        case TlsProbe():
            look = TlsLook(spec)
        case JourneyProbe():
            look = JourneyLook(spec)
    return look
