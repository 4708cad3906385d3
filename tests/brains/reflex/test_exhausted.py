import pytest

from prunella.brains.reflex.case import Case
from prunella.brains.reflex.exhausted import candidates, how_much_less
from tests.brains.reflex.paper import Unit, brief_of, facts_of, proposals, rank_of, reference, texts_after

GOOD = "worker_rlimit_nofile 4096;\nevents { worker_connections 1024; }\nhttp {\n  keepalive_timeout 65;\n}\n"
BAD = GOOD.replace("4096", "32").replace("65", "30")
EMFILE = "[alert] socket() failed (24: Too many open files) while connecting to upstream"


def plans(said: str, good: str = GOOD, bad: str = BAD, file: str = "edge/nginx.conf") -> list[str]:
    """The texts of the file after each of the first proposals."""
    units = {"edge": Unit({file: bad}, port=8080, listens=8080, red=True, log=said)}
    known = (reference("known good", file, good, bad),)
    return [texts_after(units, plan.steps, known)[file] for plan in proposals(units, "edge", known)]


def test_the_limit_that_was_reached_is_raised_to_what_it_was_and_later_edits_stay():
    assert plans(EMFILE)[0] == BAD.replace(" 32;", " 4096;")


def test_without_a_better_day_the_limit_follows_from_what_the_same_file_allows_for():
    units = {"edge": Unit({"edge/nginx.conf": BAD}, port=8080, listens=8080, red=True, log=EMFILE)}
    assert rank_of(units, "edge", "edge/nginx.conf", BAD.replace(" 32;", " 2048;")) == 1
    enough = {"edge": Unit({"edge/nginx.conf": GOOD}, port=8080, listens=8080, red=True, log=EMFILE)}
    assert not list(candidates(Case(facts_of(enough, "edge"), brief_of(enough))))


def test_a_limit_that_nothing_speaks_of_was_not_reached():
    units = {"edge": Unit({"edge/nginx.conf": BAD}, port=8080, listens=8080, log="[error] upstream prematurely closed")}
    facts = facts_of(units, "edge", (reference("known good", "edge/nginx.conf", GOOD, BAD),))
    assert not list(candidates(Case(facts, brief_of(units))))


def test_a_limit_inside_of_a_value_counts_and_those_lowered_in_company_come_together():
    good = "backend desk\n    timeout queue 5s\n    server a 127.0.0.1:9001 check maxconn 100\n"
    bad = good.replace("5s", "50ms").replace("100", "1")
    assert good in plans("GET / answered 503: Service Unavailable", good, bad, "edge/haproxy.cfg")[:3]


@pytest.mark.parametrize(
    ("now", "before", "times"),
    [
        ("32", "4096", 128), ("50ms", "5s", 100), ("1mb", "1gb", 1024), ("a check maxconn 1", "a check maxconn 10", 10),
        ("64mb", "32mb", 0.5), ("0", "10", 0), ("x", "10", 0), ("1 2", "3 4", 0), ("10 2", "10", 0), ("5q", "5s", 0),
    ],
)  # fmt: skip
def test_amounts_are_compared_by_their_units(now: str, before: str, times: float):
    assert how_much_less(now, before) == pytest.approx(times)
