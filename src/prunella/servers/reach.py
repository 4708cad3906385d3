"""The servers of a fleet that can be asked and told, each reached with its password looked up at the last moment."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from prunella.domain.service import ConnectSpec, Fleet
from prunella.errors import Rejected
from prunella.nearest import nearest
from prunella.servers.kinds import is_postgres, is_redis
from prunella.servers.postgres import PostgresSession, postgres_session
from prunella.servers.redis import RedisSession, redis_session

Secret = Callable[[str, str], Awaitable[str]]
"""The value of a service's secret: `secret(service, name)`. Raises Rejected."""


@dataclass(frozen=True)
class Reach:
    """Servers of one kind, by the name of their service."""

    kind: str
    servers: Mapping[str, ConnectSpec]
    secret: Secret

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.servers)

    def find(self, service: str) -> ConnectSpec:
        """Raises Rejected for what is no server of this kind, with the nearest."""
        if service in self.servers:
            return self.servers[service]
        near = ", ".join(nearest(service, self.servers) or self.servers)
        raise Rejected(f"{service} is no {self.kind} that the fleet file connects to. Did you mean {near}?")

    async def password(self, service: str) -> str | None:
        """None: it needs none."""
        named = self.find(service).password
        return await self.secret(service, named) if named else None

    @asynccontextmanager
    async def postgres(
        self, service: str, timeout_s: float = 15.0, *, writes: bool = False
    ) -> AsyncGenerator[PostgresSession]:
        connect, password = self.find(service), await self.password(service)
        async with postgres_session(connect, password, timeout_s, writes=writes) as session:
            yield session

    @asynccontextmanager
    async def redis(self, service: str, timeout_s: float = 15.0) -> AsyncGenerator[RedisSession]:
        connect, password = self.find(service), await self.password(service)
        async with redis_session(connect, password, timeout_s) as session:
            yield session


def reach_of_postgres(fleet: Fleet, secret: Secret) -> Reach:
    found = {name: each.connect for name, each in fleet.services.items() if each.connect and is_postgres(each.connect)}
    return Reach("PostgreSQL", found, secret)


def reach_of_redis(fleet: Fleet, secret: Secret) -> Reach:
    found = {name: each.connect for name, each in fleet.services.items() if each.connect and is_redis(each.connect)}
    return Reach("Redis", found, secret)
