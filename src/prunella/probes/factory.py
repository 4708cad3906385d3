"""From a declaration to the probe that looks."""

from prunella.domain.service import CommandProbe, HttpProbe, LogProbe, ProbeSpec, ProcessProbe, TcpProbe
from prunella.errors import Misuse
from prunella.probes.bounded import Bounded
from prunella.probes.command import CommandLook
from prunella.probes.http import HttpLook
from prunella.probes.log import LogLook
from prunella.probes.process import ProcessLook
from prunella.probes.tcp import TcpLook
from prunella.protocols import Probe, Supervisor


def probe_for(spec: ProbeSpec, service: str, supervisor: Supervisor | None) -> Probe:
    """A bounded probe named `service: name`. Raises Misuse for a process probe without a supervisor."""
    inner = _look_for(spec, service, supervisor)
    return Bounded(inner, name=f"{service}: {spec.name}", service=service, timeout_s=spec.timeout_s)


def _look_for(spec: ProbeSpec, service: str, supervisor: Supervisor | None) -> Probe:
    match spec:
        case HttpProbe():
            return HttpLook(spec)
        case TcpProbe():
            return TcpLook(spec)
        case LogProbe():
            return LogLook(spec)
        case CommandProbe():
            return CommandLook(spec)
        case ProcessProbe():
            if supervisor is None:
                raise Misuse(f"{service} has a process probe and no supervisor to ask. Add `supervisor`.")
            return ProcessLook(spec, supervisor)
