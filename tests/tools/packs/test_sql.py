"""One suite over both databases: what is read, what is refused, what is changed and put back."""

import re
import time
from typing import Any

import pytest

from prunella.domain.plan import Step
from prunella.errors import Conflict, Irrecoverable, Rejected
from prunella.protocols import Toolbox
from prunella.tools.packs.sql import SqlPack
from prunella.tools.toolbox import Tools
from tests.tools.packs.sql_places import Place, contents
from tests.world.yard import call, found, has_applied, prepare, take_back


@pytest.fixture
def tools(place: Place) -> Toolbox:
    return Tools(SqlPack(place.url, writable=True).tools())


def change(sql: str) -> Step:
    return call("sql.execute", sql=sql)


async def asked(tools: Toolbox, sql: str, **more: Any) -> dict[str, Any]:
    observation = await tools.call(call("sql.query", sql=sql, **more))
    assert observation.ok, str(observation)
    assert isinstance(observation.output, dict)
    return observation.output


async def refused(tools: Toolbox, sql: str) -> str:
    observation = await tools.call(call("sql.query", sql=sql))
    assert not observation.ok
    assert observation.error in {"Rejected", "Unparsable"}, observation
    return observation.message


async def done(tools: Toolbox, step: Step) -> str:
    observation = await tools.call(step)
    assert observation.ok, str(observation)
    return str(observation.output)


async def test_without_leave_there_is_nothing_that_writes(place: Place) -> None:
    assert [tool.spec.name for tool in SqlPack(place.url).tools()] == ["sql.schema", "sql.query"]
    assert [tool.spec.name for tool in SqlPack(place.url, prefix="shop").tools()] == ["shop.schema", "shop.query"]


async def test_the_schema_tells_columns_types_keys_and_rows(tools: Toolbox) -> None:
    text = str((await tools.call(call("sql.schema"))).output).lower()
    assert "customers (2 rows)\n  customer_id integer, primary key\n  name text, not null\n" in text
    assert "  customer_id integer, → customers.customer_id\n" in text
    assert "lines (3 rows)\n" in text
    assert "  primary key (order_id, place)" in text
    assert "visits" in text


async def test_the_schema_of_one_table_and_of_none(tools: Toolbox) -> None:
    one = str((await tools.call(call("sql.schema", table="ORDERS"))).output)
    assert one.startswith("orders (3 rows)\n")
    assert "customers (" not in one
    wrong = await tools.call(call("sql.schema", table="ordrs"))
    assert wrong.message.startswith("no such table: ordrs. Nearest: orders.")


async def test_a_database_of_many_tables_is_listed_by_name(place: Place, tools: Toolbox) -> None:
    place.do(*(f"CREATE TABLE archive_{number} (id integer)" for number in range(30)))
    text = str((await tools.call(call("sql.schema"))).output)
    assert text.startswith("35 tables; ask for one")
    assert "archive_7" in text
    assert "integer" not in text.lower()


async def test_rows_come_with_their_columns_and_a_count_of_the_rest(tools: Toolbox) -> None:
    answer = await asked(tools, "SELECT id, status FROM orders ORDER BY id; -- all", limit=2)
    assert answer["columns"] == ["id", "status"]
    assert answer["rows"] == [[1, "paid"], [2, "paid"]]
    assert answer["left_out"] == 1
    assert (await asked(tools, "SELECT id FROM orders", limit=3))["left_out"] == 0
    nothing = await asked(tools, "SELECT id, note FROM orders WHERE id > 99")
    assert (nothing["columns"], nothing["rows"]) == (["id", "note"], [])


@pytest.mark.parametrize(
    "sql",
    [
        "WITH paid AS (SELECT * FROM orders WHERE status = 'paid') SELECT count(*) FROM paid",
        "VALUES (2)", "(SELECT 2) UNION (SELECT 2)" , "/* why */ SELECT 2 WHERE 'a;b' LIKE '%;%'",
    ],
)  # fmt: skip
async def test_what_reads_is_read(place: Place, tools: Toolbox, sql: str) -> None:
    if sql.startswith("(") and place.kind == "sqlite":
        sql = "SELECT 2 UNION SELECT 2"
    assert (await asked(tools, sql))["rows"] == [[2]]


