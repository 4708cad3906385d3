"""Which connections a record of pg_hba.conf is about: type, database, user, address."""

import ipaddress
from collections.abc import Sequence

_ENCRYPTED = {"host": ("hostssl", "hostnossl", "hostgssenc", "hostnogssenc")}


def covers(record: Sequence[str], other: Sequence[str]) -> bool:
    """Every connection that `other` is about comes to `record` first, if that stands above it. False for an include."""
    if len(record) < 3 or len(other) < 3:
        return False
    return (
        other[0] in (record[0], *_ENCRYPTED.get(record[0], ()))
        and _has_names(record[1], other[1], special="replication")
        and _has_names(record[2], other[2])
        and _has_network(record[3:], other[3:])
    )


def _has_names(names: str, others: str, special: str = "") -> bool:
    """`all` is everything but what is `special`."""
    known = set(names.split(","))
    return all(other in known or ("all" in known and other != special) for other in others.split(","))


def _has_network(address: Sequence[str], other: Sequence[str]) -> bool:
    if list(address) in ([], ["all"], list(other)):
        return True
    wide, narrow = _network(address), _network(other)
    if wide is None or narrow is None:
        return False
    if isinstance(wide, ipaddress.IPv4Network):
        return isinstance(narrow, ipaddress.IPv4Network) and narrow.subnet_of(wide)
    return isinstance(narrow, ipaddress.IPv6Network) and narrow.subnet_of(wide)


def _network(address: Sequence[str]) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """None for a host's name or a word."""
    try:
        return ipaddress.ip_network("/".join(address), strict=False)
    except ValueError:
        return None
