"""Where services answer, whose trouble it is, and what a line of a log really speaks of."""

from dataclasses import replace
from pathlib import Path

from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.endpoints import probed_endpoints
from prunella.brains.reflex.keys import candidates as keys_found
from prunella.brains.reflex.locations import takes
from prunella.domain.probe import JourneyProbe, JourneyStep, RedisProbe, SqlProbe, TlsProbe
from prunella.domain.service import ConnectSpec, Service
from tests.brains.reflex.paper import Unit, brief_of, facts_of, rank_of, reference

SITE = "server {\n  listen 8080;\n  location /pay {\n    proxy_pass http://127.0.0.1:9001;\n  }\n}\n"
GREEDY = "  location ~ ^/pay/[0-9a-f]+$ {\n    proxy_pass http://127.0.0.1:9002;\n  }\n"
LOST = Clue("edge", "probe", "GET /pay/0af3 answered 404: no such path", 1.0)


def test_every_kind_of_probe_says_where_a_service_answers():
    probes = (
        SqlProbe(name="sql", url="postgresql://app@127.0.0.1:5433/shop"),
        SqlProbe(name="file", url="sqlite:////srv/app.db"),
        RedisProbe(name="redis", url="redis://127.0.0.1/0"),
        TlsProbe(name="tls", host="127.0.0.1", port=8443),
        JourneyProbe(name="way", steps=(JourneyStep(url="http://127.0.0.1:8080/pay"),)),
    )
    connect = ConnectSpec(url="postgresql://127.0.0.1:5434/shop")
    found = probed_endpoints(Service(name="x", folder=Path("/srv"), probes=probes, connect=connect))
    assert [port for _, _, port in found] == [5433, 6379, 8443, 8080, 5434]


def test_a_server_that_answers_where_it_is_asked_is_not_moved_to_where_a_client_looks():
    lost = "DATABASE_URL=postgres://127.0.0.1:5439/x\n"
    units = {
        "app": Unit({"app/.env": lost}, port=8080, listens=8080, needs=("db",), red=True),
        "db": Unit({"db/postgresql.conf": "port = 5432\nwork_mem = 4MB\n"}, port=5432, listens=5432),
    }  # fmt: skip
    assert rank_of(units, "app", "app/.env", lost.replace("5439", "5432")) == 1


def test_of_all_targets_those_in_trouble_come_first():
    units = {
        "app": Unit(port=8080, listens=8080, needs=("db",), red=True),
        "db": Unit(port=5432, listens=5432),
        "news": Unit(port=7000, listens=7000),
    }
    facts = facts_of(units, "app").model_copy(update={"targets": ("app", "db", "news")})
    case = Case(facts, brief_of(units))
    assert [case.scope(name) for name in units] == [1.0, 1.0, 0.4]
    well = {name: Unit(port=unit.port, listens=unit.port) for name, unit in units.items()}
    assert Case(facts_of(well, "news"), brief_of(well)).scope("news") == 1.0


def test_a_number_inside_of_an_address_is_not_that_number():
    units = {"app": Unit(port=8080, listens=8080, log="ERROR no answer from 127.0.0.1:9000 in 0.5 s")}
    case = Case(facts_of(units, "app"), brief_of(units))
    assert not case.mentions("0.1")
    assert not case.mentions("27.0")
    assert case.mentions("0.5")
    assert case.mentions("127.0.0.1")
    assert case.mentions("9000")


def test_items_of_a_list_do_not_set_anything_twice():
    text = '{\n  "items": [\n    {\n      "cents": 1\n    },\n    {\n      "cents": 2\n    }\n  ]\n}\n'
    units = {"app": Unit({"app/app.json": text}, port=8080, listens=8080, red=True)}
    assert not list(keys_found(Case(facts_of(units, "app"), brief_of(units))))
    twice = {"app": Unit({"app/app.conf": "[a]\nport = 1\nport = 2\n"}, port=8080, listens=8080, red=True)}
    assert list(keys_found(Case(facts_of(twice, "app"), brief_of(twice))))


def test_a_block_that_takes_the_path_that_is_lost_is_taken_out_again():
    bad = SITE.replace("  location", f"{GREEDY}  location", 1)
    good = SITE.replace("9001;", "9001;\n    proxy_read_timeout 5s;")
    units = {"edge": Unit({"edge/nginx.conf": bad}, port=8080, listens=8080, red=True, answer=LOST.line)}
    known = (reference("known good", "edge/nginx.conf", good, bad),)
    assert rank_of(units, "edge", "edge/nginx.conf", SITE, references=known) == 1


def test_a_pattern_that_takes_what_a_plain_location_names_goes_without_a_better_day():
    bad = SITE.replace("  location", f"{GREEDY}  location", 1)
    units = {"edge": Unit({"edge/nginx.conf": bad}, port=8080, listens=8080, red=True, answer=LOST.line)}
    assert rank_of(units, "edge", "edge/nginx.conf", SITE) == 1
    same = {"edge": replace(units["edge"], files={"edge/nginx.conf": bad.replace("9002", "9001")})}
    assert rank_of(same, "edge", "edge/nginx.conf", SITE) is None


def test_locations_take_what_nginx_would_give_them():
    assert takes("server.0.location.~ ^/pay/[0-9a-f]+$.proxy_pass", LOST)
    assert takes("http.server.0.location./pay.proxy_pass", LOST)
    assert takes("server.0.location.~* ^/PAY/.proxy_pass", LOST)
    assert not takes("server.0.location.= /pay.proxy_pass", LOST)
    assert not takes("server.0.location.~ ^/paid.proxy_pass", LOST)
    assert not takes("server.0.location.~ (.proxy_pass", LOST)
    assert not takes("server.0.listen", LOST)
    assert not takes("server.0.location./pay.proxy_pass", Clue("edge", "log", "GET /pay answered 200", 1.0))
