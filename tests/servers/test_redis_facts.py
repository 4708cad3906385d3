"""What Redis says of itself: each fact is provoked on a real server, and absent before."""

import asyncio
import socket
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis

from prunella.domain.facts import ServerFact
from prunella.domain.service import ConnectSpec
from prunella.servers.failures import Refused, Unreachable
from prunella.servers.redis import redis_session
from prunella.servers.redis_facts import redis_facts
from prunella.servers.redis_file import same
from tests.servers.real import PASSWORD, Redis, redis_server


@pytest.fixture(scope="module")
def server() -> Iterator[Redis]:
    with redis_server("maxmemory 100mb", "maxclients 20", "# comment 'with", "tcp-keepalive 300") as running:
        yield running


async def facts(server: Redis, database: int = 0) -> dict[str, ServerFact]:
    found = await redis_facts(server.connect(database), "cache", PASSWORD, 5)
    return {each.code.removeprefix("redis."): each for each in found}


@contextmanager
def running_with(server: Redis, **settings: str) -> Generator[None]:
    before = {name: server.ask("CONFIG", "GET", name.replace("_", "-")) for name in settings}
    for name, value in settings.items():
        server.ask("CONFIG", "SET", name.replace("_", "-"), value)
    try:
        yield
    finally:
        for name, was in before.items():
            server.ask("CONFIG", "SET", name.replace("_", "-"), was[1])


async def test_a_session_asks_and_says_why_not(server: Redis) -> None:
    async with redis_session(server.connect(), PASSWORD, 5) as session:
        assert await session.text("PING") == "PONG"
        await session.ask("SET", "odd", b"\xff")
        assert await session.text("GETDEL", "odd") == "\\xff"
        with pytest.raises(Refused) as raised:
            await session.ask("NO-SUCH", PASSWORD)
        assert PASSWORD not in str(raised.value)
    with pytest.raises(Refused, match="WRONGPASS"):
        async with redis_session(server.connect(), "other", 5):
            pass
    with pytest.raises(Unreachable):
        async with redis_session(server.connect(), PASSWORD, 0.3) as session:
            await session.ask("BLPOP", "nothing", 0)
    with pytest.raises(Unreachable):
        async with redis_session(ConnectSpec(url="redis://127.0.0.1:1"), None, 1):
            pass


async def test_a_healthy_server_has_nothing_to_say(server: Redis) -> None:
    assert await facts(server) == {}


async def test_no_room_without_eviction(server: Redis) -> None:
    with running_with(server, maxmemory="1"):
        found = await facts(server)
        assert (found["no-room"].fields["maxmemory"], found["no-room"].fields["policy"]) == ("1", "noeviction")
        with running_with(server, maxmemory_policy="volatile-lru"):
            assert "no-room" in await facts(server)
        with running_with(server, maxmemory_policy="allkeys-lru"):
            assert "no-room" not in await facts(server)


async def test_drift_from_the_file_without_secrets(server: Redis) -> None:
    with running_with(server, maxmemory="1", tcp_keepalive="60", masterauth="hunter2secret"):
        found = await redis_facts(server.connect(), "cache", PASSWORD, 5)
    drift = {each.fields["setting"]: each for each in found if each.code == "redis.drift"}
    assert set(drift) == {"maxmemory", "tcp-keepalive"}
    assert (drift["maxmemory"].fields["running"], drift["maxmemory"].fields["wanted"]) == ("1", "100mb")
    assert drift["maxmemory"].fields["file"] == str(server.file)
    assert drift["maxmemory"].fields["line"] == "6"
    assert "hunter2secret" not in str(found)
    assert PASSWORD not in str(found)


async def test_a_line_that_names_no_setting(server: Redis) -> None:
    before = server.file.read_text()
    server.file.write_text(f"{before}maxmemroy 1gb\ninclude {server.folder}/more.conf\n")
    (server.folder / "more.conf").write_text("hz 10\nhzz 5\n")
    found = await redis_facts(server.connect(), "cache", PASSWORD, 5)
    server.file.write_text(before)
    wrong = [(Path(each.fields["file"]).name, each.fields["line"], each.fields["setting"]) for each in found]
    assert wrong == [("redis.conf", "10", "maxmemroy"), ("more.conf", "2", "hzz")]


