from tests.brains.reflex.paper import Unit, reference, texts_after
from tests.brains.reflex.paper_servers import calls, fleet_of, proposed, red, said

PG, RD = "orders-db/postgresql.conf", "broker/redis.conf"
SHOP = Unit(port=8000, listens=8000, needs=("orders-db", "broker"))


def test_where_connections_run_out_their_number_is_what_it_was() -> None:
    now, good = "max_connections = 8\nwork_mem = 1MB\n", "max_connections = 70\nwork_mem = 4MB\n"
    short = said("postgres.slots", "orders-db", of="server", used=5, limit=8, reserved=3)
    idle = said("postgres.idle-hog", "orders-db", application="report", idle=5, idle_in_transaction=0, pids="1 2 3 4 5")
    units = {"shop": SHOP, "orders-db": Unit({PG: now}), "broker": Unit()}
    known = (reference("known good", PG, good, now),)
    plan = proposed(fleet_of(units, "shop", short, idle, references=known), red("shop"))
    assert plan is not None
    assert texts_after(units, plan.steps)[PG] == "max_connections = 70\nwork_mem = 1MB\n"
    assert str(plan.steps[-1]) == "services.restart orders-db"


def test_redis_takes_what_it_was_at_once() -> None:
    now, good = "port 7000\nmaxclients 4\n", "port 7000\nmaxclients 400\n"
    short = said("redis.clients", "broker", connected=4, limit=4)
    units = {"shop": SHOP, "orders-db": Unit(), "broker": Unit({RD: now})}
    known = (reference("known good", RD, good, now),)
    plan = proposed(fleet_of(units, "shop", short, references=known), red("shop"))
    assert calls(plan)[1:] == [("redis.config_set", {"service": "broker", "name": "maxclients", "value": "400"})]
