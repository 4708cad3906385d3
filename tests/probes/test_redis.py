import asyncio
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from prunella.domain.probe import RedisProbe
from prunella.domain.report import Reach, Reading
from prunella.errors import Rejected
from prunella.probes.factory import probe_for
from prunella.probes.redis import RedisLook
from prunella.protocols import Probe
from prunella.testing.probes import ProbeSuite
from tests.probes.certificates import pair, tls_server
from tests.probes.conftest import Listen, never
from tests.servers.real import PASSWORD, Redis, redis_server

OWN, OLD = "REDIS", "OLD"


async def secret(name: str) -> str:
    return {OWN: PASSWORD, OLD: "rotated away"}[name]


@pytest.fixture(scope="module")
def server() -> Generator[Redis]:
    with redis_server("maxclients 20", "enable-protected-configs yes") as place:
        yield place


@pytest.fixture
def redis(server: Redis) -> Iterator[Redis]:
    """Empty, and as configured."""
    server.ask("FLUSHALL")
    yield server
    server.ask("REPLICAOF", "NO", "ONE")
    for name, value in {"maxmemory": "0", "maxmemory-policy": "noeviction", "save": "3600 1"}.items():
        server.ask("CONFIG", "SET", name, value)
    server.ask("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes")


async def save(redis: Redis, outcome: str) -> None:
    redis.ask("BGSAVE")
    for _ in range(200):
        await asyncio.sleep(0.02)
        if redis.ask("INFO", "persistence")["rdb_last_bgsave_status"] == outcome:
            return


async def look(port: int, database: str = "0", **fields: object) -> Reading:
    given = {"name": "redis", "url": f"redis://127.0.0.1:{port}/{database}", "password": OWN, "timeout_s": 2.0}
    return await RedisLook(RedisProbe.model_validate(given | fields), secret).look()


class TestConformance(ProbeSuite):
    @pytest.fixture(autouse=True)
    def servers(self, redis: Redis, listen: Listen, free_port: int) -> None:
        self._redis, self._listen, self._free = redis, listen, free_port

    def _probe(self, port: int) -> Probe:
        spec = RedisProbe(
            name="redis", url=f"redis://127.0.0.1:{port}/0", password=OWN, write=True, timeout_s=self.timeout_s
        )
        return probe_for(spec, "cache", None, secret=secret)

    async def right(self, folder: Path) -> Probe:
        return self._probe(self._redis.port)

    async def absent(self, folder: Path) -> Probe:
        return self._probe(self._free)

    async def silent(self, folder: Path) -> Probe:
        return self._probe(await self._listen(never))


@pytest.mark.parametrize("write", [True, False])
async def test_what_is_well_is_green_and_keeps_nothing(redis: Redis, write: bool):
    assert (await look(redis.port, "3", write=write)).ok
    assert redis.ask("INFO", "keyspace") == {}


async def test_its_key_is_its_own_and_expires_by_itself(listen: Listen):
    asked: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(1000))
        writer.write(b"-OOM command not allowed when used memory > 'maxmemory'.\r\n")
        await writer.drain()

    reading = await look(await listen(talk), write=True, password="", timeout_s=4.0)
    assert reading.detail == "OOM command not allowed when used memory > 'maxmemory'."
    words = asked[0].decode().split("\r\n")
    assert (words[2], words[4][:14], words[8:13:2]) == ("SET", "prunella:probe", ["EX", "8", "NX"])


async def test_no_room_is_told_with_the_settings_that_decide(redis: Redis):
    redis.ask("CONFIG", "SET", "maxmemory", "1")
    quiet, writing = await look(redis.port), await look(redis.port, write=True)
    reason = " is over maxmemory 1, maxmemory-policy is noeviction: writes get OOM"
    assert (quiet.reach, writing.reach) == (Reach.WRONG, Reach.WRONG)
    assert quiet.detail.startswith("it answers PING, but used_memory ")
    assert writing.detail.startswith("OOM command not allowed when used memory > 'maxmemory'.; used_memory ")
    assert quiet.detail.endswith(reason)
    assert writing.detail.endswith(reason)


async def test_a_policy_that_evicts_makes_room(redis: Redis):
    redis.ask("CONFIG", "SET", "maxmemory", "1", "maxmemory-policy", "allkeys-lru")
    assert (await look(redis.port)).ok
    redis.ask("CONFIG", "SET", "maxmemory-policy", "volatile-lru")
    assert "maxmemory-policy is volatile-lru and no key expires: writes get OOM" in (await look(redis.port)).detail


