"""PostgreSQL is reached for a moment, only reads unless asked, and says why not without its password."""

import socket
import time
from collections.abc import Iterator

import pytest

from prunella.domain.service import ConnectSpec
from prunella.errors import Rejected, Transient
from prunella.servers.failures import Refused, Unreachable
from prunella.servers.postgres import postgres_session, shown
from tests.servers.real import PASSWORD, Postgres, postgres_server


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres_server() as running:
        yield running


async def test_a_session_reads_and_only_reads(server: Postgres) -> None:
    async with postgres_session(server.connect(), PASSWORD, 5) as session:
        assert await session.rows("SELECT $1::int + 1 AS n, $2::text AS t", 1, "a") == [{"n": 2, "t": "a"}]
        assert await session.value("SHOW application_name") == "prunella"
        assert await session.value("SHOW statement_timeout") == "4500ms"
        with pytest.raises(Refused, match=r"read-only transaction \[25006\]"):
            await session.rows("CREATE TABLE public.t ()")
        assert await session.value("SELECT 1") == 1


async def test_a_writing_session_writes_all_or_nothing(server: Postgres) -> None:
    async with postgres_session(server.connect(), PASSWORD, 5, writes=True) as session:
        with pytest.raises(Refused) as raised:
            await session.together("CREATE TABLE public.half ()", "SELECT 1/0")
        assert raised.value.state == "22012"
        assert await session.value("SELECT to_regclass('public.half')") is None
        await session.together("CREATE TABLE public.whole ()")
    assert server.rows("SELECT to_regclass('public.whole') IS NOT NULL") == [(True,)]


@pytest.mark.parametrize(
    ("user", "database", "password", "state"),
    [
        ("admin", "postgres", "wrong", "28P01"), ("admin", "nowhere", PASSWORD, "3D000"),
        ("admin", "postgres", None, "28P01"),
    ],
)  # fmt: skip
async def test_a_refused_login_has_its_state(
    server: Postgres, user: str, database: str, password: str | None, state: str
) -> None:
    with pytest.raises(Refused) as raised:
        async with postgres_session(server.connect(database, user), password, 5):
            pass
    assert (raised.value.state, isinstance(raised.value, Rejected)) == (state, True)
    assert "wrong" not in str(raised.value)


async def test_nobody_there_is_transient() -> None:
    with pytest.raises(Unreachable) as raised:
        async with postgres_session(ConnectSpec(url="postgresql://a@127.0.0.1:1/b"), "geheim", 5):
            pass
    assert isinstance(raised.value, Transient)


async def test_what_never_answers_is_given_up_in_time() -> None:
    with socket.socket() as hung:
        hung.bind(("127.0.0.1", 0))
        hung.listen()
        begun = time.monotonic()
        with pytest.raises(Unreachable):
            async with postgres_session(
                ConnectSpec(url=f"postgresql://a@127.0.0.1:{hung.getsockname()[1]}/b"), None, 0.3
            ):
                pass
    assert time.monotonic() - begun < 2


async def test_a_slow_statement_is_stopped_by_the_server(server: Postgres) -> None:
    async with postgres_session(server.connect(), PASSWORD, 1) as session:
        with pytest.raises(Refused, match="57014"):
            await session.rows("SELECT pg_sleep(5)")


async def test_no_message_holds_the_password(server: Postgres) -> None:
    async with postgres_session(server.connect(), PASSWORD, 5) as session:
        with pytest.raises(Refused) as raised:
            await session.rows(f"SELECT '{PASSWORD}'::int")
    assert PASSWORD not in str(raised.value)
    assert raised.value.__cause__ is None


def test_an_address_is_shown_without_a_password() -> None:
    hidden = shown(ConnectSpec(url="postgresql://a:b@h:1/d?password=c&sslmode=require"))
    assert hidden == "postgresql://a:[redacted]@h:1/d?password=[redacted]&sslmode=require"
