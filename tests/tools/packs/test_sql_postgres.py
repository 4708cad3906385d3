"""What only PostgreSQL has: functions with effects, exotic types, roles and locks."""

from pathlib import Path

import psycopg
import pytest

from prunella.domain.service import SecretRef
from prunella.errors import Rejected, Transient
from prunella.protocols import Toolbox
from prunella.tools.packs.sql import SqlPack
from prunella.tools.toolbox import Tools
from tests.tools.packs.sql_places import PASSWORD, Place, contents
from tests.world.yard import call, carry_out, has_applied, prepare, take_back

ODD_TYPES = """CREATE TABLE odd (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), ident integer GENERATED ALWAYS AS IDENTITY,
    twice numeric GENERATED ALWAYS AS (amount * 2) STORED, amount numeric, at timestamptz, day date, span interval,
    raw bytea, doc jsonb, plain json, many integer[], words text[], range int4range, f4 real, f8 double precision,
    flag boolean, address inet, code char(4), bits bit(3))"""
ODD_ROW = r"""INSERT INTO odd
    (id, amount, at, day, span, raw, doc, plain, many, words, range, f4, f8, flag, address, code, bits)
    VALUES ('00000000-0000-0000-0000-00000000000{0}', 1.10, 'infinity', '0044-03-15 BC', '1 month 2 days', '\x00ff',
    '{{"a": [1]}}', '{{"b" : 1}}', '{{1,NULL}}', '{{"a,b","c\"d"}}', '[1,5)', 0.1, 0.1, true, '10.0.0.1/8', 'ab',
    B'101')"""


