"""What the running system guards: as whom a service runs, and who can reach what it listens on."""

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

import psutil

from prunella.domain.posture import Aspect, Stance
from prunella.domain.probe import HttpProbe, TcpProbe
from prunella.domain.service import Fleet, Service
from prunella.domain.supervisor import Listener
from prunella.policy.strengths import of_host
from prunella.world.guards_of_files import user_name

_MOST_PORTS = 100_000.0


def user_of(service: str, pid: int) -> Iterator[Stance]:
    """Root or not; and which user, where it is not root: other users have no order among them."""
    try:
        uids = psutil.Process(pid).uids()
    except psutil.Error:
        return
    is_root = 0 in (uids.real, uids.effective)
    subject, says = f"service:{service}", user_name(0 if is_root else uids.effective)
    worth = 0.0 if is_root else 1.0
    yield Stance(subject=subject, aspect=Aspect.USER, name="root", says=says, strength=worth, may_go=True)
    if not is_root:
        yield Stance(subject=subject, aspect=Aspect.USER, name="user", says=says, may_go=True)


def listening_of(fleet: Fleet, listeners: Sequence[Listener]) -> Iterator[Stance]:
    """Of each service that listens; where a socket shows no owner, of the ports that the probes look at."""
    for name, service in fleet.services.items():
        own = [each for each in listeners if each.service == name]
        if own:
            yield _reach(f"service:{name}", own)
            continue
        for port in sorted(_probed(service)):
            nameless = [each for each in listeners if each.port == port and each.service is None]
            if nameless:
                yield _reach(f"port:{port}", nameless)


def _reach(subject: str, listeners: Iterable[Listener]) -> Stance:
    """Fewer ports for everybody are stronger, then fewer ports beyond this machine. A service that is down says
    nothing.
    """
    worth: dict[int, float] = {}
    for each in listeners:
        worth[each.port] = min(worth.get(each.port, 1.0), of_host(each.host) or 0.0)
    everybody = sum(reach < 0 for reach in worth.values())
    beyond = sum(0 <= reach < 1 for reach in worth.values())
    says = ", ".join(sorted({f"{each.host}:{each.port}" for each in listeners}))
    strength = _MOST_PORTS - 100 * everybody - beyond
    return Stance(subject=subject, aspect=Aspect.LISTENER, says=says, strength=strength, may_go=True)


def _probed(service: Service) -> frozenset[int]:
    ports = {probe.port for probe in service.probes if isinstance(probe, TcpProbe)}
    return frozenset(ports | {_port_of(probe.url) for probe in service.probes if isinstance(probe, HttpProbe)})


def _port_of(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)
