"""A server that is bound to another address of this machine than where it is asked for; never to a wider one."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.endpoints import is_loopback, same_host
from prunella.brains.reflex.known_good import is_copy
from prunella.brains.reflex.places import Place
from prunella.domain.setting import Format

_BINDS = {(Format.REDIS, "bind"), (Format.POSTGRES, "listen_addresses")}
_EVERYWHERE = frozenset({"*", "0.0.0.0", "::", "[::]"})


def candidates(case: Case) -> Iterator[Candidate]:
    for service in case.suspects:
        for place in case.places_of(service):
            if (place.format, place.key.lower()) in _BINDS:
                for host, port in _asked_at(case, service):
                    if not _listens(case, service, host, port):
                        yield from _bind(case, place, host, port)


def _asked_at(case: Case, service: str) -> tuple[tuple[str, int], ...]:
    """Addresses of this machine alone at which its probes and its operator ask for it."""
    connect = case.service(service).service.connect
    parts = urlsplit(connect.url) if connect else None
    told = [(parts.hostname or "", parts.port)] if parts else []
    told += [(host, port) for _, host, port in case.probed(service)]
    return tuple(dict.fromkeys((host, port) for host, port in told if port and host and is_loopback(host)))


def _listens(case: Case, service: str, host: str, port: int) -> bool:
    own = (each.host for each in case.listeners(port) if each.service in {service, None})
    return any(each in _EVERYWHERE or same_host(each, host) for each in own)


def _bind(case: Case, place: Place, host: str, port: int) -> Iterator[Candidate]:
    hosts = [word for word in re.split(r"[\s,]+", place.value.strip()) if word]
    if any(each.lstrip("-") in _EVERYWHERE or same_host(each.lstrip("-"), host) for each in hosts):
        return
    known = [s.value for r in case.references(place.file) if not is_copy(r.origin) for s in r.settings
             if s.key == place.key and s.value]  # fmt: skip
    wanted = next((value for value in known if _covers(value, host)), None) or _with(hosts, host, place)
    elsewhere = [each.host for each in case.listeners(port) if each.service == place.service]
    score = (0.95 if known else 0.9 if elsewhere else 0.75) * case.scope(place.service)
    because = [f"fleet file: {place.service} is asked for at {host}:{port}."]
    because += [f"listeners: {place.service} listens at {each}:{port}." for each in elsewhere]
    cause = f"{place.name} is {place.value}, and {place.service} is asked for at {host}."
    step = place.set_to(wanted, f"There it is asked for, on port {port}.")
    yield from repair(case, "known good" if known else "binding", score, cause, [step], because=because)


def _covers(value: str, host: str) -> bool:
    return any(same_host(each.lstrip("-"), host) for each in re.split(r"[\s,]+", value))


def _with(hosts: list[str], host: str, place: Place) -> str:
    """In the place of another loopback address, else beside the others."""
    comma = "," if place.format is Format.POSTGRES else " "
    others = [each for each in hosts if not is_loopback(each.lstrip("-"))]
    return comma.join([*others, host] if len(others) < len(hosts) else [*hosts, host])
