"""Which server a `connect` leads to, by the scheme of its address."""

from urllib.parse import urlsplit

from prunella.domain.service import ConnectSpec

_POSTGRES = frozenset({"postgres", "postgresql"})
_REDIS = frozenset({"redis", "rediss", "unix"})


def is_postgres(connect: ConnectSpec | None) -> bool:
    return connect is not None and urlsplit(connect.url).scheme.lower() in _POSTGRES


def is_redis(connect: ConnectSpec | None) -> bool:
    return connect is not None and urlsplit(connect.url).scheme.lower() in _REDIS
