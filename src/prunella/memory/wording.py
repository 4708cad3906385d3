"""Texts of symptoms without what differs from one day to the next."""

import re
from collections.abc import Mapping
from http import HTTPStatus

from prunella.domain.fingerprint import without_noise
from prunella.domain.service import Fleet
from prunella.fleet.probed import own_places

_NUMBER = re.compile(r"(?<![\w.])\d{2,5}(?![\w]|\.\d)")
_EPHEMERAL = re.compile(r"""(?i)((?:(?<=\S):|\bport[ =:#]+|["'], ?))(\d{5})(?!\w|\.\d)""")
_FIRST_EPHEMERAL, _LAST_PORT = 32_768, 65_535  # Linux, net.ipv4.ip_local_port_range
_SHORT_ID = re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{6,}\b", re.IGNORECASE)
_AMOUNT = re.compile(r"(?<![\w.])\d+(\.\d+)?(?!\w)")
_CODES = frozenset(str(status.value) for status in HTTPStatus if status >= 300)

Ports = Mapping[int, str]
"""Which service answers at a port, as its probes say."""


def steady(text: str, ports: Ports) -> str:
    """Without times, ids and pids; a service's port stands as that service's, a port that the system picked as any."""
    named = _NUMBER.sub(lambda match: _named(match[0], ports), text)
    return without_noise(_EPHEMERAL.sub(_any_port, named))


def spoken(text: str, ports: Ports) -> str:
    """As `steady`, and without amounts and short ids, which programs count on; codes such as 401 stay."""
    return _AMOUNT.sub(_unless_code, _SHORT_ID.sub("<id>", steady(text, ports))).replace("<number>", "<n>")


def _unless_code(match: re.Match[str]) -> str:
    return match[0] if match[0] in _CODES else "<n>"


def probed_ports(fleet: Fleet) -> dict[int, str]:
    """Of two services that are probed at the same port, the first."""
    found: dict[int, str] = {}
    for name, service in fleet.services.items():
        for probe in service.probes:
            for place in own_places(probe):
                found.setdefault(place.port, name)
    return found


def _named(number: str, ports: Ports) -> str:
    service = ports.get(int(number))
    return f"<port of {service}>" if service else number


def _any_port(match: re.Match[str]) -> str:
    is_ephemeral = _FIRST_EPHEMERAL <= int(match[2]) <= _LAST_PORT
    return f"{match[1]}<port>" if is_ephemeral else match[0]
