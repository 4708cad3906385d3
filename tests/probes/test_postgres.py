import asyncio
import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

from prunella.domain.probe import SqlProbe
from prunella.domain.report import Reach, Reading
from prunella.errors import Rejected
from prunella.probes.factory import probe_for
from prunella.probes.postgres import PostgresLook
from prunella.protocols import Probe
from prunella.testing.probes import ProbeSuite
from tests.probes.conftest import Listen, never
from tests.servers.real import PASSWORD, Postgres, postgres_server

OWN, OLD = "PG", "OLD"


async def secret(name: str) -> str:
    return {OWN: PASSWORD, OLD: "rotated away"}[name]


@pytest.fixture(scope="module")
def server() -> Generator[Postgres]:
    with postgres_server() as place:
        place.do("CREATE TABLE paid (id int, at timestamptz)", "INSERT INTO paid VALUES (7, NULL)")
        yield place


async def look(server: Postgres, query: str = "select 1", user: str = "admin", **fields: object) -> Reading:
    url = f"postgresql://{user}@127.0.0.1:{server.port}/postgres"
    given = {"name": "sql", "url": url, "query": query, "password": OWN, "timeout_s": 2.0, **fields}
    return await PostgresLook(SqlProbe.model_validate(given), secret).look()


async def is_alone(server: Postgres) -> bool:
    """No session of ours is left, or soon will be."""
    for _ in range(100):
        if not server.rows("select 1 from pg_stat_activity where application_name = 'prunella'"):
            return True
        await asyncio.sleep(0.02)
    return False


class TestConformance(ProbeSuite):
    @pytest.fixture(autouse=True)
    def servers(self, server: Postgres, listen: Listen, free_port: int) -> None:
        self._server, self._listen, self._free = server, listen, free_port

    def _probe(self, port: int, timeout_s: float) -> Probe:
        url = f"postgresql://admin@127.0.0.1:{port}/postgres"
        spec = SqlProbe(name="sql", url=url, password=OWN, expect="1", timeout_s=timeout_s)
        return probe_for(spec, "db", None, secret=secret)

    async def right(self, folder: Path) -> Probe:
        return self._probe(self._server.port, 2.0)

    async def absent(self, folder: Path) -> Probe:
        return self._probe(self._free, 2.0)

    async def silent(self, folder: Path) -> Probe:
        return self._probe(await self._listen(never), self.timeout_s)


@pytest.mark.parametrize(
    ("query", "expect", "detail"),
    [
        ("select id = 7 from paid", "t", ""),
        ("select 1.50::numeric", "1.50", ""),
        ("select '100%s'", "100%s", ""),
        ("select from paid", None, ""),
        ("select id from paid where id < 0", None, ""),
        ("select id from paid", "8", 'select id from paid gave "7", expected "8"'),
        ("select at from paid", "", 'select at from paid gave NULL, expected ""'),
        ("select id from paid where id < 0", "7", "gave no row"),
    ],
)
async def test_the_first_value_is_compared_as_postgresql_writes_it(
    server: Postgres, query: str, expect: str | None, detail: str
):
    reading = await look(server, query, expect=expect)
    assert reading.reach is (Reach.WRONG if detail else Reach.RIGHT), reading
    assert detail in reading.detail
    assert await is_alone(server)


@pytest.mark.parametrize("query", ["delete from paid", "create table x (a int)", "select 1; delete from paid"])
async def test_a_query_can_change_nothing(server: Postgres, query: str):
    reading = await look(server, query)
    assert reading.reach is Reach.WRONG
    assert reading.detail.startswith("ERROR 25006: cannot execute ")
    assert server.rows("select count(*) from paid") == [(1,)]
    assert await is_alone(server)


async def test_errors_carry_their_code_and_the_servers_own_words(server: Postgres):
    denied = await look(server, "select * from paid", user="app")
    assert (denied.reach, denied.detail) == (Reach.WRONG, "ERROR 42501: permission denied for table paid")
    unknown = await look(server, "select idd from paid")
    assert unknown.detail == 'ERROR 42703: column "idd" does not exist'
    assert 'Perhaps you meant to reference the column "paid.id".' in unknown.body


