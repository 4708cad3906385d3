"""Where a service is asked and where it answers: paths of URLs, mounted prefixes, lists of routes."""

import pytest

from prunella.brains.reflex.brain import think
from prunella.domain.plan import Plan
from prunella.domain.probe import HttpProbe
from tests.brains.reflex.paper import Unit, brief_of, facts_of, rank_of

API = "server:\n  port: 9100\n  context-path: /api/v2\n"
CALLER = "upstream:\n  base-url: http://127.0.0.1:9100/api/v2\n"
SAID = '404 Not Found on GET request for "http://127.0.0.1:9100/api/v1/quote"'


def fleet(caller: str = CALLER, api: str = API, *, said: str = "", answer: str = "") -> dict[str, Unit]:
    return {
        "desk": Unit({"desk/a.yaml": caller}, port=80, listens=80, needs=("fares",), red=True, log=said),
        "fares": Unit({"fares/f.yaml": api}, port=9100, listens=9100, answer=answer),
    }


def test_a_url_is_led_to_the_path_that_the_other_side_declares():
    units = fleet(CALLER.replace("v2", "v1"), said=SAID)
    assert rank_of(units, "desk", "desk/a.yaml", CALLER) == 1


@pytest.mark.parametrize(
    "said", [SAID.replace("404 Not Found", "500 broken"), SAID.replace("9100/api/v1", "9100/api/v11"), "404 Not Found"]
)
def test_no_url_is_changed_without_a_404_for_it(said: str):
    units = fleet(CALLER.replace("v2", "v1"), said=said)
    assert rank_of(units, "desk", "desk/a.yaml", CALLER) is None


def test_a_url_that_leads_where_the_other_side_answers_is_left_alone():
    units = fleet(said=SAID.replace("v1", "v2"))
    changed = CALLER.replace("v2", "v3")
    assert rank_of(units, "desk", "desk/a.yaml", changed) is None


def test_a_strange_path_is_no_slip():
    units = fleet(CALLER.replace("/api/v2", "/reports/daily"), said=SAID.replace("/api/v1", "/reports/daily"))
    assert rank_of(units, "desk", "desk/a.yaml", CALLER) is None


def test_a_list_of_routes_gets_the_route_that_is_asked_for():
    good = "[routes]\npaths = /orders, /prices\n"
    bad = good.replace("/orders", "/odrers")
    said = "POST /orders answered 404: no route for /orders ([routes] paths = /odrers, /prices)"
    assert rank_of({"a": Unit({"a/a.ini": bad}, port=80, listens=80, answer=said)}, "a", "a/a.ini", good) == 1


def test_a_route_that_nothing_resembles_is_not_opened():
    text = "[routes]\npaths = /prices\n"
    said = "404: no route for /admin ([routes] paths = /prices)"
    units = {"a": Unit({"a/a.ini": text}, port=80, listens=80, answer=said)}
    assert rank_of(units, "a", "a/a.ini", text.replace("/prices", "/admin")) is None


def test_a_mounted_prefix_follows_the_probe_that_does_not_find_it():
    units = fleet(api=API.replace("v2", "v3"), answer="404 page not found")
    facts = facts_of(units, "fares")
    fares = facts.services["fares"]
    probe = HttpProbe(name="fares http", url="http://127.0.0.1:9100/api/v2/health")
    probed = fares.service.model_copy(update={"probes": (probe,)})
    services = {**facts.services, "fares": fares.model_copy(update={"service": probed})}
    plan = think(facts.model_copy(update={"services": services}), brief_of(units))
    assert isinstance(plan, Plan)
    assert plan.steps[0].arguments["value"] == "/api/v2"
