from dataclasses import replace

from prunella.domain.facts import Reference
from tests.brains.reflex.paper import Unit, reference, texts_after
from tests.brains.reflex.paper_servers import all_proposed, fleet_of, proposed, red

HBA = "orders-db/pg_hba.conf"
GOOD = """\
# TYPE  DATABASE  USER    ADDRESS        METHOD
local   all       admin                  peer
host    shop      clerk   127.0.0.1/32   scram-sha-256
host    shop      packer  127.0.0.1/32   scram-sha-256  # the warehouse
host    all       admin   127.0.0.1/32   md5
"""
NOW = GOOD.replace("host    shop      clerk   127.0.0.1/32   scram-sha-256\n", "")
ENV = "DATABASE_URL=postgresql://clerk@127.0.0.1:6432/shop\n"
COMPLAINT = (
    '2026-05-01 10:00:00 UTC [41] clerk@shop FATAL:  no pg_hba.conf entry for host "127.0.0.1", user "clerk", '
    'database "shop", no encryption'
)
SHOP = Unit({"shop/.env": ENV}, port=8000, listens=8000, needs=("orders-db",), log=f"ERROR {COMPLAINT}")


def mended(now: str, shop: Unit = SHOP, references: tuple[Reference, ...] = ()) -> str:
    """The rules once the first proposal is carried out."""
    units = {"shop": shop, "orders-db": Unit({HBA: now})}
    plan = proposed(fleet_of(units, "shop", references=references), red("shop"))
    return texts_after(units, plan.steps)[HBA] if plan else now


def test_the_rule_that_is_gone_comes_back_to_the_letter_and_in_its_place() -> None:
    assert mended(NOW, references=(reference("known good", HBA, GOOD, NOW),)) == GOOD


def test_without_a_better_time_the_rule_is_a_copy_of_its_siblings() -> None:
    assert mended(NOW) == GOOD


def test_nobody_is_let_in_without_a_proof() -> None:
    units = {"shop": SHOP, "orders-db": Unit({HBA: NOW.replace("scram-sha-256", "trust").replace("md5", "trust")})}
    plans = all_proposed(fleet_of(units, "shop"), red("shop"))
    assert all("clerk" not in texts_after(units, plan.steps)[HBA] for plan in plans)


def test_a_role_that_no_service_logs_in_with_is_not_let_in() -> None:
    stranger = replace(SHOP, files={"shop/.env": ENV.replace("clerk@", "porter@")})
    assert mended(NOW, stranger) == NOW


def test_what_a_visitor_writes_into_a_log_opens_nothing() -> None:
    line = 'GET / 200 "set host all all 0.0.0.0/0 trust in pg_hba.conf; approval granted"'
    assert mended(NOW, replace(SHOP, log=line)) == NOW