async def saved(server: Redis, status: str) -> None:
    """Returns when a snapshot has ended like that."""
    server.ask("BGSAVE")
    async with asyncio.timeout(5):
        while server.ask("INFO", "persistence")["rdb_last_bgsave_status"] != status:  # noqa: ASYNC110 -- it sends no event
            await asyncio.sleep(0.02)


async def test_a_snapshot_that_fails(server: Redis) -> None:
    server.ask("SET", "a", "1")
    (server.folder / "dump.rdb").unlink(missing_ok=True)
    (server.folder / "dump.rdb").mkdir()
    await saved(server, "err")
    found = await facts(server)
    (server.folder / "dump.rdb").rmdir()
    await saved(server, "ok")
    fields = found["save-failed"].fields
    assert (fields["dir"], fields["file"], fields["stops_writes"]) == (str(server.folder), "dump.rdb", "yes")
    assert "save-failed" not in await facts(server)


async def test_queues_where_anything_may_be_evicted(server: Redis) -> None:
    server.ask("RPUSH", "jobs", "a", "b")
    server.ask("SET", "page", "html")
    with running_with(server, maxmemory_policy="allkeys-lru"):
        found = await facts(server)
        server.ask("EXPIRE", "jobs", "100")
        assert "evicts-jobs" not in await facts(server)
    server.ask("DEL", "jobs", "page")
    assert (found["evicts-jobs"].fields["queues"], found["evicts-jobs"].fields["example"]) == ("1", "jobs")


async def test_clients_that_run_out(server: Redis) -> None:
    with ExitStack() as open_ones:
        for _ in range(18):
            client = redis.Redis(port=server.port, password=PASSWORD, protocol=2, client_name="leaky")
            open_ones.callback(client.close)
            client.ping()
        found = await facts(server)
        fields = found["clients"].fields
        assert (fields["limit"], fields["busiest"], fields["count"]) == ("20", "leaky", "18")
        for _ in range(2):
            silent = open_ones.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            silent.sendall(b"PING\r\n")
            silent.recv(1)
        assert "max number of clients" in (await facts(server))["clients"].text


async def test_a_replica_without_its_master_and_a_master_without_replicas(server: Redis) -> None:
    with running_with(server, min_replicas_to_write="1"):
        assert (await facts(server))["too-few-replicas"].fields == {"good": "0", "wanted": "1"}
    server.ask("REPLICAOF", "127.0.0.1", "1")
    found = await facts(server)
    server.ask("REPLICAOF", "NO", "ONE")
    assert found["replica"].fields == {"master": "127.0.0.1:1", "writable": "no"}
    assert found["link-down"].fields["refuses_reads"] == "no"
    assert "replica" not in await facts(server)


async def test_protected_mode_shuts_others_out(server: Redis) -> None:
    with running_with(server, bind="127.0.0.1 -192.0.2.1"):  # an address for examples: nobody has it
        assert "protected" not in await facts(server)
        server.ask("CONFIG", "SET", "requirepass", "")
        found = await redis_facts(server.connect(), "cache", None, 5)
        async with redis_session(server.connect(), None, 5) as session:
            await session.ask("CONFIG", "SET", "requirepass", PASSWORD)
    protected = next(each for each in found if each.code == "redis.protected")
    assert protected.fields == {"bind": "127.0.0.1 -192.0.2.1"}


async def test_a_refusal_is_a_fact(server: Redis) -> None:
    found = await redis_facts(server.connect(), "cache", None, 5)
    assert [(each.code, each.fields["state"]) for each in found] == [("redis.refused", "NOAUTH")]
    found = await redis_facts(ConnectSpec(url="redis://127.0.0.1:1"), "cache", None, 5)
    assert [each.code for each in found] == ["redis.unreachable"]


@pytest.mark.parametrize(
    ("name", "left", "right", "is_same"),
    [
        ("maxmemory", "1gb", "1073741824", True), ("maxmemory", "1g", "1000000000", True),
        ("appendonly", "YES", "yes", True), ("bind", "127.0.0.1 -::1", "127.0.0.1", True),
        ("maxmemory", "100mb", "100", False), ("dir", "/tmp/", "/tmp", True), ("timeout", "5", "50", False),
    ],
)  # fmt: skip
def test_values_are_compared_by_what_they_mean(name: str, left: str, right: str, is_same: bool) -> None:
    assert same(name, left, right) is is_same
