from prunella.domain.facts import ServerFact
from tests.brains.reflex.paper import Unit
from tests.brains.reflex.paper_servers import all_proposed, calls, fleet_of, proposed, red, said

END = "postgres.terminate_backend"
UNITS = {"shop": Unit(port=8000, listens=8000, needs=("orders-db",)), "orders-db": Unit()}


def blocker(**fields: object) -> ServerFact:
    known = {"pid": 812, "state": "idle in transaction", "kind": "client backend", "application": "psql", "blocked": 3}
    return said("postgres.blocked", "orders-db", **{**known, **fields})


def hog(application: str, pids: str, **fields: object) -> ServerFact:
    count = len(pids.split())
    known = {"application": application, "user": "app", "count": count, "idle": count, "idle_in_transaction": 0}
    return said("postgres.idle-hog", "orders-db", **{**known, "pids": pids, **fields})


SHORT = said("postgres.slots", "orders-db", of="server", used=9, limit=10, reserved=3)


def test_the_idle_session_at_the_root_of_the_queue_is_ended_and_nothing_restarted() -> None:
    facts = fleet_of(UNITS, "shop", blocker())
    assert calls(proposed(facts, red("shop"))) == [(END, {"service": "orders-db", "pid": 812})]


def test_a_session_at_work_is_only_a_doubtful_culprit() -> None:
    idle = proposed(fleet_of(UNITS, "shop", blocker(), blocker(pid=7, state="active")), red("shop"))
    assert calls(idle) == [(END, {"service": "orders-db", "pid": 812})]


def test_a_worker_of_the_server_itself_is_never_ended() -> None:
    facts = fleet_of(UNITS, "shop", blocker(kind="autovacuum worker"))
    assert all(step.tool != END for plan in all_proposed(facts, red("shop")) for step in plan.steps)


def test_the_idle_sessions_of_the_greatest_hog_are_ended_and_of_nobody_else() -> None:
    facts = fleet_of(UNITS, "shop", SHORT, hog("reporting", "11 12 13 14"), hog("etl", "21 22 23"))
    plan = proposed(facts, red("shop"))
    assert calls(plan) == [(END, {"service": "orders-db", "pid": pid}) for pid in (11, 12, 13, 14)]


def test_the_pool_of_a_service_of_the_fleet_is_spared_before_a_stranger() -> None:
    facts = fleet_of(UNITS, "shop", SHORT, hog("shop", "31 32 33 34 35"), hog("reporting", "11 12 13"))
    assert [arguments["pid"] for _, arguments in calls(proposed(facts, red("shop")))] == [11, 12, 13]


def test_a_hog_is_left_alone_while_there_is_room() -> None:
    facts = fleet_of(UNITS, "shop", hog("reporting", "11 12 13 14"))
    assert all(step.tool != END for plan in all_proposed(facts, red("shop")) for step in plan.steps)
