from pathlib import Path

import pytest

from prunella.domain.service import Fleet, Service
from prunella.errors import Misuse
from prunella.fleet.naming import services_in


def fleet(*names: str) -> Fleet:
    return Fleet(
        name="f", path=Path("/f/prunella.toml"), services={n: Service(name=n, folder=Path("/f")) for n in names}
    )


SHOP = fleet("gateway", "payments", "payments-worker", "ledger", "user_store")


@pytest.mark.parametrize(
    ("goal", "services"),
    [
        ("Check the payments service and fix any issues.", ("payments",)),
        ("Fix PAYMENTS", ("payments",)),
        ("the payment service is down", ("payments",)),
        ("payments' port is wrong", ("payments",)),
        ("Why is the ledger\u2019s port closed?", ("ledger",)),
        ("ledgers are down", ("ledger",)),
        ("check payments-worker", ("payments-worker",)),
        ("check the payments worker service", ("payments-worker",)),
        ("check payments_worker and payments", ("payments-worker", "payments")),
        ("restart UserStore", ("user_store",)),
        ("heal the user-store", ("user_store",)),
        ("gateway cannot reach ledger", ("gateway", "ledger")),
        ("gateway, then gateway again", ("gateway",)),
        ('check service "ledger"', ("ledger",)),
        ("fix payments.yaml", ("payments",)),
        ("Check the payments service but not the ledger", ("payments",)),
        ("Fix payments, don\u2019t touch ledger or gateway", ("payments",)),
    ],
)
def test_services_are_found_in_the_words(goal: str, services: tuple[str, ...]) -> None:
    assert services_in(goal, SHOP) == services


@pytest.mark.parametrize(
    "goal",
    [
        "check everything",
        "Fix any issues.",
        "",
        "heal all services",
        "restart every broken service",
        "Make the service healthy again",
        "the service is down",
        "bring service back",
        "restore service",
        "find the failing service and repair it",
        "fix whatever flaky service you find",
        "Users see 502, do something!",
    ],
)
def test_a_goal_that_names_none_is_about_all(goal: str) -> None:
    assert services_in(goal, SHOP) == tuple(SHOP.services)


def test_all_but_some() -> None:
    assert services_in("check everything except ledger and the gateway", SHOP) == (
        "payments",
        "payments-worker",
        "user_store",
    )


@pytest.mark.parametrize(
    ("goal", "name", "near"),
    [
        ("Check the paymnts service and fix any issues.", "paymnts", "Did you mean payments"),
        ("check service foo", "foo", "Known: gateway"),
        ("check service 'foo' now", "foo", "Known: gateway"),
        ("check the service called foo please", "foo", "Known: gateway"),
        ("fix the payments service and the ledgr service", "ledgr", "Did you mean ledger?"),
        ("check the inventory service", "inventory", "Known: gateway"),
        ("check inventory service", "inventory", "Known: gateway"),
        ("check the inventory-api services", "inventory-api", "Known: gateway"),
        ("heal gatway", "gatway", "Did you mean gateway?"),
        ("check service ledgr for errors", "ledgr", "Did you mean ledger?"),
    ],
)
def test_an_unknown_service_is_answered_with_the_nearest(goal: str, name: str, near: str) -> None:
    with pytest.raises(Misuse) as caught:
        services_in(goal, SHOP)
    message = str(caught.value)
    assert message.startswith(f'There is no service "{name}".')
    assert near in message
    assert message.endswith("Known: gateway, payments, payments-worker, ledger, user_store.")


def test_of_two_spellings_the_exact_one_wins() -> None:
    assert services_in("check payments", fleet("payment", "payments")) == ("payments",)
    assert services_in("check payment", fleet("payments", "payment")) == ("payment",)


def test_a_part_of_a_word_is_no_mention() -> None:
    assert services_in("fix rapid failures", fleet("api", "web")) == ("api", "web")
    assert services_in("fix the api", fleet("api", "web")) == ("api",)


def test_a_name_that_is_all_signs_does_no_harm() -> None:
    assert services_in("check a.b", fleet("_", "a.b")) == ("a.b",)
