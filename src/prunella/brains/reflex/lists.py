"""Settings that are members of one list: the same key but for a number, or a name in haproxy's blocks."""

import re

from prunella.brains.reflex.case import Case
from prunella.brains.reflex.endpoints import Endpoint
from prunella.domain.setting import Format


def lists_of(case: Case, service: str) -> tuple[tuple[Endpoint, ...], ...]:
    """The endpoints of a service with a port, those of one list together; each setting has one of them only."""
    groups: dict[tuple[str, str], list[Endpoint]] = {}
    for endpoint in case.endpoints_of(service):
        if endpoint.port and endpoint.port_at:
            groups.setdefault((str(endpoint.place.file), _list_of(endpoint)), []).append(endpoint)
    return tuple(tuple(found) for found in groups.values() if len({id(e.place) for e in found}) == len(found))


def beside(case: Case, endpoint: Endpoint) -> tuple[Endpoint, ...]:
    """The other members of its list."""
    lists = lists_of(case, endpoint.place.service)
    mine = next((each for each in lists if any(e.place is endpoint.place for e in each)), ())
    return tuple(each for each in mine if each.place is not endpoint.place)


def _list_of(endpoint: Endpoint) -> str:
    place = endpoint.place
    key = place.key.rpartition(".")[0] if place.format is Format.HAPROXY else place.key
    return re.sub(r"\d+(?=\.|$)", "#", key)
