"""Where probes look: the operator's word on where services answer."""

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from prunella.domain.probe import HttpProbe, JourneyProbe, ProbeSpec, RedisProbe, SqlProbe, TcpProbe, TlsProbe

_PORTS = {"http": 80, "https": 443, "redis": 6379, "rediss": 6379, "postgresql": 5432, "postgres": 5432}


class Probed(NamedTuple):
    """`scheme` is that of the URL, `tcp` or `tls`; `path` is "" where there is none."""

    scheme: str
    host: str
    port: int
    path: str = ""


def own_places(probe: ProbeSpec) -> tuple[Probed, ...]:
    """Where the service itself answers. A journey often leads through others, so it tells none."""
    match probe:
        case TcpProbe():
            return (Probed("tcp", probe.host, probe.port),)
        case TlsProbe():
            return (Probed("tls", probe.host, probe.port),)
        case HttpProbe() | RedisProbe() | SqlProbe():
            return tuple(_places_in(probe.url))
        case _:
            return ()


def asked_places(probe: ProbeSpec) -> tuple[Probed, ...]:
    """All that the probe talks to, also on a journey; each once."""
    if not isinstance(probe, JourneyProbe):
        return own_places(probe)
    return tuple(dict.fromkeys(place for step in probe.steps for place in _places_in(step.url)))


def _places_in(url: str) -> Iterator[Probed]:
    """None for a file, a socket in a folder, and what cannot be read; several hosts have commas between."""
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, hosts = authority.rpartition("@")
    for host in hosts.split(",") if scheme in _PORTS else ():
        try:
            parts = urlsplit(f"{scheme}://{user}{at}{host}{slash}{path}")
            port = parts.port or _PORTS[scheme]
        except ValueError:
            continue
        if parts.hostname:
            yield Probed(scheme, parts.hostname, port, parts.path)
