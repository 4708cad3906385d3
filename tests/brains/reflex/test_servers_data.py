from dataclasses import replace

from tests.brains.reflex.paper import Unit
from tests.brains.reflex.paper_servers import all_proposed, calls, fleet_of, proposed, red, said

ENV = "DATABASE_URL=postgresql://clerk@127.0.0.1:6432/shop\n"
SHOP = Unit({"shop/.env": ENV}, port=8000, listens=8000, needs=("orders-db",))
DENIED = """\
2026-05-01 10:00:00 UTC [41] clerk@shop ERROR:  permission denied for table invoices
2026-05-01 10:00:00 UTC [41] clerk@shop STATEMENT:  insert into invoices (id) values ($1)
"""


def granted(shop: Unit, database: Unit) -> list[dict[str, object]]:
    facts = fleet_of({"shop": shop, "orders-db": database}, "shop")
    plans = all_proposed(facts, red("shop"))
    return [dict(step.arguments) for plan in plans for step in plan.steps if step.tool == "postgres.grant"]


def test_exactly_the_right_that_the_statement_lacked_is_granted_to_who_asked() -> None:
    wanted = {"service": "orders-db", "role": "clerk", "privilege": "INSERT", "table": "invoices", "kind": "table"}
    assert granted(SHOP, Unit(log=DENIED)) == [wanted]


def test_a_vague_complaint_adds_no_rights_to_the_one_that_is_plain() -> None:
    shop = replace(SHOP, log="ERROR InsufficientPrivilege: permission denied for table invoices")
    assert {str(each["privilege"]) for each in granted(shop, Unit(log=DENIED))} == {"INSERT"}
    assert len(granted(shop, Unit())) > 1


def test_a_client_that_quotes_its_error_is_known_by_how_it_logs_in() -> None:
    shop = replace(SHOP, log="ERROR update: permission denied for table invoices: UPDATE invoices SET paid = true")
    assert [(each["role"], each["privilege"]) for each in granted(shop, Unit())] == [("clerk", "UPDATE")]


def test_a_role_that_no_service_logs_in_with_gets_nothing() -> None:
    assert granted(SHOP, Unit(log=DENIED.replace("clerk@", "intruder@"))) == []


def test_sequences_and_schemas_want_usage() -> None:
    log = "2026-05-01 10:00:00 UTC [41] clerk@shop ERROR:  permission denied for sequence invoices_id_seq\n"
    assert [each["privilege"] for each in granted(SHOP, Unit(log=log))] == ["USAGE"]


def test_a_sequence_that_fell_behind_goes_on_after_the_highest_value() -> None:
    behind = said(
        "postgres.sequence-behind", "orders-db", sequence="public.invoices_id_seq", table="public.invoices",
        column="id", last=3, highest=90, value=90,
    )  # fmt: skip
    shop = replace(SHOP, log='ERROR duplicate key value violates unique constraint "invoices_pkey"')
    plan = proposed(fleet_of({"shop": shop, "orders-db": Unit()}, "shop", behind), red("shop"))
    sequence = {"service": "orders-db", "sequence": "public.invoices_id_seq", "value": 90}
    assert calls(plan) == [("postgres.set_sequence", sequence)]