async def test_explain_explains_reads(tools: Toolbox, place: Place) -> None:
    explain = "EXPLAIN QUERY PLAN ?" if place.kind == "sqlite" else "EXPLAIN (COSTS off) ?"
    assert "orders" in str((await asked(tools, explain.replace("?", "SELECT * FROM orders")))["rows"])
    assert "EXPLAIN DELETE is no read" in await refused(tools, "EXPLAIN DELETE FROM orders")


WRITES = (
    "DELETE FROM orders", "UPDATE orders SET total = 1", "INSERT INTO visits VALUES ('x', 1)", "DROP TABLE visits",
    "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone", "SELECT * INTO copy FROM orders",
    "CREATE TABLE x (id integer)", "EXPLAIN ANALYZE DELETE FROM orders", "VACUUM", "BEGIN", "COMMIT",
)  # fmt: skip


@pytest.mark.parametrize("sql", WRITES)
async def test_what_writes_is_no_query(place: Place, tools: Toolbox, sql: str) -> None:
    before = contents(place)
    await refused(tools, sql)
    assert contents(place) == before


async def test_the_database_itself_keeps_a_reader_from_writing(place: Place) -> None:
    pack = SqlPack(place.url)
    with pytest.raises(Exception, match=r"readonly|read-only"), pack._engine.reading() as session:  # pyright: ignore[reportPrivateUsage] -- the guard behind the parser
        session.execute("DELETE FROM orders")
    assert len(place.rows("SELECT 1 FROM orders")) == 3


async def test_several_statements_are_counted_and_refused(place: Place, tools: Toolbox) -> None:
    assert "3 statements were given" in await refused(tools, "SELECT 1; DELETE FROM orders; SELECT ';'")
    with pytest.raises(Rejected, match="2 statements were given"):
        await prepare(tools, change("DELETE FROM lines WHERE place = 1; DELETE FROM orders"))
    assert "No statements" in await refused(tools, " -- nothing")
    assert len(place.rows("SELECT 1 FROM orders")) == 3


async def test_a_misspelled_column_is_answered_with_the_nearest(tools: Toolbox) -> None:
    said = await refused(tools, "SELECT custmer_id\nFROM orders")
    assert "custmer_id" in said
    assert "Nearest: orders.customer_id, customers.customer_id." in said
    assert "(Line 1, column 8.)" in said
    said = await refused(tools, "SELECT c.nmae FROM orders AS o JOIN customers AS c ON true")
    assert "Nearest: customers.name." in said
    said = await refused(tools, "SELECT 1,\n  zzz FROM seats")
    assert "Nearest: seats.id, seats.number." in said
    assert "(Line 2, column 3.)" in said


async def test_a_misspelled_table_is_answered_with_the_nearest(tools: Toolbox) -> None:
    said = await refused(tools, "SELECT * FROM custmers")
    assert "custmers" in said
    assert "Nearest: customers." in said
    for sql in ("DROP TABLE custmers", "UPDATE custmers SET name = 'x' WHERE customer_id = 1", "TRUNCATE custmers"):
        with pytest.raises(Rejected, match=r"Nearest: customers\."):
            await prepare(tools, change(sql))
    with pytest.raises(Rejected, match=r"Nearest: customers\.name"):
        await prepare(tools, change("UPDATE customers SET nmae = 'x' WHERE customer_id = 1"))


async def test_a_text_that_is_no_sql_has_the_databases_own_word(tools: Toolbox) -> None:
    said = await refused(tools, "SELECT *\nFORM orders")
    assert "syntax error" in said
    assert "FORM" in said
    assert "(Line 2, column" in said


