import pytest

from prunella.domain.facts import Facts, ServerFact
from tests.brains.reflex.paper import Unit, reference, texts_after
from tests.brains.reflex.paper_servers import all_proposed, calls, fleet_of, proposed, red, said

CONF = "broker/redis.conf"
GOOD = "port 7000\nmaxmemory 96mb\nmaxmemory-policy noeviction\n"
SHOP = Unit(port=8000, listens=8000, needs=("broker",))
FULL = said("redis.no-room", "broker", used=900_000, maxmemory=96, policy="noeviction")


def facts(text: str, *told: ServerFact, good: str = "") -> Facts:
    references = (reference("known good", CONF, good, text),) if good else ()
    return fleet_of({"shop": SHOP, "broker": Unit({CONF: text})}, "shop", *told, references=references)


def set_to(name: str, value: str) -> tuple[str, dict[str, object]]:
    return ("redis.config_set", {"service": "broker", "name": name, "value": value})


@pytest.mark.parametrize("good", [GOOD, ""])
def test_more_room_is_given_at_once_and_for_good_without_a_restart(good: str) -> None:
    now = GOOD.replace("96mb", "96")
    units = {"shop": SHOP, "broker": Unit({CONF: now})}
    plan = proposed(facts(now, FULL, good=good), red("shop"))
    assert plan is not None
    assert texts_after(units, plan.steps)[CONF] == GOOD
    assert [step.tool for step in plan.steps] == ["config.set", "redis.config_set"]
    assert calls(plan)[1] == set_to("maxmemory", "96mb")


def test_a_limit_that_somebody_chose_is_not_guessed_larger() -> None:
    plans = all_proposed(facts(GOOD, FULL), red("shop"))
    assert all(step.tool != "redis.config_set" for plan in plans for step in plan.steps)


def test_a_smaller_limit_of_a_better_time_gives_no_room() -> None:
    plans = all_proposed(facts(GOOD, FULL, good=GOOD.replace("96mb", "90b")), red("shop"))
    assert all(step.tool != "redis.config_set" for plan in plans for step in plan.steps)


def test_where_jobs_are_thrown_away_nothing_is_evicted_any_more() -> None:
    now = GOOD.replace("noeviction", "allkeys-lru")
    evicts = said("redis.evicts-jobs", "broker", policy="allkeys-lru", queues=2)
    plan = proposed(facts(now, evicts), red("shop"))
    assert calls(plan)[1] == set_to("maxmemory-policy", "noeviction")


def test_the_policy_of_a_better_time_is_preferred_as_long_as_it_keeps_jobs() -> None:
    now = GOOD.replace("noeviction", "allkeys-lru")
    evicts = said("redis.evicts-jobs", "broker", policy="allkeys-lru", queues=2)
    plan = proposed(facts(now, evicts, good=GOOD.replace("noeviction", "volatile-ttl")), red("shop"))
    assert calls(plan)[1] == set_to("maxmemory-policy", "volatile-ttl")


def test_what_was_changed_by_hand_goes_back_to_what_the_file_says() -> None:
    drift = said("redis.drift", "broker", setting="maxmemory", running="96", wanted="96mb")
    assert calls(proposed(facts(GOOD, FULL, drift), red("shop"))) == [set_to("maxmemory", "96mb")]


def test_a_password_that_differs_from_its_file_is_not_set() -> None:
    drift = said("redis.drift", "broker", setting="requirepass", running="[redacted]", wanted="[redacted]")
    plans = all_proposed(facts(GOOD, drift), red("shop"))
    assert all(step.tool != "redis.config_set" for plan in plans for step in plan.steps)


def test_a_failed_snapshot_is_written_again_and_the_guard_stays() -> None:
    failed = said("redis.save-failed", "broker", stops_writes="yes", dir="/data")
    assert calls(proposed(facts(GOOD, failed), red("shop"))) == [("redis.save", {"service": "broker"})]