async def test_each_way_to_be_turned_away_is_told_and_no_password_shown(server: Postgres):
    old = await look(server, password=OLD)
    stranger = await look(server, user="nobody")
    nowhere = await look(server, url=f"postgresql://admin@localhost:{server.port}/nowhere")
    assert 'FATAL:  password authentication failed for user "admin"' in old.detail
    assert 'FATAL:  password authentication failed for user "nobody"' in stranger.detail
    assert 'FATAL:  database "nowhere" does not exist' in nowhere.detail
    for each in (old, stranger, nowhere):
        assert each.reach is Reach.WRONG
        assert "\n" not in each.detail
        assert not any(text in str(each) for text in (PASSWORD, "rotated away"))


async def test_refused_and_unknown_hosts_are_nobody(server: Postgres, free_port: int):
    refused = await look(server, url=f"postgresql://admin@127.0.0.1:{free_port}/x")
    unknown = await look(server, url="postgresql://admin@no-such-host.invalid/x", timeout_s=5.0)
    socket = await look(server, url="postgresql:///x?host=/no/such/folder")
    assert (refused.reach, unknown.reach, socket.reach) == (Reach.NOBODY,) * 3
    assert f"port {free_port} failed: Connection refused" in refused.detail


async def test_no_slot_left_is_told(server: Postgres):
    held = [server.open(user="app") for _ in range(17)]
    reading = await look(server, user="app")
    for each in held:
        each.close()
    assert reading.reach is Reach.WRONG
    assert "FATAL:  remaining connection slots are reserved" in reading.detail


async def test_a_slow_query_is_ended_by_the_server(server: Postgres):
    reading = await look(server, "select pg_sleep(30)", timeout_s=0.6)
    assert (reading.reach, reading.detail) == (
        Reach.SILENT,
        "ERROR 57014: canceling statement due to statement timeout",
    )
    assert await is_alone(server)


async def test_a_lock_that_somebody_holds_is_told_from_slowness(server: Postgres):
    with server.open(autocommit=False) as connection:
        connection.execute("LOCK TABLE paid")
        reading = await look(server, "select count(*) from paid", timeout_s=0.6)
    assert (reading.reach, reading.detail) == (Reach.SILENT, "ERROR 55P03: canceling statement due to lock timeout")


async def test_a_server_that_froze_takes_no_more_than_the_timeout(server: Postgres):
    """Its session was there, and the query is on its way: nobody answers, nor takes a cancellation."""
    loop = asyncio.get_running_loop()
    looking = asyncio.ensure_future(look(server, "select pg_sleep(30)", timeout_s=1.0))
    begun, sleeping = loop.time(), list[tuple[int]]()
    while not sleeping:
        await asyncio.sleep(0.02)
        sleeping = server.rows(
            "select pid from pg_stat_activity where application_name = 'prunella' and wait_event = 'PgSleep'"
        )
    for (pid,) in sleeping:
        os.kill(pid, signal.SIGSTOP)
    try:
        reading = await looking
        assert loop.time() - begun < 1.6
        assert (reading.reach, reading.detail) == (Reach.SILENT, "no answer within 1 s")
    finally:
        for (pid,) in sleeping:
            os.kill(pid, signal.SIGCONT)
    assert await is_alone(server)


async def test_a_look_that_is_cancelled_leaves_no_session(server: Postgres):
    looking = asyncio.ensure_future(look(server, "select pg_sleep(1)", timeout_s=1.0))
    await asyncio.sleep(0.3)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert await is_alone(server)


async def test_a_secret_that_cannot_be_had_is_told(server: Postgres):
    async def lost(name: str) -> str:
        raise Rejected(f"The secret {name} is empty.")

    spec = SqlProbe(name="sql", url=f"postgresql://admin@127.0.0.1:{server.port}/postgres", password=OWN)
    reading = await PostgresLook(spec, lost).look()
    assert (reading.reach, reading.detail) == (Reach.NOBODY, "The secret PG is empty.")
