import pytest

from tests.brains.reflex.paper import Unit, reference, texts_after
from tests.brains.reflex.paper_servers import all_proposed, fleet_of, proposed, red, said

PG, RD = "orders-db/postgresql.conf", "broker/redis.conf"


def mended(file: str, text: str, unit: Unit, good: str = "") -> str:
    name = file.partition("/")[0]
    references = (reference("known good", file, good, text),) if good else ()
    units = {name: unit}
    plan = proposed(fleet_of(units, name, references=references), red(name))
    return texts_after(units, plan.steps)[file] if plan else text


@pytest.mark.parametrize(
    ("slip", "meant"),
    [("max_conections = 60", "max_connections = 60"), ("shared_bufers = 64MB", "shared_buffers = 64MB")],
)
def test_a_name_that_postgres_does_not_know_becomes_the_nearest(slip: str, meant: str) -> None:
    complaint = f'LOG:  unrecognized configuration parameter "{slip.split(maxsplit=1)[0]}" in file "{PG}" line 2'
    text = f"port = 6432\n{slip}\n"
    assert mended(PG, text, Unit({PG: text}, preflight=complaint)) == f"port = 6432\n{meant}\n"


def test_a_name_that_redis_does_not_know_becomes_the_nearest() -> None:
    text = "port 7000\ntcp-kepalive 300\n"
    complaint = (
        "*** FATAL CONFIG FILE ERROR ***\nReading the configuration file, at line 2\n>>> 'tcp-kepalive 300'\nBad"
    )
    assert mended(RD, text, Unit({RD: text}, preflight=complaint)) == "port 7000\ntcp-keepalive 300\n"


def test_what_the_line_read_at_a_better_time_is_preferred() -> None:
    text = "port = 6432\nwork_mems = 4MB\n"
    complaint = 'unrecognized configuration parameter "work_mems"'
    good = text.replace("work_mems", "temp_buffers")
    assert mended(PG, text, Unit({PG: text}, preflight=complaint), good) == good


def test_settings_of_extensions_and_known_ones_are_left_alone() -> None:
    text = "auto_explain.log_min_duration = 5\nwork_mem = 4MB\n"
    wrong = said("postgres.bad-setting", "orders-db", file=f"/srv/fleet/{PG}", setting="work_mem")
    units = {"orders-db": Unit({PG: text})}
    plans = all_proposed(fleet_of(units, "orders-db", wrong), red("orders-db"))
    assert all("auto_explain.log_min_duration = 5\nwork_mem" in texts_after(units, plan.steps)[PG] for plan in plans)


@pytest.mark.parametrize(
    ("wrong", "right"), [("64MBB", "64MB"), ("64mb", "64MB"), ("64 MiB", "64MB"), ("5mins", "5min"), ("30sec", "30s")]
)
def test_a_value_that_sleeps_in_the_file_gets_the_unit_that_was_meant(wrong: str, right: str) -> None:
    sleeping = said("postgres.bad-setting", "orders-db", file=f"/srv/fleet/{PG}", setting="work_mem", error="invalid")
    units = {"orders-db": Unit({PG: f"work_mem = '{wrong}'\n"})}
    plan = proposed(fleet_of(units, "orders-db", sleeping), red("orders-db"))
    assert plan is not None
    assert texts_after(units, plan.steps)[PG].replace("'", "") == f"work_mem = {right}\n"


def test_a_value_that_sleeps_in_the_file_is_what_it_was_at_a_better_time() -> None:
    now, good = "work_mem = 64MBB\n", "work_mem = 96MB\n"
    sleeping = said("postgres.bad-setting", "orders-db", file=f"/srv/fleet/{PG}", setting="work_mem", error="invalid")
    units, known = {"orders-db": Unit({PG: now})}, (reference("known good", PG, good, now),)
    plan = proposed(fleet_of(units, "orders-db", sleeping, references=known), red("orders-db"))
    assert plan is not None
    assert texts_after(units, plan.steps)[PG] == good
