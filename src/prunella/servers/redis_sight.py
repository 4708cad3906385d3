"""One look at a Redis: what it says of itself and what it runs with."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from prunella.servers.failures import Refused
from prunella.servers.redis import RedisSession


@dataclass(frozen=True)
class RedisSight:
    """`info` and `config` are empty where our user may not see them."""

    service: str
    session: RedisSession
    info: Mapping[str, str]
    config: Mapping[str, str]

    def number(self, name: str) -> int:
        """A figure of `info`; 0 when it is not there."""
        found = self.info.get(name, "")
        return int(found) if found.lstrip("-").isdigit() else 0

    def figure(self, name: str) -> int:
        """A figure of `config`; 0 when it is not there."""
        found = self.config.get(name, "")
        return int(found) if found.lstrip("-").isdigit() else 0

    @property
    def policy(self) -> str:
        return self.config.get("maxmemory-policy") or self.info.get("maxmemory_policy", "noeviction")

    @property
    def maxmemory(self) -> int:
        return self.figure("maxmemory") or self.number("maxmemory")

    @property
    def databases(self) -> dict[int, dict[str, int]]:
        """The databases with keys in them: how many, and how many of these expire."""
        found = {name[2:]: value for name, value in self.info.items() if name.startswith("db") and name[2:].isdigit()}
        return {int(number): _figures(value) for number, value in found.items()}


async def look(session: RedisSession, service: str) -> RedisSight:
    info: dict[str, str] = {}
    config: dict[str, str] = {}
    with suppress(Refused):
        info = await session.info()
    with suppress(Refused):
        config = await session.config()
    return RedisSight(service, session, info, config)


def _figures(text: str) -> dict[str, int]:
    pairs = (part.partition("=") for part in text.split(","))
    return {name: int(value) for name, _, value in pairs if value.isdigit()}