async def test_secrets_are_blacked_out_by_the_name_of_their_column(tools: Toolbox) -> None:
    for sql in (
        "SELECT * FROM customers",
        "SELECT password AS p, name FROM customers",
        "SELECT name, upper(password) AS x FROM customers",
    ):
        text = str(await asked(tools, sql)).lower()
        assert "geheim" not in text
        assert "ada" in text


async def test_a_query_that_takes_too_long_is_stopped(place: Place) -> None:
    tools = Tools(SqlPack(place.url, timeout_s=0.3).tools())
    began = time.monotonic()
    said = await refused(tools, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")
    assert "it took over 0.3 s and was stopped" in said
    assert time.monotonic() - began < 5


CHANGES = (
    ("UPDATE orders SET status = 'refunded' WHERE status = 'paid'", "orders: 2 rows: status paid → refunded"),
    ("UPDATE orders SET note = NULL, total = total + 1 WHERE id = 1", "orders: 1 row: total 3.1 → 4.1, note a → NULL"),
    ("DELETE FROM orders WHERE id IN (1, 3)", "orders: 2 rows deleted: id 1; id 3"),
    ("DELETE FROM lines WHERE item = 'tea'", "lines: 2 rows deleted: order_id 1 place 1; order_id 2 place 1"),
    ("INSERT INTO orders (id, customer_id) VALUES (7, 1), (8, 2);", "orders: 2 rows added: id 7; id 8"),
    ("INSERT INTO seats SELECT id + 5, number + 5 FROM seats", "seats: 2 rows added: id 6; id 7"),
    ("INSERT INTO seats VALUES (2, 21), (3, 30) ON CONFLICT (id) DO UPDATE SET number = excluded.number",
     "seats: 1 row: number 20 → 21\nseats: 1 row added: id 3"),
    ("UPDATE orders AS o SET note = c.name FROM customers AS c WHERE c.customer_id = o.customer_id AND c.name = 'Bob'",
     "orders: 1 row: note  → Bob"),
    ("UPDATE orders SET changed_at = CURRENT_TIMESTAMP, status = 'x' WHERE id = 2", "status paid → x"),
    ("WITH big AS (SELECT id FROM orders WHERE total > 5) DELETE FROM orders WHERE id IN (SELECT id FROM big) -- big",
     "orders: 1 row deleted: id 3"),
    ("UPDATE customers SET password = 'neu!' WHERE customer_id = 1",
     "customers: 1 row: password [redacted] → [redacted]"),
    ("UPDATE orders SET status = 'x' WHERE id = 99", "orders: 0 rows"),
)  # fmt: skip


@pytest.mark.parametrize(("sql", "difference"), CHANGES)
async def test_rows_are_changed_as_foretold_and_put_back(
    place: Place, tools: Toolbox, sql: str, difference: str
) -> None:
    before, step = contents(place), change(sql)
    prepared = await prepare(tools, step)
    assert contents(place) == before
    assert (prepared.reversible, prepared.must_ask) == (True, "")
    assert difference in prepared.difference.replace("3.10 → 4.10", "3.1 → 4.1")
    assert await has_applied(tools, step, prepared) is False
    told = await done(tools, step)
    assert told.splitlines()[0].split(":")[:2] == prepared.difference.splitlines()[0].split(":")[:2]
    if difference != "orders: 0 rows":
        assert contents(place) != before
        assert await has_applied(tools, step, prepared) is True
    await take_back(tools, step, prepared)
    assert contents(place) == before
    assert await has_applied(tools, step, prepared) is False
    await take_back(tools, step, prepared)
    assert contents(place) == before


async def test_another_process_puts_it_back_as_well(place: Place, tools: Toolbox) -> None:
    before, step = contents(place), change("UPDATE orders SET changed_at = CURRENT_TIMESTAMP, note = 'b' WHERE id < 3")
    prepared = await prepare(tools, step)
    await done(tools, step)
    later = Tools(SqlPack(place.url, writable=True).tools())
    assert await has_applied(later, step, prepared) is True
    await take_back(later, step, prepared)
    assert contents(place) == before


async def test_what_somebody_else_changed_since_is_left_alone(place: Place, tools: Toolbox) -> None:
    step = change("UPDATE orders SET status = 'refunded' WHERE status = 'paid'")
    prepared = await prepare(tools, step)
    await done(tools, step)
    place.do("UPDATE orders SET note = 'mine' WHERE id = 2")
    theirs = contents(place)
    assert await has_applied(tools, step, prepared) is None
    with pytest.raises(Conflict, match="id 2 was changed by somebody else since; nothing was put back"):
        await take_back(tools, step, prepared)
    assert contents(place) == theirs


@pytest.mark.parametrize(
    ("sql", "theirs"),
    [
        ("DELETE FROM orders WHERE id = 3", "INSERT INTO orders (id, note) VALUES (3, 'mine')"),
        ("INSERT INTO orders (id) VALUES (9)", "UPDATE orders SET note = 'mine' WHERE id = 9"),
        ("UPDATE orders SET note = 'x' WHERE id = 1", "DELETE FROM orders WHERE id = 1"),
        ("UPDATE orders SET changed_at = CURRENT_TIMESTAMP WHERE id = 1",
         "UPDATE orders SET changed_at = '2001-01-01 00:00:00' WHERE id = 1"),
    ],
)  # fmt: skip
async def test_no_undo_over_the_work_of_others(place: Place, tools: Toolbox, sql: str, theirs: str) -> None:
    step = change(sql)
    prepared = await prepare(tools, step)
    await done(tools, step)
    place.do(theirs)
    world = contents(place)
    with pytest.raises(Conflict):
        await take_back(tools, step, prepared)
    assert contents(place) == world


@pytest.mark.parametrize(
    "theirs",
    [
        "INSERT INTO orders (id, status) VALUES (4, 'paid')", "UPDATE orders SET status = 'held' WHERE id = 1",
        "UPDATE orders SET note = 'new' WHERE id = 1",
    ],
)  # fmt: skip
async def test_what_was_vetted_is_what_is_done_or_nothing(place: Place, tools: Toolbox, theirs: str) -> None:
    step = change("UPDATE orders SET status = 'refunded' WHERE status = 'paid'")
    await prepare(tools, step)
    place.do(theirs)
    world = contents(place)
    observation = await tools.call(step)
    assert (observation.ok, "Nothing was written" in observation.message) == (False, True)
    assert contents(place) == world


GRAVE = (
    ("DELETE FROM lines", True, "DELETE without WHERE"),
    ("UPDATE lines SET item = 'x'", True, "UPDATE without WHERE"),
    ("DELETE FROM lines WHERE 1 = 1", True, "looks at no column"),
    ("DELETE FROM lines WHERE order_id > 0", True, "it touches all 3 rows of lines"),
    ("DROP TABLE visits", False, "it drops a table"),
    ("DROP INDEX IF EXISTS by_page", False, "it drops a index"),
    ("ALTER TABLE visits DROP COLUMN seconds", False, "it drops a column"),
)  # fmt: skip


@pytest.mark.parametrize(("sql", "is_reversible", "why"), GRAVE)
async def test_grave_statements_must_be_asked_about(
    place: Place, tools: Toolbox, sql: str, is_reversible: bool, why: str
) -> None:
    before = contents(place)
    prepared = await prepare(tools, change(sql))
    assert prepared.reversible is is_reversible
    assert why in prepared.must_ask
    assert contents(place) == before


NO_UNDO = (
    ("UPDATE visits SET seconds = 1 WHERE page = '/'", (), "visits has no primary key"),
    ("DELETE FROM customers WHERE customer_id = 2", (), "it changes more than customers"),
    ("UPDATE lines SET place = 9 WHERE place = 2", (), "it changes the primary key of lines"),
    ("CREATE TABLE other (id integer)", (), "no image of rows brings that back"),
    ("ALTER TABLE seats RENAME TO chairs", (), "no image of rows brings that back"),
    ("UPDATE many SET id2 = 2 WHERE id > 5", ("CREATE TABLE many (id integer PRIMARY KEY, id2 integer)",
     "INSERT INTO many SELECT a.id * 10 + b.id * 100 + c.id, 1 FROM orders a, orders b, orders c"),
     "it touches more than 20 rows"),
)  # fmt: skip


@pytest.mark.parametrize(("sql", "ahead", "why"), NO_UNDO)
async def test_what_cannot_be_put_back_says_why_before(
    place: Place, sql: str, ahead: tuple[str, ...], why: str
) -> None:
    place.do(*ahead)
    tools = Tools(SqlPack(place.url, writable=True, most_undone=20).tools())
    before = contents(place)
    prepared = await prepare(tools, change(sql))
    assert (prepared.reversible, why in prepared.note) == (False, True), prepared
    assert contents(place) == before
    await done(tools, change(sql))
    with pytest.raises(Irrecoverable, match=re.escape(why)):
        await take_back(tools, change(sql), prepared)


async def test_a_trigger_makes_it_irreversible(place: Place, tools: Toolbox) -> None:
    if place.kind == "sqlite":
        place.do("CREATE TRIGGER seen AFTER UPDATE ON seats BEGIN INSERT INTO visits VALUES ('t', 0); END")
    else:
        place.do(
            "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
            "CREATE TRIGGER seen BEFORE UPDATE ON seats FOR EACH ROW EXECUTE FUNCTION see()",
        )
    prepared = await prepare(tools, change("UPDATE seats SET number = 11 WHERE id = 1"))
    assert (prepared.reversible, prepared.note) == (False, "seats has triggers (seen)")


async def test_what_failed_leaves_nothing_to_put_back(place: Place, tools: Toolbox) -> None:
    step = change("CREATE TABLE visits (id integer)")
    prepared = await prepare(tools, step)
    assert not (await tools.call(step)).ok
    await take_back(tools, step, prepared)
    await take_back(Tools(SqlPack(place.url, writable=True).tools()), step, prepared)
    assert await has_applied(tools, step, prepared) is False


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("INSERT INTO orders (id, customer_id) VALUES (9, 99)", "(?i)foreign key"),
        ("INSERT INTO orders (id) VALUES (1)", "(?i)unique"),
        ("UPDATE orders SET id = id WHERE id = 1 RETURNING id", "Leave RETURNING out"),
        ("SELECT 1", "is nothing that sql.execute does"),
        ("VACUUM", "is nothing that sql.execute does"),
    ],
)
async def test_what_the_database_would_refuse_is_refused_in_time(tools: Toolbox, sql: str, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        await prepare(tools, change(sql))


async def test_a_call_outside_a_run_does_what_it_says(place: Place, tools: Toolbox) -> None:
    assert await done(tools, change("DELETE FROM visits WHERE page = '/a'")) == "1 row changed"
    assert place.rows("SELECT page FROM visits") == [("/",)]


async def test_a_password_is_never_shown(place: Place) -> None:
    pack = SqlPack(place.url, writable=True)
    shown = repr(pack) + str([tool.spec for tool in pack.tools()])
    assert "pa:ss" not in shown
    assert "%2F" not in shown


async def test_a_table_that_was_altered_since_is_not_guessed_at(place: Place, tools: Toolbox) -> None:
    step = change("DELETE FROM seats WHERE id = 1")
    prepared = await prepare(tools, step)
    await done(tools, step)
    place.do("ALTER TABLE seats ADD COLUMN row_name text")
    with pytest.raises(Irrecoverable, match="the table seats is not what it was"):
        await found(tools, step).undo(prepared.before)
    assert await has_applied(tools, step, prepared) is None
