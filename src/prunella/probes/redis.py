"""Does Redis answer, and take writes?"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

from prunella.domain.probe import RedisProbe
from prunella.domain.report import Reach, Reading
from prunella.errors import Rejected
from prunella.probes.bounded import Answer, silent
from prunella.probes.connection import connection, unreached
from prunella.probes.password import Secrets, none_known, password_of, without
from prunella.probes.redis_state import faults_of
from prunella.probes.resp import Garbled, Refused, Talk
from prunella.probes.trust import trusting


@dataclass(frozen=True)
class _Place:
    """`ca` vouches for rediss (None: the system)."""

    host: str
    port: int
    user: str
    database: str
    tls: bool
    ca: Path | None

    @classmethod
    def of(cls, url: str) -> "_Place":
        """Raises Rejected for what is no address."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "localhost", parts.port or 6379
        except ValueError as error:
            raise Rejected(f"This is not an address of Redis: {error}.") from error
        if parts.scheme not in {"redis", "rediss"}:
            raise Rejected("This is not an address of Redis: it needs redis:// or rediss://.")
        options = parse_qs(parts.query)
        database = parts.path.strip("/") or options.get("db", ["0"])[0]
        ca = next((Path(path) for path in options.get("ssl_ca_certs", [])), None)
        return cls(host, port, unquote(parts.username or ""), database, parts.scheme == "rediss", ca)


class RedisLook:
    """Probe: a connection of its own, so that a password or an address that changed shows.

    A key that it writes is called `prunella:probe:…`, is deleted at once, and expires by itself if that fails.
    """

    def __init__(
        self, spec: RedisProbe, secrets: Secrets = none_known, ids: Callable[[], str] = lambda: uuid4().hex
    ) -> None:
        self._spec, self._secrets, self._ids = spec, secrets, ids

    async def look(self) -> Reading:
        answer = await self._see()
        return Reading(probe=self._spec.name, reach=answer.reach, detail=answer.detail, body=answer.body)

    async def _see(self) -> Answer:
        try:
            async with asyncio.timeout(self._spec.timeout_s):
                place = _Place.of(self._spec.url)
                password = await password_of(self._spec.password, self._secrets)
                return without(password, await self._reached(place, password))
        except TimeoutError:
            return silent(self._spec.timeout_s)
        except Rejected as error:
            return Answer(Reach.NOBODY, str(error))

    async def _reached(self, place: _Place, password: str) -> Answer:
        tls = trusting(place.ca) if place.tls else None
        try:
            async with connection(place.host, place.port, tls=tls) as streams:
                return await self._asked(Talk(streams), place, password)
        except Garbled as error:
            return Answer(Reach.WRONG, f"what answers at {place.host}:{place.port} is not Redis: {error}")
        except EOFError:
            return unreached(ConnectionResetError(), place.host, place.port)
        except TimeoutError:
            raise
        except OSError as error:
            return unreached(error, place.host, place.port)

    async def _asked(self, talk: Talk, place: _Place, password: str) -> Answer:
        try:
            await _enter(talk, place, password)
            told = await (self._written(talk) if self._spec.write else talk.text("PING"))
        except Refused as error:
            return await _refusal(talk, str(error))
        faults = () if self._spec.write else await faults_of(talk)
        if faults:
            return Answer(Reach.WRONG, f"it answers PING, but {'; '.join(faults)}")
        return Answer(Reach.RIGHT, told if faults is not None else f"{told}, and says no more: INFO is not permitted")

    async def _written(self, talk: Talk) -> str:
        """Raises Refused where what was written does not come back, too."""
        key, value = f"prunella:probe:{self._ids()}", self._ids()
        expires_s = str(max(5, math.ceil(2 * self._spec.timeout_s)))
        if await talk.ask("SET", key, value, "EX", expires_s, "NX") != "OK":
            raise Refused("SET of a new key was not taken")
        found = await talk.ask("GET", key)
        await talk.ask("DEL", key)
        if found != value:
            raise Refused(f"a key that was just written reads {'as nothing' if found is None else 'differently'}")
        return "a key was written, read and deleted"


async def _enter(talk: Talk, place: _Place, password: str) -> None:
    if password:
        await talk.ask("AUTH", *([place.user] if place.user else []), password)
    if place.database != "0":
        await talk.ask("SELECT", place.database)


async def _refusal(talk: Talk, said: str) -> Answer:
    """With what Redis says of the reason, as far as we may ask."""
    try:
        faults = await faults_of(talk)
    except (Garbled, EOFError, OSError):
        faults = None  # it hung up after it refused
    return Answer(Reach.WRONG, "; ".join((said, *(faults or ()))))
