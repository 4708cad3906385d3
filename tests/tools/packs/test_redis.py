"""The redis pack on a real server: each deed is undone to the byte, and known again after a crash."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Step
from prunella.domain.service import Fleet, Service
from prunella.domain.tool import Prepared, Risk
from prunella.errors import Conflict, Rejected
from prunella.protocols import Toolbox
from prunella.tools.packs.redis import redis_tools
from prunella.tools.packs.redis.looking import digest_of
from prunella.tools.toolbox import Tools
from tests.servers.real import PASSWORD, SECRET, Redis, redis_server
from tests.world.yard import call, carry_out, has_applied, prepare, take_back


@pytest.fixture(scope="module")
def running() -> Iterator[Redis]:
    with redis_server("maxmemory 100mb") as server:
        yield server


@pytest.fixture
def server(running: Redis) -> Redis:
    """Empty, but for a queue with one bad item."""
    running.ask("FLUSHALL")
    running.ask("RPUSH", "jobs", "a", "b", "bad {", "c", "a", "d")
    running.ask("RPUSH", "dead", "old")
    return running


async def secret(service: str, name: str) -> str:
    assert (service, name) == ("queue", SECRET)
    return PASSWORD


def toolbox(server: Redis) -> Toolbox:
    queue = Service(name="queue", folder=Path("/"), connect=server.connect())
    web = Service(name="web", folder=Path("/"))
    fleet = Fleet(name="f", path=Path("/f/prunella.toml"), services={"queue": queue, "web": web})
    return Tools(redis_tools(fleet, secret))


async def ask(server: Redis, tool: str, **arguments: JsonValue) -> str:
    observation = await toolbox(server).call(Step(tool=tool, arguments={"service": "queue", **arguments}))
    return str(observation.output) if observation.ok else f"{observation.error}: {observation.message}"


async def applied(server: Redis, step: Step, prepared: Prepared) -> bool | None:
    """What another process, that knows only what was written down, thinks of it."""
    return await has_applied(toolbox(server), step, prepared)


def move(item: str = "bad {", source: str = "jobs", destination: str = "dead") -> Step:
    return call("redis.move_item", service="queue", source=source, destination=destination, item=item)


def config_set(name: str, value: str) -> Step:
    return Step(tool="redis.config_set", arguments={"service": "queue", "name": name, "value": value})


def items(server: Redis, key: str = "jobs") -> list[str]:
    return [each.decode() for each in server.ask("LRANGE", key, 0, -1)]


def test_no_server_no_tools() -> None:
    fleet = Fleet(name="f", path=Path("/f"), services={"web": Service(name="web", folder=Path("/"))})
    assert redis_tools(fleet, secret) == ()


async def test_what_is_offered(server: Redis) -> None:
    specs = {each.name: each for each in toolbox(server).specs}
    offered: Any = [spec.parameters["properties"] for spec in specs.values()]
    assert all(each["service"]["enum"] == ["queue"] for each in offered)
    assert {name: spec.risk for name, spec in specs.items()} == {
        "redis.info": Risk.READ, "redis.config_get": Risk.READ, "redis.queue_peek": Risk.READ,
        "redis.config_set": Risk.CHANGE, "redis.move_item": Risk.CHANGE, "redis.save": Risk.CHANGE,
    }  # fmt: skip


async def test_readers_tell_without_secrets(server: Redis) -> None:
    assert "used_memory:" in await ask(server, "redis.info", section="memory")
    assert await ask(server, "redis.config_get", name="maxmemory") == "{'maxmemory': '104857600'}"
    told = await ask(server, "redis.config_get", name="*pass*")
    assert "requirepass" in told
    assert PASSWORD not in told
    assert "no setting maxmemroy" in await ask(server, "redis.config_get", name="maxmemroy")


async def test_a_peek_shows_both_ends_and_takes_nothing(server: Redis) -> None:
    before = server.dumps()
    told = (await ask(server, "redis.queue_peek", key="jobs", count=2)).splitlines()
    assert told[0] == "jobs is a list of 6"
    assert [line.split(" ")[0] for line in told[1:]] == ["[0]", "[1]", "…", "[4]", "[5]"]
    assert told[1] == f"[0] {digest_of(b'a')} a"
    server.ask("RPUSH", "short", json.dumps({"password": "hunter2secret", "id": 7}), "x" * 5000)
    told = "\n".join((await ask(server, "redis.queue_peek", key="short")).splitlines())
    assert ("hunter2secret" in told, '"id": 7' in told, len(told) < 1000) == (False, True, True)
    server.ask("DEL", "short")
    assert server.dumps() == before


async def test_a_peek_at_a_stream_tells_its_groups(server: Redis) -> None:
    server.ask("XADD", "log", "1-1", "kind", "paid")
    server.ask("XGROUP", "CREATE", "log", "readers", "0")
    told = await ask(server, "redis.queue_peek", key="log")
    assert "1-1 kind paid" in told
    assert "name readers" in told
    for key, words in (("h", ("HSET", "h", "f", "v")), ("z", ("ZADD", "z", "1", "m")), ("s", ("SET", "s", "text"))):
        server.ask(*words)
        assert words[-1] in await ask(server, "redis.queue_peek", key=key)
    assert "no key nothing" in await ask(server, "redis.queue_peek", key="nothing")


@pytest.mark.parametrize("item", ["bad {", digest_of(b"bad {"), "d", digest_of(b"a")])
async def test_a_move_is_undone_to_the_byte(server: Redis, item: str) -> None:
    before, step = server.dumps(), move(item)
    prepared = await prepare(toolbox(server), step)
    assert (prepared.must_ask != "", prepared.reversible, prepared.rows) == (True, True, 1)
    assert server.dumps() == before
    assert await applied(server, step, prepared) is False
    await take_back(toolbox(server), step, prepared)
    assert server.dumps() == before
    await carry_out(toolbox(server), step)
    assert len(items(server)) == 5
    assert items(server, "dead")[1:] == ["old"]
    assert await applied(server, step, prepared) is True
    for _ in range(2):
        await take_back(toolbox(server), step, prepared)
        assert server.dumps() == before
    assert await applied(server, step, prepared) is False


async def test_the_last_item_and_its_time_come_back(server: Redis) -> None:
    server.ask("RPUSH", "one", "x")
    server.ask("PEXPIRE", "one", 60_000)
    before, step = server.dumps(), move("x", "one", "grave")
    prepared = await carry_out(toolbox(server), step)
    assert server.ask("EXISTS", "one") == 0
    await take_back(toolbox(server), step, prepared)
    assert server.dumps() == before
    assert 50_000 < server.ask("PTTL", "one") <= 60_000


async def test_an_item_finds_its_place_in_a_queue_that_went_on(server: Redis) -> None:
    step = move()
    prepared = await carry_out(toolbox(server), step)
    server.ask("LPOP", "jobs")
    server.ask("RPUSH", "jobs", "e")
    await take_back(toolbox(server), step, prepared)
    assert items(server) == ["b", "bad {", "c", "a", "d", "e"]


async def test_an_item_at_an_end_goes_back_to_that_end(server: Redis) -> None:
    step = move("d")
    prepared = await carry_out(toolbox(server), step)
    for _ in range(5):
        server.ask("RPOP", "jobs")
    server.ask("LPUSH", "jobs", "new")
    await take_back(toolbox(server), step, prepared)
    assert items(server) == ["new", "d"]


async def test_an_item_without_its_place_is_left_alone(server: Redis) -> None:
    step = move()
    prepared = await carry_out(toolbox(server), step)
    server.ask("DEL", "jobs")
    server.ask("RPUSH", "jobs", "y", "z")
    with pytest.raises(Conflict, match="place in it is gone"):
        await take_back(toolbox(server), step, prepared)
    server.ask("LREM", "dead", 1, "bad {")
    with pytest.raises(Conflict):
        await take_back(toolbox(server), step, prepared)
    assert await applied(server, step, prepared) is None


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (move("nothing"), "is not there in jobs"), (move(source="nothing"), "nothing is not there"),
        (move(destination="jobs"), "both source and destination"), (move(destination="text"), "is a string"),
    ],
)  # fmt: skip
async def test_a_move_without_sense_is_rejected(server: Redis, step: Step, why: str) -> None:
    server.ask("SET", "text", "x")
    with pytest.raises(Rejected, match=why):
        await prepare(toolbox(server), step)


async def test_bytes_that_are_no_text_can_be_moved(server: Redis) -> None:
    server.ask("RPUSH", "raw", b"\xff\x00", "b")
    before, step = server.dumps(), move(digest_of(b"\xff\x00"), "raw")
    prepared = await carry_out(toolbox(server), step)
    assert server.ask("LRANGE", "dead", 0, 0) == [b"\xff\x00"]
    await take_back(toolbox(server), step, prepared)
    assert server.dumps() == before


@settings(max_examples=15, deadline=None)
@given(queue=st.lists(st.sampled_from("abc"), min_size=1, max_size=6), place=st.integers(0, 5), beside=st.lists(
    st.sampled_from("abc"), max_size=3))  # fmt: skip
def test_any_item_of_any_queue_comes_back(running: Redis, queue: list[str], place: int, beside: list[str]) -> None:
    running.ask("FLUSHALL")
    for key, values in (("q", queue), ("d", beside)):
        if values:
            running.ask("RPUSH", key, *values)
    before, step = running.dumps(), move(queue[place % len(queue)], "q", "d")

    async def there_and_back() -> None:
        prepared = await carry_out(toolbox(running), step)
        assert await applied(running, step, prepared) is True
        await take_back(toolbox(running), step, prepared)

    asyncio.run(there_and_back())
    assert running.dumps() == before


@pytest.mark.parametrize(
    ("name", "value", "asks"),
    [
        ("maxmemory", "200mb", ""), ("maxclients", "500", ""), ("Timeout", "300", ""),
        ("requirepass", PASSWORD + "x", "it decides who gets in"), ("protected-mode", "no", "it decides who gets in"),
        ("save", "60 1", "it decides what is kept"), ("maxmemory-policy", "allkeys-lru", "it decides what is kept"),
    ],
)  # fmt: skip
async def test_a_setting_goes_back(server: Redis, name: str, value: str, asks: str) -> None:
    before, step = server.ask("CONFIG", "GET", "*"), config_set(name, value)
    prepared = await prepare(toolbox(server), step)
    assert (prepared.must_ask, prepared.reversible) == (asks, True)
    assert PASSWORD not in prepared.difference
    assert await applied(server, step, prepared) is False
    if name == "requirepass":
        return
    await carry_out(toolbox(server), step)
    assert server.ask("CONFIG", "GET", "*") != before
    assert await applied(server, step, prepared) is True
    for _ in range(2):
        await take_back(toolbox(server), step, prepared)
        assert server.ask("CONFIG", "GET", "*") == before


async def test_a_setting_that_somebody_changed_since_is_left_alone(server: Redis) -> None:
    step = config_set("timeout", "300")
    prepared = await carry_out(toolbox(server), step)
    server.ask("CONFIG", "SET", "timeout", "17")
    assert await applied(server, step, prepared) is None
    with pytest.raises(Conflict, match="17"):
        await take_back(toolbox(server), step, prepared)
    server.ask("CONFIG", "SET", "timeout", "0")


async def test_settings_without_sense_are_rejected(server: Redis) -> None:
    with pytest.raises(Rejected, match="Did you mean maxmemory"):
        await prepare(toolbox(server), config_set("maxmemroy", "1gb"))
    with pytest.raises(Rejected, match="already"):
        await prepare(toolbox(server), config_set("maxmemory", "102400kb"))
    refused = await ask(server, "redis.config_set", name="maxmemory", value="lots")
    assert "argument must be a memory value" in refused


async def test_a_limit_that_throws_keys_away_cannot_be_undone(server: Redis) -> None:
    assert (await prepare(toolbox(server), config_set("maxmemory", "1mb"))).reversible
    server.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    prepared = await prepare(toolbox(server), config_set("maxmemory", "100kb"))
    server.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
    assert (prepared.reversible, "thrown away at once" in prepared.note) == (False, True)


async def test_a_snapshot_is_written_and_its_failure_told(server: Redis) -> None:
    step = call("redis.save", service="queue")
    prepared = await prepare(toolbox(server), step)
    assert (prepared.reversible, prepared.must_ask) == (True, "")
    assert await applied(server, step, prepared) is False
    await carry_out(toolbox(server), step)
    assert (server.folder / "dump.rdb").exists()
    assert await applied(server, step, prepared) is True
    await take_back(toolbox(server), step, prepared)
    (server.folder / "dump.rdb").unlink()
    (server.folder / "dump.rdb").mkdir()
    told = await ask(server, "redis.save")
    (server.folder / "dump.rdb").rmdir()
    assert f"The snapshot to {server.folder}/dump.rdb failed" in told
    assert "has written a snapshot" in await ask(server, "redis.save")


async def test_an_empty_snapshot_or_an_unwanted_one_asks(server: Redis) -> None:
    step = call("redis.save", service="queue")
    server.ask("CONFIG", "SET", "save", "")
    unwanted = await prepare(toolbox(server), step)
    server.ask("CONFIG", "SET", "save", "3600 1 300 100")
    server.ask("FLUSHALL")
    empty = await prepare(toolbox(server), step)
    assert ("no snapshots" in unwanted.must_ask, "holds nothing" in empty.must_ask) == (True, True)
    assert (unwanted.reversible, empty.reversible) == (False, False)