async def test_snapshots_that_fail_stop_writes(redis: Redis):
    gone = redis.folder / "gone"
    gone.mkdir()
    redis.ask("CONFIG", "SET", "dir", str(gone))
    redis.ask("SET", "kept", "1")
    gone.rmdir()
    await save(redis, "err")
    quiet, writing = await look(redis.port), await look(redis.port, write=True)
    told = "rdb_last_bgsave_status is err, stop-writes-on-bgsave-error is yes: writes get MISCONF"
    assert told in quiet.detail
    assert writing.detail.startswith("MISCONF Redis is configured to save RDB snapshots")
    assert told in writing.detail
    redis.ask("CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
    assert "stop-writes-on-bgsave-error is no: what is written is not on disk" in (await look(redis.port)).detail
    redis.ask("CONFIG", "SET", "save", "")
    assert (await look(redis.port)).ok
    redis.ask("CONFIG", "SET", "dir", str(redis.folder))
    await save(redis, "ok")


async def test_a_lost_master_is_told(redis: Redis, free_port: int):
    redis.ask("REPLICAOF", "127.0.0.1", str(free_port))
    assert f"follows 127.0.0.1:{free_port}, and master_link_status is down" in (await look(redis.port)).detail
    writing = await look(redis.port, write=True)
    assert writing.detail.startswith("READONLY You can't write against a read only replica.")


async def test_each_password_that_does_not_fit_is_told_and_never_shown(redis: Redis):
    none, old = await look(redis.port, password=""), await look(redis.port, password=OLD)
    assert none.detail == "NOAUTH Authentication required."
    assert old.detail.startswith("WRONGPASS ")
    user = await look(0, url=f"redis://nobody@127.0.0.1:{redis.port}/0")
    assert user.detail.startswith("WRONGPASS ")
    assert not any(text in str(each) for each in (none, old, user) for text in (PASSWORD, "rotated away"))


async def test_a_password_that_a_server_repeats_is_hidden(listen: Listen):
    async def parrot(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"-ERR unknown command 'AUTH', with args beginning with: '{PASSWORD}'\r\n".encode())
        await writer.drain()
        await asyncio.sleep(0.2)

    reading = await look(await listen(parrot))
    assert reading.detail == "ERR unknown command 'AUTH', with args beginning with: '***'"


async def test_a_secret_that_cannot_be_had_is_told(redis: Redis):
    async def lost(name: str) -> str:
        raise Rejected(f"The secret {name} is empty.")

    spec = RedisProbe(name="r", url=f"redis://127.0.0.1:{redis.port}/0", password=OWN)
    assert (await RedisLook(spec, lost).look()).detail == "The secret REDIS is empty."
    assert (await RedisLook(spec).look()).detail.startswith("The secret REDIS is not known here.")


async def test_a_database_that_is_none(redis: Redis):
    assert (await look(redis.port, "99")).detail == "ERR DB index is out of range"


async def test_who_may_not_ask_for_more_is_content_with_a_pong(redis: Redis):
    redis.ask("ACL", "SETUSER", "watch", "on", f">{PASSWORD}", "+ping")
    reading = await look(0, url=f"redis://watch@127.0.0.1:{redis.port}/0")
    assert (reading.reach, reading.detail) == (Reach.RIGHT, "PONG, and says no more: INFO is not permitted")


async def test_a_server_that_takes_no_more_clients(redis: Redis):
    held = [await asyncio.open_connection("127.0.0.1", redis.port) for _ in range(20)]
    reading = await look(redis.port)
    for _, writer in held:
        writer.transport.abort()
    assert reading.detail.startswith("ERR max number of clients reached")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"", "closed the connection without an answer"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "is not Redis: 'HTTP/1.1 400 Bad Request' is no answer of Redis"),
        (b"x" * 200_000, "is not Redis: an endless line"),
        (b"$99999999999\r\n", "is not Redis: an answer of 99999999999 bytes"),
        (b"$x\r\n", "is not Redis"),
        (b"-DENIED Redis is running in protected mode\r\n", "DENIED Redis is running in protected mode"),
        (b"-LOADING Redis is loading the dataset in memory\r\n", "LOADING Redis is loading the dataset in memory"),
    ],
)
async def test_what_is_no_redis_or_will_not_talk(listen: Listen, said: bytes, words: str):
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await reader.read(10)
        await writer.drain()

    reading = await look(await listen(talk), password="")
    assert reading.reach is Reach.WRONG
    assert words in reading.detail


@pytest.mark.parametrize("url", ["http://h:1/0", "redis://h:port/0"])
async def test_what_is_no_address_is_a_reading(url: str):
    reading = await look(0, url=url)
    assert (reading.reach, reading.detail[:32]) == (Reach.NOBODY, "This is not an address of Redis:")


async def test_over_tls_by_an_authority_of_our_own(redis: Redis, tmp_path: Path):
    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", redis.port)
        while words := await reader.read(1000):
            back.write(words)
            writer.write(await there.read(100_000))
        back.transport.abort()

    ca = pair("Test CA", is_ca=True)
    (tmp_path / "ca.pem").write_bytes(ca.pem)
    async with tls_server(pair("localhost", by=ca), tmp_path, relay) as port:
        good = await look(0, url=f"rediss://localhost:{port}/0?ssl_ca_certs={tmp_path}/ca.pem", write=True)
        bad = await look(0, url=f"rediss://localhost:{port}/0")
    assert good.ok, good
    assert "is not accepted" in bad.detail
