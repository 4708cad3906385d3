"""Hosts and ports inside settings: URLs, `host:port`, `:8080`, bare ports, DSN words; each can be changed alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from prunella.brains.reflex.names import tokens
from prunella.brains.reflex.places import Place
from prunella.domain.probe import HttpProbe, JourneyProbe, RedisProbe, SqlProbe, TcpProbe, TlsProbe
from prunella.domain.service import Service

DEFAULT_PORTS = {
    "http": 80, "https": 443, "postgres": 5432, "postgresql": 5432, "redis": 6379, "mysql": 3306, "amqp": 5672,
    "mongodb": 27017, "ws": 80, "wss": 443, "tcp": 0, "grpc": 0, "rediss": 6379, "kafka": 9092, "nats": 4222,
    "smtp": 25, "ldap": 389, "memcached": 11211, "unix": 0, "file": 0,
}  # fmt: skip
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "[::1]", "0.0.0.0", ""})
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*)(?P<mark>:/{1,3})(?:[^\s/@]*@)?"
    r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\s/:@?#,;\"']+)(?::(?P<port>\w*))?"
)
_HOST_PORT = re.compile(r"(?<![\w.@/-])(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9_.\-*]*)?:(?P<port>\d{2,5})(?![\w:.])")
_DSN = re.compile(r"\bhost=(?P<host>[^\s;]+)(?:.*?\bport=(?P<port>\d+))?", re.IGNORECASE)
_BARE_PORT = re.compile(r"^\s*(?P<port>\d{2,5})(?![\w.])")
_PORT_WORDS = frozenset({"port", "listen", "bind", "addr", "address", "ports"})
_HOST_WORDS = frozenset({"host", "hostname", "server", "addr", "address", "ip"})


@dataclass(frozen=True)
class Endpoint:
    """A part of a setting's value that says where something is. Empty or None where it does not say."""

    place: Place
    scheme: str = ""
    host: str = ""
    port: int | None = None
    scheme_at: tuple[int, int] | None = None
    host_at: tuple[int, int] | None = None
    port_at: tuple[int, int] | None = None

    def with_port(self, port: int) -> str:
        """The whole value with another port; one is added after the host where there was none."""
        if self.port_at:
            return _spliced(self.place.value, self.port_at, str(port))
        at = self.host_at[1] if self.host_at else len(self.place.value)
        return _spliced(self.place.value, (at, at), f":{port}")

    def with_host(self, host: str) -> str:
        return _spliced(self.place.value, self.host_at, host) if self.host_at else host

    def with_scheme(self, scheme: str) -> str:
        if self.scheme_at:
            return _spliced(self.place.value, self.scheme_at, f"{scheme}://")
        return f"{scheme}://{self.place.value}"


def is_loopback(host: str) -> bool:
    return host.lower() in _LOOPBACK or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def same_host(one: str, other: str) -> bool:
    """True for equal names and for the usual names of this machine; `127.0.0.2` is another address."""
    return one.lower() == other.lower() or (one.lower() in _LOOPBACK and other.lower() in _LOOPBACK)


def endpoints_of(place: Place) -> Iterator[Endpoint]:
    """All endpoints in a setting's value, in order; a bare number counts where the key speaks of a port."""
    urls = list(_URL.finditer(place.value))
    for found in urls:
        yield _of_url(place, found)
    if urls:
        return
    dsn = _DSN.search(place.value)
    pairs = [dsn] if dsn else [m for m in _HOST_PORT.finditer(place.value) if not _is_time(place, m)]
    for found in pairs:
        yield _of_pair(place, found)
    if not pairs:
        yield from _bare(place)


def _of_url(place: Place, found: re.Match[str]) -> Endpoint:
    port = found["port"] or ""
    number = int(port) if port.isdigit() else DEFAULT_PORTS.get(found["scheme"].lower()) if not port else None
    return Endpoint(
        place=place,
        scheme=found["scheme"].lower(),
        host=found["host"],
        port=number,
        scheme_at=(found.start("scheme"), found.end("mark")),
        host_at=found.span("host"),
        port_at=found.span("port") if port else None,
    )


def _of_pair(place: Place, found: re.Match[str]) -> Endpoint:
    port = found["port"]
    return Endpoint(
        place=place,
        host=found["host"] or "",
        port=int(port) if port else None,
        host_at=found.span("host") if found["host"] else None,
        port_at=found.span("port") if port else None,
    )


def _bare(place: Place) -> Iterator[Endpoint]:
    words = set(tokens(place.key))
    number = _BARE_PORT.match(place.value)
    if number and words & _PORT_WORDS and 1 <= int(number["port"]) <= 65535:
        yield Endpoint(place=place, port=int(number["port"]), port_at=number.span("port"))
    elif set(tokens(place.leaf)) & _HOST_WORDS and re.fullmatch(r"(?=.*[A-Za-z.])[A-Za-z0-9_.\-]+", place.value):
        yield Endpoint(place=place, host=place.value, host_at=(0, len(place.value)))


def _is_time(place: Place, found: re.Match[str]) -> bool:
    """`12:30` is a time of day unless the key speaks of an address."""
    return bool(re.fullmatch(r"\d{1,2}", found["host"] or "")) and not set(tokens(place.key)) & _PORT_WORDS


def probed_endpoints(service: Service) -> Iterator[tuple[str, str, int]]:
    """(scheme, host, port) of each place where the operator says that a service answers: what its probes speak to, and
    how it is connected to.
    """
    for probe in service.probes:
        match probe:
            case TcpProbe() | TlsProbe():
                yield "tcp", probe.host, probe.port
            case HttpProbe() | SqlProbe() | RedisProbe():
                yield from _place_of(probe.url)
            case JourneyProbe():
                yield from (place for step in probe.steps for place in _place_of(step.url))
            case _:
                pass
    if service.connect is not None:
        yield from _place_of(service.connect.url)


def _place_of(url: str) -> Iterator[tuple[str, str, int]]:
    """Nothing where the address is not told, as for a database in a file."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 80)
    except ValueError:
        return
    if parts.hostname and port:
        yield parts.scheme, parts.hostname, port


def _spliced(text: str, span: tuple[int, int], new: str) -> str:
    return text[: span[0]] + new + text[span[1] :]
