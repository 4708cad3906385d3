from dataclasses import replace

from prunella.brains.reflex.brain import think
from prunella.domain.brief import Brief, Rejection
from prunella.domain.facts import Facts
from prunella.domain.plan import Plan
from tests.brains.reflex.paper import ROOT, Unit
from tests.brains.reflex.paper_servers import all_proposed, calls, fleet_of, proposed, red

ENV = """\
DATABASE_URL=postgresql://clerk@127.0.0.1:6432/shop
DATABASE_PASSWORD=old
BROKER_URL=redis://127.0.0.1:7000/0
BROKER_PASSWORD=old
TOKEN_KEY=abc
"""
TOML = '[queue]\nurl = "redis://127.0.0.1:7000/0"\npassword = "old"\n\n[database]\npassword = "good"\n'
SHOP = Unit(
    {"shop/.env": ENV}, port=8000, listens=8000, needs=("orders-db", "broker"),
    secrets=("DATABASE_PASSWORD", "REDIS_PASSWORD", "TOKEN_KEY"),
)  # fmt: skip
PACKER = Unit({"packer/worker.toml": TOML}, needs=("broker",), secrets=("REDIS_PASSWORD", "DATABASE_PASSWORD"))
WRONG = "ERROR invalid username-password pair or user is disabled. WRONGPASS"
DENIED = 'ERROR connection failed: FATAL:  password authentication failed for user "clerk"'


def facts(shop_log: str = "", packer_log: str = "", database_log: str = "") -> Facts:
    units = {
        "shop": replace(SHOP, log=shop_log), "packer": replace(PACKER, log=packer_log),
        "orders-db": Unit({"orders-db/postgresql.conf": "port = 6432\n"}, log=database_log),
        "broker": Unit({"broker/redis.conf": "port 7000\nrequirepass new\n"}, secrets=("REDIS_PASSWORD",)),
    }  # fmt: skip
    return fleet_of(units, "shop").model_copy(update={"targets": ("shop", "packer")})


def edits(plan: Plan | None) -> list[tuple[str, object, object]]:
    found = (arguments for tool, arguments in calls(plan) if tool == "config.set")
    return [(str(a["file"]).removeprefix(f"{ROOT}/"), a["key"], a["value"]) for a in found]


def test_the_password_that_the_database_refuses_is_set_from_the_declared_secret() -> None:
    wanted = [("shop/.env", "DATABASE_PASSWORD", "secret:DATABASE_PASSWORD")]
    assert edits(proposed(facts(DENIED), red("shop"))) == wanted
    assert edits(proposed(facts(database_log=DENIED), red("shop"))) == wanted


def test_a_password_is_known_by_where_the_address_beside_it_leads() -> None:
    wanted = [("packer/worker.toml", "queue.password", "secret:REDIS_PASSWORD")]
    assert edits(proposed(facts(packer_log=WRONG), red("packer"))) == wanted


def test_all_who_show_the_old_password_get_the_new_one() -> None:
    plan = proposed(facts(WRONG, WRONG), red("shop", "packer"))
    assert set(edits(plan)) == {
        ("shop/.env", "BROKER_PASSWORD", "secret:REDIS_PASSWORD"),
        ("packer/worker.toml", "queue.password", "secret:REDIS_PASSWORD"),
    }


def test_what_another_service_refuses_is_no_evidence() -> None:
    elsewhere = facts(
        database_log="WARNING /auth/login answered 401: who?", packer_log="INFO parcels 401 to 410 packed"
    )
    assert all(key != "TOKEN_KEY" for plan in all_proposed(elsewhere, red("shop")) for _, key, _ in edits(plan))


def test_what_the_server_asks_for_is_never_touched() -> None:
    plans = all_proposed(facts(WRONG, WRONG, DENIED), red("shop", "packer"), most=10)
    files = {file for plan in plans for file, *_ in edits(plan)}
    assert files == {"shop/.env", "packer/worker.toml"}


def test_where_the_file_is_right_already_the_process_is_started_anew() -> None:
    first = proposed(facts(DENIED), red("shop"))
    assert first is not None
    told = ("config.set: shop/.env says that already; nothing would change.",)
    rejection = Rejection(plan=first.key, steps="; ".join(map(str, first.steps)), reasons=told)
    second = think(facts(DENIED), Brief(goal="heal", report=red("shop"), rejections=(rejection,)))
    assert isinstance(second, Plan)
    assert calls(second) == [("services.restart", {"service": "shop"})]
