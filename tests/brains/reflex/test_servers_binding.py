import pytest

from prunella.domain.facts import Facts
from prunella.domain.supervisor import Listener
from tests.brains.reflex.paper import Unit, reference, texts_after
from tests.brains.reflex.paper_servers import all_proposed, fleet_of, proposed, red

RD, PG = "broker/redis.conf", "orders-db/postgresql.conf"


def facts(units: dict[str, Unit], heard: Listener, good: str = "") -> Facts:
    references = (reference("known good", RD, good, units["broker"].files[RD]),) if good else ()
    found = fleet_of(units, next(iter(units)), references=references)
    return found.model_copy(update={"listeners": (heard,)})


def listener(host: str, port: int, service: str) -> Listener:
    return Listener(host=host, port=port, pid=5, service=service)


@pytest.mark.parametrize(
    ("now", "then"),
    [("127.0.0.2", "127.0.0.1"), ("10.0.0.5 127.0.0.9", "10.0.0.5 127.0.0.1"), ("10.0.0.5", "10.0.0.5 127.0.0.1")],
)
def test_redis_is_bound_to_where_it_is_asked_for(now: str, then: str) -> None:
    units = {"broker": Unit({RD: f"bind {now}\nport 7000\n"})}
    plan = proposed(facts(units, listener(now.split(maxsplit=1)[0], 7000, "broker")), red("broker"))
    assert plan is not None
    assert texts_after(units, plan.steps)[RD] == f"bind {then}\nport 7000\n"
    assert str(plan.steps[-1]) == "services.restart broker"


def test_what_it_was_bound_to_at_a_better_time_is_preferred() -> None:
    units = {"broker": Unit({RD: "bind 127.0.0.2\nport 7000\n"})}
    good = "bind 127.0.0.1 10.0.0.5\nport 7000\n"
    plan = proposed(facts(units, listener("127.0.0.2", 7000, "broker"), good), red("broker"))
    assert plan is not None
    assert texts_after(units, plan.steps)[RD] == good


def test_postgres_separates_its_addresses_by_commas() -> None:
    units = {"orders-db": Unit({PG: "listen_addresses = '10.0.0.5'\nport = 6432\n"})}
    plan = proposed(facts(units, listener("10.0.0.5", 6432, "orders-db")), red("orders-db"))
    assert plan is not None
    assert texts_after(units, plan.steps)[PG] == "listen_addresses = '10.0.0.5,127.0.0.1'\nport = 6432\n"


def test_a_server_that_listens_there_is_not_bound_anew() -> None:
    units = {"broker": Unit({RD: "bind 127.0.0.2\nport 7000\n"})}
    plans = all_proposed(facts(units, listener("127.0.0.1", 7000, "broker")), red("broker"))
    assert all(texts_after(units, plan.steps)[RD] == units["broker"].files[RD] for plan in plans)
