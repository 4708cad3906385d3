"""What PostgreSQL says of itself: each fact is provoked on a real server, and absent before."""

import asyncio
import os
import signal
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

import psycopg
import pytest

from prunella.domain.facts import ServerFact
from prunella.servers.postgres_facts import postgres_facts
from tests.servers.real import PASSWORD, Postgres, postgres_server


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres_server() as running:
        yield running


async def facts(server: Postgres, database: str = "postgres", user: str = "admin") -> dict[str, list[ServerFact]]:
    found: dict[str, list[ServerFact]] = {}
    for each in await postgres_facts(server.connect(database, user), "db", PASSWORD, 10):
        found.setdefault(each.code.removeprefix("postgres."), []).append(each)
    return found


@contextmanager
def appended(server: Postgres, text: str, file: str = "postgresql.conf") -> Generator[None]:
    before = server.append(text, file)
    try:
        yield
    finally:
        (server.data / file).write_text(before)
        server.reload()


async def test_a_healthy_server_has_nothing_to_say(server: Postgres) -> None:
    server.reload()
    assert await facts(server) == {}
    assert await facts(server, user="app") == {}


@pytest.mark.parametrize(
    ("setting", "value"), [("shared_buffers", "128MBB"), ("work_memory", "4MB"), ("work_mem", "lots")]
)
async def test_an_illegal_line_is_told_while_all_is_green(server: Postgres, setting: str, value: str) -> None:
    with appended(server, f"{setting} = {value}\n"):
        found = await facts(server)
        line = (server.data / "postgresql.conf").read_text().count("\n")
    fields = found["bad-setting"][0].fields
    assert (fields["setting"], fields["value"], fields["line"]) == (setting, value, str(line))
    assert fields["file"] == str(server.data / "postgresql.conf")
    assert "pending-restart" not in found


async def test_a_legal_value_that_takes_a_restart_is_not_illegal(server: Postgres) -> None:
    with appended(server, "max_connections = 21\n"):
        found = await facts(server)
    assert "bad-setting" not in found
    fields = found["pending-restart"][0].fields
    assert (fields["setting"], fields["running"], fields["wanted"]) == ("max_connections", "20", "21")


async def test_a_file_that_was_not_loaded_is_told(server: Postgres) -> None:
    await asyncio.sleep(1.1)  # times of files have whole seconds here
    with appended(server, "work_mem = 5MB\n"):
        found = await facts(server)
        assert [each.fields["file"] for each in found["not-loaded"]] == [str(server.data / "postgresql.conf")]
    await asyncio.sleep(1.1)
    server.reload()
    assert "not-loaded" not in await facts(server)


async def test_a_line_of_hba_that_is_none(server: Postgres) -> None:
    with appended(server, "host all all 127.0.0.1/33 md5\n", "pg_hba.conf"):
        found = await facts(server)
    assert "127.0.0.1/33" in found["bad-hba"][0].fields["error"]


async def test_writes_that_are_turned_off(server: Postgres) -> None:
    with appended(server, "default_transaction_read_only = on\n"):
        server.reload()
        found = await facts(server)
        assert found["read-only"][0].fields["source"] == "file"
    server.do("ALTER ROLE admin SET default_transaction_read_only = on")
    by_role = (await facts(server))["read-only"][0].fields["source"]
    with server.open() as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute("ALTER ROLE admin RESET default_transaction_read_only")
    assert by_role == "role admin"
    assert "read-only" not in await facts(server)


async def test_the_root_of_a_queue_is_told(server: Postgres) -> None:
    name = server.new("queue")
    server.do("CREATE TABLE orders (id int)", database=name)
    with ExitStack() as open_ones, ThreadPoolExecutor() as threads:
        root = open_ones.enter_context(server.open(name, autocommit=False, application="night job"))
        root.execute("LOCK TABLE orders")
        waiting = [open_ones.enter_context(server.open(name)) for _ in range(2)]
        for each in waiting:
            threads.submit(_ignoring_cancel, each, "SELECT * FROM orders")
        await asyncio.sleep(0.8)
        found = await facts(server, name)
        pid = root.info.backend_pid
        root.rollback()
    assert len(found["blocked"]) == 1
    fields = found["blocked"][0].fields
    assert (fields["pid"], fields["application"], fields["blocked"]) == (str(pid), "night job", "2")
    assert (fields["table"], fields["state"], fields["query"]) == (
        "public.orders", "idle in transaction", "LOCK TABLE orders",
    )  # fmt: skip


def _ignoring_cancel(connection: "psycopg.Connection[object]", query: str) -> None:
    with suppress(psycopg.Error):
        connection.execute(query.encode())


