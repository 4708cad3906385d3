"""Addresses: a host, `host:port` or URL is vouched for when it leads to a service that the setting may lead to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from prunella.domain.probe import HttpProbe, TcpProbe
from prunella.policy.taint import Origin
from prunella.policy.words import is_near, names_service, tokens
from prunella.world.origins import Sources, Stated

_ADDRESS = re.compile(
    r"(?:(?P<scheme>[A-Za-z][\w+.-]*):(?P<mark>/{1,3}))?(?:(?P<user>[^\s/@]*)@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::(?P<port>\d{1,5}))?(?P<rest>[/?#]\S*)?"
)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
_OPEN = frozenset({"0.0.0.0", "::", "[::]", "*", ""})
_OWN_WORDS = frozenset({"server", "listen", "listener", "bind", "http", "https", "web", "app", "main", "service",
                        "port", "address", "addr", "host", "grpc", "api", "admin", "tcp", "own", "self"})  # fmt: skip
_HOST_WORDS = frozenset({"host", "hosts", "hostname", "server", "addr", "address", "bind", "listen", "interface", "ip",
                         "url", "uri", "endpoint", "upstream", "peer", "broker", "domain"})  # fmt: skip


@dataclass(frozen=True)
class _Door:
    """Where a service is reached, as one source has it; None for what that source does not say."""

    where: str
    host: str | None = None
    port: int | None = None
    scheme: str = ""


def address_origin(
    value: str, before: str | None, key: str, owners: tuple[str, ...], sources: Sources
) -> Origin | None:  # fmt: skip
    """None when the value is no address or port, leads elsewhere, or fills what neither holds one nor is called so.

    A host and a port have to be those of one service; a scheme, credentials and what follows the port have to be what
    stood there, or what a probe of that service has, or nothing. Credentials go to another host only where the key
    names the service.
    """
    if value.isdecimal() and "port" in tokens(key):
        return _port_origin(int(value), key, owners, sources)
    new, old = _ADDRESS.fullmatch(value), _ADDRESS.fullmatch(before or "")
    held_one = old is not None and bool(old["scheme"] or old["port"])
    if new is None or not (held_one or _HOST_WORDS & set(tokens(key))):
        return None
    if not _keeps_the_rest(new, old):
        return None
    stays = not new["user"] or (old is not None and _same_host(old["host"], new["host"]))
    for service in sorted(sources.related(owners, key)):
        if not (stays or names_service(key, service)):
            continue
        if origin := _leads_to(service, new, old, sources):
            return origin
    return None


def is_about_addresses(key: str, value: str) -> bool:
    """Whether it takes the ports of processes to judge this value."""
    return bool({"port", *_HOST_WORDS} & set(tokens(key))) or "://" in value or re.search(r":\d", value) is not None


def _port_origin(port: int, key: str, owners: tuple[str, ...], sources: Sources) -> Origin | None:
    """Of the service that the key names, else of its own: a service does not listen where another one does."""
    named = [name for name in sources.fleet.services if name not in owners and names_service(key, name)]
    doors = (door for service in named or owners for door in _doors(service, sources))
    return next((Origin(door.where) for door in doors if door.port == port), None)


def _leads_to(service: str, new: "re.Match[str]", old: "re.Match[str] | None", sources: Sources) -> Origin | None:
    doors = tuple(_doors(service, sources))
    host = next((door for door in doors if door.host is not None and _same_host(door.host, new["host"])), None)
    if host is None or not _fits_scheme(new, old, doors):
        return None
    if new["port"] is None:
        is_bare = old is None or old["port"] is None or new["scheme"] is None
        return Origin(f"{service} in {host.where}") if is_bare else None
    port = next((door for door in doors if door.port == int(new["port"])), None)
    return Origin(f"{service} in {port.where}") if port else None


def _fits_scheme(new: "re.Match[str]", old: "re.Match[str] | None", doors: tuple[_Door, ...]) -> bool:
    scheme = (new["scheme"] or "").lower()
    was = (old["scheme"] or "").lower() if old else ""
    known = {door.scheme for door in doors if door.scheme} | {was}
    return not scheme or scheme in known or is_near(was, scheme)


def _keeps_the_rest(new: "re.Match[str]", old: "re.Match[str] | None") -> bool:
    user, rest = (old["user"], old["rest"]) if old else (None, None)
    return (new["user"] or "") == (user or "") and (new["rest"] or "") in {"", "/", rest or ""}


def _doors(service: str, sources: Sources) -> Iterator[_Door]:
    fleet_file = sources.fleet.path.name
    for probe in sources.fleet.services[service].probes:
        if isinstance(probe, HttpProbe):
            parts = urlsplit(probe.url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            yield _Door(_line_of(probe.url, service, sources) or fleet_file, parts.hostname, port, parts.scheme)
        elif isinstance(probe, TcpProbe):
            yield _Door(fleet_file, probe.host, probe.port)
    for stated in sources.configs:
        if stated.service == service:
            yield from _own_doors(stated)
    for port in sources.listening.get(service, ()):
        yield _Door(f"the ports that its process listens on ({port})", None, port)


def _own_doors(stated: Stated) -> Iterator[_Door]:
    """A service's own host, port and `host:port`; not those of whom it talks to."""
    words = set(tokens(stated.key)) - set(tokens(stated.service))
    if not words or not words <= _OWN_WORDS:
        return
    if stated.value.isdecimal() and "port" in words:
        yield _Door(stated.where, None, int(stated.value))
    elif found := re.fullmatch(r"(?P<host>\[[^\]]+\]|[\w.*-]*)(?::(?P<port>\d+))?", stated.value):
        yield _Door(stated.where, found["host"], int(found["port"]) if found["port"] else None)


def _line_of(value: str, service: str, sources: Sources) -> str:
    return next((each.where for each in sources.declared if (each.service, each.value) == (service, value)), "")


def _same_host(one: str, other: str) -> bool:
    """Whoever listens everywhere is reached on this machine, too."""
    one, other = one.lower(), other.lower()
    return one == other or (one in _LOOPBACK | _OPEN and other in _LOOPBACK)
