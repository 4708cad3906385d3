"""The postgres pack on a real server: each deed is undone to the letter, and known again after a crash."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Step
from prunella.domain.service import Fleet, Service
from prunella.domain.tool import Prepared, Risk
from prunella.errors import Conflict, Irrecoverable, Rejected
from prunella.protocols import Toolbox
from prunella.tools.packs.postgres import postgres_tools
from prunella.tools.toolbox import Tools
from tests.servers.real import PASSWORD, SECRET, Postgres, postgres_server
from tests.world.yard import call, carry_out, has_applied, prepare, take_back

TABLES = (
    "CREATE TABLE orders (id serial PRIMARY KEY, who text, amount int)",
    "INSERT INTO orders (who, amount) SELECT 'a' || n, n FROM generate_series(1, 9) AS n",
    "GRANT SELECT ON orders TO app", "GRANT USAGE ON SEQUENCE orders_id_seq TO app",
)  # fmt: skip
OPEN = "GRANT USAGE ON SCHEMA public TO PUBLIC"
ACLS = """SELECT c.relname, x.grantor, x.grantee, x.privilege_type, x.is_grantable FROM pg_class c, aclexplode(
    coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) x
    WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1, 2, 3, 4"""
COLUMN_ACLS = "SELECT attname, attacl::text FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attacl <> '{}'"


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres_server() as running:
        running.new("shop")
        yield running


@pytest.fixture
def shop(server: Postgres) -> Postgres:
    """The server, with nothing but the tables in its database `shop`."""
    server.do("DROP SCHEMA public CASCADE", "CREATE SCHEMA public", OPEN, *TABLES, database="shop")
    return server


async def secret(service: str, name: str) -> str:
    assert (service, name) == ("db", SECRET)
    return PASSWORD


def toolbox(server: Postgres, user: str = "admin") -> Toolbox:
    db = Service(name="db", folder=Path("/"), connect=server.connect("shop", user))
    web = Service(name="web", folder=Path("/"))
    fleet = Fleet(name="f", path=Path("/f/prunella.toml"), services={"db": db, "web": web})
    return Tools(postgres_tools(fleet, secret))


async def ask(tools: Toolbox, name: str, **arguments: JsonValue) -> str:
    observation = await tools.call(call(name, service="db", **arguments))
    return str(observation.output) if observation.ok else f"{observation.error}: {observation.message}"


async def through_a_crash(server: Postgres, step: Step, prepared: Prepared) -> bool | None:
    """What another process, that knows only what was written down, thinks of it."""
    return await has_applied(toolbox(server), step, prepared)


async def done_and_undone(server: Postgres, step: Step, state: str) -> Prepared:
    """Carries it out, looks it up as after a crash, and puts it back twice; `state` is a query over what it changes."""
    before = server.rows(state, "shop")
    tools = toolbox(server)
    prepared = await prepare(tools, step)
    assert server.rows(state, "shop") == before
    assert await through_a_crash(server, step, prepared) is False
    await carry_out(tools, step)
    assert server.rows(state, "shop") != before
    assert await through_a_crash(server, step, prepared) is True
    for _ in range(2):
        await take_back(toolbox(server), step, prepared)
        assert server.rows(state, "shop") == before
    assert await through_a_crash(server, step, prepared) is False
    return prepared


def test_no_server_no_tools() -> None:
    fleet = Fleet(name="f", path=Path("/f"), services={"web": Service(name="web", folder=Path("/"))})
    assert postgres_tools(fleet, secret) == ()


async def test_services_are_offered_and_others_refused(shop: Postgres) -> None:
    specs = {each.name: each for each in toolbox(shop).specs}
    offered: Any = [spec.parameters["properties"] for spec in specs.values()]
    assert all(each["service"]["enum"] == ["db"] for each in offered)
    assert {name for name, spec in specs.items() if spec.risk is Risk.READ} == {
        "postgres.query", "postgres.tables", "postgres.activity", "postgres.grants",
    }  # fmt: skip
    with pytest.raises(Rejected, match=r"web is no PostgreSQL .* Did you mean db"):
        await prepare(toolbox(shop), call("postgres.reload", service="web"))


async def test_queries_only_read(shop: Postgres) -> None:
    tools = toolbox(shop)
    rows = await ask(tools, "postgres.query", sql="SELECT who, amount FROM orders ORDER BY id", limit=2)
    assert "['a1', 1]" in rows
    assert "'left_out': 7" in rows
    for sql in ("DELETE FROM orders", "SELECT pg_terminate_backend(1)", "SELECT 1; DROP TABLE orders"):
        assert (await ask(tools, "postgres.query", sql=sql)).startswith(("Rejected", "Unparsable")), sql
    assert "orders" in await ask(tools, "postgres.tables")
    assert PASSWORD not in await ask(tools, "postgres.query", sql="SELECT nothing")


@pytest.mark.parametrize("table", ["orders", "public.orders", "Orders"])
async def test_a_grant_is_undone_to_the_letter(shop: Postgres, table: str) -> None:
    step = call("postgres.grant", service="db", role="app", privilege="INSERT", table=table)
    prepared = await done_and_undone(shop, step, ACLS)
    assert prepared.difference.startswith('GRANT INSERT ON TABLE public.orders TO "app"')
    assert (prepared.reversible, prepared.must_ask) == (True, "")


async def test_a_grant_helps(shop: Postgres) -> None:
    tools = toolbox(shop)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), shop.open("shop", "app") as app:
        app.execute("INSERT INTO orders (who) VALUES ('x')")
    assert "app on public.orders: SELECT" in await ask(tools, "postgres.grants", role="app")
    await carry_out(tools, call("postgres.grant", service="db", role="app", privilege="INSERT", table="orders"))
    with shop.open("shop", "app") as app:
        app.execute("INSERT INTO orders (who) VALUES ('x')")


async def test_rights_to_columns_survive(shop: Postgres) -> None:
    shop.do("GRANT INSERT (who), UPDATE (amount) ON orders TO app WITH GRANT OPTION", database="shop")
    columns = shop.rows(COLUMN_ACLS, "shop")
    step = call("postgres.grant", service="db", role="app", privilege="INSERT", table="orders")
    await done_and_undone(shop, step, ACLS)
    assert shop.rows(COLUMN_ACLS, "shop") == columns


async def test_a_revoke_is_undone_with_its_options(shop: Postgres) -> None:
    shop.do(
        "GRANT DELETE ON orders TO app WITH GRANT OPTION", "GRANT UPDATE (who) ON orders TO app",
        "GRANT UPDATE ON orders TO app", database="shop",
    )  # fmt: skip
    for privilege in ("DELETE", "UPDATE"):
        columns = shop.rows(COLUMN_ACLS, "shop")
        await done_and_undone(
            shop, call("postgres.revoke", service="db", role="app", privilege=privilege, table="orders"), ACLS
        )
        assert shop.rows(COLUMN_ACLS, "shop") == columns


async def test_rights_to_sequences_schemas_and_databases(shop: Postgres) -> None:
    await done_and_undone(
        shop, call("postgres.grant", service="db", role="app", privilege="SELECT", table="orders_id_seq"), ACLS
    )
    shop.do("REVOKE ALL ON SCHEMA public FROM PUBLIC", database="shop")
    schema = call("postgres.grant", service="db", role="app", privilege="USAGE", table="public", kind="schema")
    await done_and_undone(shop, schema, "SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public'")
    database = call("postgres.grant", service="db", role="app", privilege="CREATE", table="shop", kind="database")
    explode = "SELECT x.* FROM pg_database d, aclexplode(coalesce(datacl, acldefault('d', datdba))) x"
    prepared = await done_and_undone(shop, database, f"{explode} WHERE datname = 'shop' ORDER BY 1, 2, 3, 4")
    assert prepared.must_ask == "CREATE reaches far"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"role": "app", "privilege": "SELECT", "table": "orders"}, "has SELECT .* already"),
        ({"role": "ap", "privilege": "INSERT", "table": "orders"}, "no role ap. Did you mean app"),
        ({"role": "app", "privilege": "INSERT", "table": "order"}, "no table order. Did you mean orders"),
        ({"role": "app", "privilege": "USAGE", "table": "orders"}, "no right USAGE to a table"),
        ({"role": "admin", "privilege": "INSERT", "table": "orders"}, "already"),
    ],
)
async def test_a_grant_without_sense_is_rejected(shop: Postgres, arguments: dict[str, JsonValue], why: str) -> None:
    with pytest.raises(Rejected, match=why):
        await prepare(toolbox(shop), call("postgres.grant", service="db", **arguments))


async def test_what_somebody_gave_since_is_left_alone(shop: Postgres) -> None:
    step = call("postgres.grant", service="db", role="app", privilege="INSERT", table="orders")
    prepared = await carry_out(toolbox(shop), step)
    shop.do("GRANT DELETE ON orders TO app", database="shop")
    await take_back(toolbox(shop), step, prepared)
    assert [row[3] for row in shop.rows(ACLS, "shop") if row[0] == "orders"].count("DELETE") == 2
    prepared = await carry_out(toolbox(shop), step)
    shop.do("GRANT INSERT ON orders TO app WITH GRANT OPTION", database="shop")
    with pytest.raises(Conflict, match="gave app more"):
        await take_back(toolbox(shop), step, prepared)


async def test_giving_to_everybody_always_asks(shop: Postgres) -> None:
    step = call("postgres.grant", service="db", role="PUBLIC", privilege="SELECT", table="orders")
    assert (await done_and_undone(shop, step, ACLS)).must_ask == "it gives everybody a right"


async def test_a_sequence_goes_back_to_where_it_stood(shop: Postgres) -> None:
    state = "SELECT last_value, is_called FROM orders_id_seq"
    shop.do("INSERT INTO orders (id) VALUES (50)", database="shop")
    step = call("postgres.set_sequence", service="db", sequence="orders_id_seq", value=50)
    prepared = await done_and_undone(shop, step, state)
    assert (prepared.difference, prepared.must_ask) == ("public.orders_id_seq: 9 → 50", "")
    shop.do("ALTER SEQUENCE orders_id_seq RESTART WITH 7", database="shop")
    prepared = await done_and_undone(shop, step, state)
    assert prepared.difference == "public.orders_id_seq: 7 (not used yet) → 50"
    with pytest.raises(Rejected, match="holds 50 already"):
        await prepare(toolbox(shop), call("postgres.set_sequence", service="db", sequence="orders_id_seq", value=49))


async def test_a_sequence_that_went_on_goes_back_only_under_a_unique_index(shop: Postgres) -> None:
    shop.do("CREATE TABLE loose (n bigserial)", "SELECT setval('loose_n_seq', 3)", database="shop")
    for name, drawn in (("orders_id_seq", "orders_id_seq"), ("loose_n_seq", "loose_n_seq")):
        step = call("postgres.set_sequence", service="db", sequence=name, value=100)
        prepared = await carry_out(toolbox(shop), step)
        shop.do(f"SELECT nextval('{drawn}')", database="shop")
        assert await through_a_crash(shop, step, prepared) is True
        if name == "loose_n_seq":
            with pytest.raises(Conflict, match="went on to 101"):
                await take_back(toolbox(shop), step, prepared)
        else:
            await take_back(toolbox(shop), step, prepared)
            assert shop.rows("SELECT last_value, is_called FROM orders_id_seq", "shop") == [(9, True)]


async def test_a_sequence_that_would_go_back_asks(shop: Postgres) -> None:
    shop.do("CREATE SEQUENCE alone START 10", "SELECT nextval('alone')", database="shop")
    prepared = await prepare(
        toolbox(shop), call("postgres.set_sequence", service="db", sequence="alone", value=5)
    )  # fmt: skip
    assert "goes back" in prepared.must_ask
    with pytest.raises(Rejected, match="takes 1 to"):
        await prepare(toolbox(shop), call("postgres.set_sequence", service="db", sequence="alone", value=0))


async def test_an_index_is_built_and_taken_away(shop: Postgres) -> None:
    step = call("postgres.create_index", service="db", table="orders", columns=["who", "amount"])
    state = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
    prepared = await done_and_undone(shop, step, state)
    assert "whole table" in prepared.must_ask
    assert prepared.difference == (
        'CREATE INDEX CONCURRENTLY "orders_who_amount_idx" ON public.orders ("who", "amount")'
    )
    await carry_out(toolbox(shop), step)
    with pytest.raises(Rejected, match="orders_who_amount_idx on these columns already"):
        await prepare(toolbox(shop), step)


async def test_an_index_that_is_not_finished_is_taken_away(shop: Postgres) -> None:
    step = call("postgres.create_index", service="db", table="orders", columns=["who"])
    tools = toolbox(shop)
    prepared = await prepare(tools, step)
    with shop.open("shop", autocommit=False) as writer:
        writer.execute("INSERT INTO orders (who) VALUES ('z')")
        building = asyncio.create_task(tools.call(step))
        await asyncio.sleep(0.7)
        assert await through_a_crash(shop, step, prepared) is None
        building.cancel()
        await asyncio.sleep(0.3)
        writer.rollback()
    with pytest.raises(asyncio.CancelledError):
        await building
    assert shop.rows("SELECT 1 FROM pg_class WHERE relname = 'orders_who_idx'", "shop") == []


async def test_an_index_of_somebody_else_is_left_alone(shop: Postgres) -> None:
    step = call("postgres.create_index", service="db", table="orders", columns=["who"])
    prepared = await prepare(toolbox(shop), step)
    shop.do("CREATE INDEX orders_who_idx ON orders (amount)", database="shop")
    with pytest.raises(Conflict, match="another index"):
        await take_back(toolbox(shop), step, prepared)


@pytest.mark.parametrize(
    ("statements", "is_reversible"),
    [
        (("SELECT 1", "ROLLBACK"), True), (("SELECT * FROM orders",), True),
        (("INSERT INTO orders (who) VALUES ('z')",), False), (("LOCK TABLE orders",), False),
        (("SELECT pg_advisory_lock(1)", "COMMIT"), False),
    ],
)  # fmt: skip
async def test_ending_a_session_says_what_is_lost(
    shop: Postgres, statements: tuple[str, ...], is_reversible: bool
) -> None:
    with shop.open("shop", "admin", application="batch", autocommit=False) as idle:
        for each in statements:
            idle.execute(each.encode())
        step = call("postgres.terminate_backend", service="db", pid=idle.info.backend_pid)
        tools = toolbox(shop)
        prepared = await prepare(tools, step)
        assert prepared.reversible is is_reversible, prepared
        assert "batch as admin in shop" in prepared.difference
        assert await through_a_crash(shop, step, prepared) is False
        await take_back(toolbox(shop), step, prepared)
        await carry_out(tools, step)
        assert await through_a_crash(shop, step, prepared) is True
        if is_reversible:
            await take_back(toolbox(shop), step, prepared)
        else:
            with pytest.raises(Irrecoverable, match="cannot be brought back"):
                await take_back(toolbox(shop), step, prepared)
        with pytest.raises(psycopg.OperationalError):
            idle.execute("SELECT 1")


async def test_only_the_session_that_was_looked_at_is_ended(shop: Postgres) -> None:
    tools = toolbox(shop)
    with shop.open("shop") as other:
        pid = other.info.backend_pid
        unseen = call("postgres.terminate_backend", service="db", pid=pid)
        assert "Nobody has looked" in await ask(tools, "postgres.terminate_backend", pid=pid)
        prepared = await prepare(tools, unseen)
        before: Any = prepared.before
        await has_applied(
            tools, unseen, prepared.model_copy(update={"before": {**before, "backend_start": "2020-01-01"}})
        )
        assert "not that session any more" in await ask(tools, "postgres.terminate_backend", pid=pid)
        assert other.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(Rejected, match="no session with pid"):
        await prepare(tools, call("postgres.terminate_backend", service="db", pid=999_999))
    checkpointer = shop.rows("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")[0][0]
    with pytest.raises(Rejected, match="the server needs it"):
        await prepare(tools, call("postgres.terminate_backend", service="db", pid=checkpointer))


async def test_activity_tells_who_blocks_whom(shop: Postgres) -> None:
    with ExitStack() as open_ones:
        root = open_ones.enter_context(shop.open("shop", application="night", autocommit=False))
        root.execute("LOCK TABLE orders")
        pid = root.info.backend_pid
        waiting = open_ones.enter_context(shop.open("shop"))
        task = asyncio.create_task(asyncio.to_thread(waiting.execute, "SELECT count(*) FROM orders"))
        await asyncio.sleep(0.8)
        told = await ask(toolbox(shop), "postgres.activity")
        root.rollback()
        await task
    assert f"on pid {pid} (night as admin), idle in transaction" in told
    assert "for public.orders" in told


async def test_a_reload_takes_over_and_is_taken_back(shop: Postgres) -> None:
    show = "SELECT setting FROM pg_settings WHERE name = 'work_mem'"
    await asyncio.sleep(1.1)  # times of files have whole seconds here
    tools, step = toolbox(shop), call("postgres.reload", service="db")
    prepared = await prepare(tools, step)
    was, before = shop.rows(show), shop.append("work_mem = 7MB\n")
    assert prepared.reversible
    assert await through_a_crash(shop, step, prepared) is False
    await carry_out(tools, step)
    assert shop.rows(show) == [("7168",)]
    assert await through_a_crash(shop, step, prepared) is True
    (shop.data / "postgresql.conf").write_text(before)
    for _ in range(2):
        await take_back(toolbox(shop), step, prepared)
        assert shop.rows(show) == was
    shop.append("work_mem = 9MB\n")
    await carry_out(tools, step)
    with pytest.raises(Irrecoverable, match="other values of work_mem"):
        await take_back(toolbox(shop), step, prepared)
    (shop.data / "postgresql.conf").write_text(before)
    shop.reload()


async def test_a_reload_of_a_file_that_was_written_since_cannot_be_undone(shop: Postgres) -> None:
    await asyncio.sleep(1.1)
    before = shop.append("work_mem = 7MB\n")
    prepared = await prepare(toolbox(shop), call("postgres.reload", service="db"))
    (shop.data / "postgresql.conf").write_text(before)
    assert (prepared.reversible, "written since" in prepared.note) == (False, True)


async def test_a_reload_of_an_illegal_line_does_nothing(shop: Postgres) -> None:
    loaded = "SELECT pg_conf_load_time()"
    was, before = shop.rows(loaded), shop.append("work_mem = lots\n")
    told = await ask(toolbox(shop), "postgres.reload")
    (shop.data / "postgresql.conf").write_text(before)
    assert "would not take this over" in told
    assert "work_mem = lots" in told
    assert shop.rows(loaded) == was


async def test_a_role_without_rights_is_told_so(shop: Postgres) -> None:
    told = await toolbox(shop, "app").call(
        call("postgres.grant", service="db", role="app", privilege="INSERT", table="orders")
    )
    assert "we may not decide over TABLE public.orders" in told.message
    shop.do("REVOKE SELECT ON orders FROM app", database="shop")
    told = await toolbox(shop, "app").call(
        call("postgres.grant", service="db", role="app", privilege="INSERT", table="orders")
    )
    assert "permission denied for table orders [42501]" in told.message