async def test_idle_hogs_are_told_when_connections_run_out(server: Postgres) -> None:
    with ExitStack() as open_ones:
        for _ in range(3):
            open_ones.enter_context(server.open(application="web"))
        assert "slots" not in await facts(server)
        for _ in range(12):
            open_ones.enter_context(server.open(application="leaky", user="app"))
        found = await facts(server)
    slots = found["slots"][0].fields
    assert (slots["of"], slots["used"], slots["limit"], slots["reserved"]) == ("server", "15", "20", "3")
    hogs = [(each.fields["application"], each.fields["user"], each.fields["idle"]) for each in found["idle-hog"]]
    assert hogs == [("leaky", "app", "12")]
    assert len(found["idle-hog"][0].fields["pids"].split()) == 12


async def test_no_slot_left_is_a_fact(server: Postgres) -> None:
    with ExitStack() as open_ones:
        with suppress(psycopg.OperationalError):
            while True:
                open_ones.enter_context(server.open(user="app"))
        found = await facts(server, user="app")
    assert [*found] == ["slots"]
    assert "53300" in found["slots"][0].text


async def test_a_role_at_its_own_limit(server: Postgres) -> None:
    server.do("CREATE ROLE few LOGIN CONNECTION LIMIT 0")
    found = await facts(server)
    server.do("DROP ROLE few")
    assert found["slots"][0].fields["of"] == "role few"
    assert "idle-hog" not in found


async def test_sequences_at_their_end_and_behind(server: Postgres) -> None:
    name = server.new("seq")
    server.do(
        'CREATE TABLE "Odd %s" (id serial PRIMARY KEY)', "CREATE TABLE behind (id bigserial UNIQUE, other int)",
        "CREATE TABLE loose (id int, n bigserial)",
        "CREATE TABLE fine (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY)",
        "INSERT INTO behind (id) SELECT generate_series(1, 7)", "SELECT setval('behind_id_seq', 3)",
        "INSERT INTO loose (n) VALUES (9)", "INSERT INTO fine DEFAULT VALUES",
        """SELECT setval('"Odd %s_id_seq"', 2147483647)""",
        "CREATE SEQUENCE alone MAXVALUE 100", "SELECT setval('alone', 99)", "CREATE SEQUENCE round MAXVALUE 3 CYCLE",
        "SELECT setval('round', 3)", database=name,
    )  # fmt: skip
    found = await facts(server, name)
    assert [(each.fields["sequence"], each.fields["ended"]) for each in found["sequence-end"]] == [
        ('public."Odd %s_id_seq"', "yes"), ("public.alone", "no"),
    ]  # fmt: skip
    behind = [each.fields for each in found["sequence-behind"]]
    assert [(each["sequence"], each["last"], each["value"]) for each in behind] == [("public.behind_id_seq", "3", "7")]


async def test_an_invalid_index_and_an_expired_role(server: Postgres) -> None:
    name = server.new("index")
    server.do("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (1)", database=name)
    with pytest.raises(psycopg.Error):
        server.do("CREATE UNIQUE INDEX CONCURRENTLY half ON t (a)", database=name)
    server.do("CREATE ROLE late LOGIN VALID UNTIL '2020-01-01'")
    found = await facts(server, name)
    server.do("DROP ROLE late")
    assert (found["invalid-index"][0].fields["index"], found["invalid-index"][0].fields["table"]) == (
        "public.half", "public.t",
    )  # fmt: skip
    assert found["role-expired"][0].fields["role"] == "late"


async def test_no_entry_in_hba_is_a_refusal(server: Postgres) -> None:
    before = (server.data / "pg_hba.conf").read_text()
    (server.data / "pg_hba.conf").write_text("host all app 127.0.0.1/32 scram-sha-256\n")
    with server.open(user="app"):
        _reload_by_signal(server)
        found = await facts(server)
    (server.data / "pg_hba.conf").write_text(before)
    _reload_by_signal(server)
    assert found["refused"][0].fields["state"] == "28000"
    assert "no pg_hba.conf entry" in found["refused"][0].text


def _reload_by_signal(server: Postgres) -> None:
    os.kill(int((server.data / "postmaster.pid").read_text().split()[0]), signal.SIGHUP)
    time.sleep(0.3)


async def test_secrets_in_statements_are_not_repeated(server: Postgres) -> None:
    name = server.new("secret")
    with ExitStack() as open_ones, ThreadPoolExecutor() as threads:
        root = open_ones.enter_context(server.open(name, autocommit=False))
        root.execute("CREATE TABLE t (a int)")
        root.commit()
        root.execute(b"LOCK TABLE t; SET application_name = 'x'; ALTER ROLE app PASSWORD 'Zk9#hunter2secret'")
        threads.submit(_ignoring_cancel, open_ones.enter_context(server.open(name)), "SELECT * FROM t")
        await asyncio.sleep(0.8)
        found = await facts(server, name)
        root.rollback()
    assert "hunter2" not in str(found)
    assert "blocked" in found
