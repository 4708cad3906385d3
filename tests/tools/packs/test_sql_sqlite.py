"""What only SQLite has: files, values of any type, and addresses."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.errors import Misuse, Rejected, Transient
from prunella.protocols import Toolbox
from prunella.tools.packs.sql import SqlPack
from prunella.tools.packs.sql.address import PostgresAddress, SqliteAddress, parse_address
from prunella.tools.toolbox import Tools
from tests.tools.packs.sql_places import Place, SqlitePlace
from tests.world.yard import call, carry_out, prepare, take_back


@pytest.fixture
def tools(sqlite: Place) -> Toolbox:
    return Tools(SqlPack(sqlite.url, writable=True).tools())


VALUES = st.one_of(
    st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(st.characters(codec="utf-8")),
    st.binary(max_size=20),
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=5), is_update=st.booleans())
async def test_every_value_comes_back_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object, object]], is_update: bool
) -> None:
    place = SqlitePlace(tmp_path_factory.mktemp("values") / "any.db")
    with closing(sqlite3.connect(place.path)) as connection:
        connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, a, b TEXT)")
        connection.executemany("INSERT INTO things (a, b) VALUES (?, ?)", rows)
        connection.execute("UPDATE things SET a = CAST(x'ff41' AS TEXT) WHERE id = 1")
        connection.commit()
    look = "SELECT id, typeof(a), hex(a), printf('%!.17g', a), typeof(b), hex(b) FROM things ORDER BY id"
    before = place.rows(look)
    sql = "UPDATE things SET a = 1, b = 2 WHERE id < 9" if is_update else "DELETE FROM things WHERE id < 9"
    tools, step = Tools(SqlPack(place.url, writable=True).tools()), call("sql.execute", sql=sql)
    prepared = await carry_out(tools, step)
    assert place.rows(look) != before
    await take_back(tools, step, prepared)
    assert place.rows(look) == before


async def test_odd_values_are_shown(sqlite: Place, tools: Toolbox) -> None:
    observation = await tools.call(
        call("sql.query", sql="SELECT x'00ff' AS a, CAST(x'ff41' AS TEXT) AS b, 9e999 AS c, hex(zeroblob(2000)) AS d")
    )
    assert isinstance(observation.output, dict)
    [[a, b, c, d]] = cast("list[list[str]]", observation.output["rows"])
    assert (a, b, c) == ("\\x00ff", "\\xff41", "inf")
    assert d.endswith("… (4,000 characters)")


@pytest.mark.parametrize("sql", ["ATTACH '/tmp/x.db' AS x", "PRAGMA query_only = OFF", "REINDEX", "SELECT 1; SELECT 2"])
async def test_what_is_no_change_of_data_is_not_done(tools: Toolbox, sql: str) -> None:
    with pytest.raises(Rejected):
        await prepare(tools, call("sql.execute", sql=sql))
    assert not (await tools.call(call("sql.query", sql=sql))).ok


async def test_replacing_rows_cannot_be_put_back(tools: Toolbox) -> None:
    prepared = await prepare(tools, call("sql.execute", sql="INSERT OR REPLACE INTO seats VALUES (1, 20)"))
    assert (prepared.reversible, prepared.note) == (False, "it replaces rows that are in its way")


async def test_keys_that_sqlite_makes_can_be_foretold(sqlite: Place, tools: Toolbox) -> None:
    step = call("sql.execute", sql="INSERT INTO seats (number) VALUES (30), (40)")
    prepared = await carry_out(tools, step)
    assert prepared.difference == "seats: 2 rows added: id 3; id 4"
    await take_back(tools, step, prepared)
    assert sqlite.rows("SELECT id FROM seats") == [(1,), (2,)]


async def test_a_database_that_is_held_is_worth_another_try(sqlite: Place) -> None:
    assert isinstance(sqlite, SqlitePlace)
    tools = Tools(SqlPack(sqlite.url, writable=True, timeout_s=0.2).tools())
    with closing(sqlite3.connect(sqlite.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Transient, match="database is locked"):
            await prepare(tools, call("sql.execute", sql="DELETE FROM seats WHERE id = 1"))


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    tools = Tools(SqlPack(f"sqlite:///{tmp_path}/none.db", writable=True).tools())
    observation = await tools.call(call("sql.query", sql="SELECT 1"))
    assert f"there is no database file {tmp_path}/none.db" in observation.message
    with pytest.raises(Rejected, match="there is no database file"):
        await prepare(tools, call("sql.execute", sql="CREATE TABLE x (id integer)"))
    assert names_in(tmp_path) == []


async def test_a_file_with_signs_in_its_name_is_that_file(tmp_path: Path) -> None:
    place = SqlitePlace(tmp_path / "a %41#b.db")
    place.do("CREATE TABLE x (id integer PRIMARY KEY)")
    observation = await Tools(SqlPack(f"sqlite:///{tmp_path}/a %2541%23b.db").tools()).call(call("sql.schema"))
    assert observation.output == "x (0 rows)\n  id INTEGER, primary key"


def test_addresses_are_read() -> None:
    assert parse_address("sqlite:////srv/shop.db") == SqliteAddress(Path("/srv/shop.db"))
    assert parse_address("sqlite:///shop.db") == SqliteAddress(Path.cwd() / "shop.db")
    address = parse_address("postgres://ann:p%40ss@db:5433/shop?sslmode=require")
    assert isinstance(address, PostgresAddress)
    assert (address.uri, address.password) == ("postgresql://ann@db:5433/shop?sslmode=require", "p@ss")
    hidden = parse_address("postgresql+psycopg://ann@db/shop?password=geheim&connect_timeout=3")
    assert isinstance(hidden, PostgresAddress)
    assert (hidden.uri, hidden.password) == ("postgresql://ann@db/shop?connect_timeout=3", "geheim")
    assert "geheim" not in repr(hidden)


@pytest.mark.parametrize(
    "url", ["mysql://u:geheim@h/d", "shop.db", "sqlite://", "sqlite:///:memory:", "sqlite://host/a", ""]
)
def test_what_is_no_address_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(Misuse, match="Give sqlite:///") as refusal:
        SqlPack(url)
    assert "geheim" not in str(refusal.value)