@pytest.fixture
def tools(postgres: Place) -> Toolbox:
    return Tools(SqlPack(postgres.url, writable=True).tools())


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT pg_sleep(0)", "SELECT pg_catalog.pg_terminate_backend(pg_backend_pid())", "SELECT nextval('counter')",
        "SELECT * FROM (SELECT Pg_Read_File('/etc/passwd')) AS x", 'SELECT "pg_sleep"(0)', "SELECT own()",
        "EXPLAIN ANALYZE SELECT own()", "SELECT set_config('statement_timeout', '0', false)",
    ],
)  # fmt: skip
async def test_functions_that_may_do_something_are_no_reads(postgres: Place, tools: Toolbox, sql: str) -> None:
    postgres.do("CREATE SEQUENCE counter", "CREATE FUNCTION own() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    observation = await tools.call(call("sql.query", sql=sql))
    assert (observation.ok, "may do more than read" in observation.message) == (False, True)


async def test_functions_that_only_compute_are_called(tools: Toolbox) -> None:
    sql = (
        "SELECT jsonb_build_object('a', 1), now() IS NULL, random() < 2, pg_database_size('postgres') > 0, 'NaN'::real"
    )
    observation = await tools.call(call("sql.query", sql=sql))
    assert observation.ok, str(observation)
    assert "[{'a': 1}, False, True, True, 'nan']" in str(observation.output)


async def test_an_update_that_calls_them_is_not_even_tried_out(postgres: Place, tools: Toolbox) -> None:
    postgres.do("CREATE SEQUENCE counter")
    prepared = await prepare(
        tools, call("sql.execute", sql="UPDATE seats SET number = nextval('counter') WHERE id = 1")
    )
    assert (prepared.reversible, prepared.note) == (False, "nextval may have effects that no database takes back")
    assert postgres.rows("SELECT nextval('counter')") == [(1,)]


@pytest.mark.parametrize(
    "sql", ["UPDATE odd SET amount = 7, words = NULL WHERE flag", "DELETE FROM odd WHERE day < now()"]
)
async def test_every_type_comes_back_to_the_letter(postgres: Place, tools: Toolbox, sql: str) -> None:
    postgres.do(ODD_TYPES, ODD_ROW.format(1), ODD_ROW.format(2), "SET TimeZone = 'Asia/Tokyo'")
    before = postgres.rows("SELECT odd::text FROM odd ORDER BY id")
    step = call("sql.execute", sql=sql)
    prepared = await carry_out(tools, step)
    assert prepared.reversible
    assert postgres.rows("SELECT odd::text FROM odd ORDER BY id") != before
    assert await has_applied(tools, step, prepared) is True
    await take_back(tools, step, prepared)
    assert postgres.rows("SELECT odd::text FROM odd ORDER BY id") == before


async def test_every_type_can_be_shown(postgres: Place, tools: Toolbox) -> None:
    postgres.do(ODD_TYPES, ODD_ROW.format(1))
    observation = await tools.call(
        call("sql.query", sql="SELECT at, day, amount, raw, doc, many, range, span FROM odd")
    )
    assert isinstance(observation.output, dict)
    assert observation.output["rows"] == [
        ["infinity", "0044-03-15 BC", "1.10", "\\x00ff", {"a": [1]}, [1, None], "[1,5)", "1 mon 2 days"]
    ]


async def test_keys_that_the_database_makes_cannot_be_foretold(postgres: Place, tools: Toolbox) -> None:
    postgres.do("CREATE TABLE tickets (id serial PRIMARY KEY, what text)")
    prepared = await prepare(tools, call("sql.execute", sql="INSERT INTO tickets (what) VALUES ('x')"))
    assert (prepared.reversible, "makes the keys" in prepared.note) == (False, True)
    given = await prepare(tools, call("sql.execute", sql="INSERT INTO tickets VALUES (1, 'x')"))
    assert given.reversible


async def test_truncate_always_asks_and_tells_how_much_is_lost(postgres: Place, tools: Toolbox) -> None:
    prepared = await prepare(tools, call("sql.execute", sql="TRUNCATE lines, seats"))
    assert (prepared.reversible, prepared.must_ask) == (False, "it empties whole tables")
    assert prepared.difference.startswith("lines: 3 rows; seats: 2 rows: TRUNCATE")
    assert len(postgres.rows("SELECT 1 FROM lines")) == 3


async def test_other_schemas_are_found_and_put_back(postgres: Place, tools: Toolbox) -> None:
    postgres.do(
        "DROP SCHEMA IF EXISTS attic CASCADE", "CREATE SCHEMA attic",
        'CREATE TABLE attic."Odd %s Name" (id integer PRIMARY KEY, "A b" text)',
        """INSERT INTO attic."Odd %s Name" VALUES (1, 'x'), (2, 'y')""",
    )  # fmt: skip
    assert "attic.Odd %s Name (2 rows)" in str((await tools.call(call("sql.schema"))).output)
    step = call("sql.execute", sql="""UPDATE attic."Odd %s Name" AS "O" SET "A b" = 'z' WHERE "O".id = 1""")
    prepared = await carry_out(tools, step)
    assert prepared.difference == "attic.Odd %s Name: 1 row: A b x → z"
    await take_back(tools, step, prepared)
    assert postgres.rows("""SELECT "A b" FROM attic."Odd %s Name" ORDER BY id""") == [("x",), ("y",)]
    postgres.do("DROP SCHEMA attic CASCADE")


async def test_a_row_that_is_held_is_worth_another_try(postgres: Place) -> None:
    tools = Tools(SqlPack(postgres.url, writable=True, timeout_s=0.5).tools())
    with psycopg.connect(postgres.url) as other:
        other.execute("UPDATE seats SET number = 99 WHERE id = 1")
        with pytest.raises((Transient, Rejected), match=r"lock timeout|0\.5 s"):
            await prepare(tools, call("sql.execute", sql="UPDATE seats SET number = 5 WHERE id = 1"))
        other.rollback()
    assert contents(postgres)[-1] == ["(1, 10)", "(2, 20)"]


async def test_the_password_is_fetched_at_the_last_moment_and_never_shown(postgres: Place, tmp_path: Path) -> None:
    bare = postgres.url.replace(postgres.url[len("postgresql://admin") : postgres.url.index("@")], "")
    file = tmp_path / "password"
    tools = Tools(SqlPack(bare, password=SecretRef(name="DB", source="file", where=str(file))).tools())
    missing = await tools.call(call("sql.query", sql="SELECT 1"))
    assert (missing.ok, "The secret DB cannot be read" in missing.message) == (False, True)
    file.write_text(PASSWORD)
    assert (await tools.call(call("sql.query", sql="SELECT 1"))).ok
    file.write_text("wr0ng-secret")
    wrong = await tools.call(call("sql.query", sql="SELECT 1"))
    assert "password authentication failed" in wrong.message
    assert "wr0ng-secret" not in str(wrong)
    from_environ = SqlPack(bare, password=SecretRef(name="DB", source="env", where="PW"), environ={"PW": PASSWORD})
    assert (await Tools(from_environ.tools()).call(call("sql.query", sql="SELECT 1"))).ok


async def test_a_server_that_is_away_is_worth_another_try() -> None:
    tools = Tools(SqlPack("postgresql://ann:hidden-word@127.0.0.1:1/shop").tools())
    observation = await tools.call(call("sql.query", sql="SELECT 1"))
    assert observation.error == "Transient"
    assert "hidden-word" not in str(observation)
