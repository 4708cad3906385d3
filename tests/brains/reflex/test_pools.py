from dataclasses import replace

import pytest

from tests.brains.reflex.paper import Unit, rank_of
from tests.brains.reflex.paper_around import Around, proposed

NGINX = """upstream desk {
  server 127.0.0.1:9001 max_fails=0;
  server 127.0.0.1:9002 weight=2;
}
server {
  listen 8080;
}
"""
HAPROXY = """global
    daemon

backend desk
    balance roundrobin
    server desk-a 127.0.0.1:9001 check maxconn 100
    server desk-b 127.0.0.1:9002 check maxconn 100
"""
YAML = "port: 8080\ndesk:\n  peers:\n    - http://127.0.0.1:9001/\n    - http://127.0.0.1:9002/\n"
TEXTS = {"edge/nginx.conf": NGINX, "edge/haproxy.cfg": HAPROXY, "edge/edge.yaml": YAML}


def fleet(file: str, text: str, log: str = "") -> dict[str, Unit]:
    """`desk` has two instances, each a unit of its own would have; its probes look at both."""
    return {
        "edge": Unit({file: text}, port=8080, listens=8080, needs=("desk", "desk-two"), red=True, log=log),
        "desk": Unit(port=9001, listens=9001),
        "desk-two": Unit(port=9002, listens=9002),
    }


REFUSED = 'connect() failed (111: Connection refused), upstream: "http://127.0.0.1:9009/"'


@pytest.mark.parametrize("file", TEXTS)
def test_a_member_that_lost_its_way_keeps_all_but_its_port(file: str):
    bad = TEXTS[file].replace("9002", "9003")
    assert rank_of(fleet(file, bad), "edge", file, TEXTS[file]) in {1, 2}


def test_no_two_members_are_sent_to_one_instance():
    units = fleet("edge/nginx.conf", NGINX.replace("9002", "9003"))
    for rank in range(1, 4):
        doubled = NGINX.replace("9002", "9001")
        assert rank_of(units, "edge", "edge/nginx.conf", doubled) != rank


def test_a_member_that_is_nobody_is_taken_out():
    dead = "  server 127.0.0.1:9009 weight=9;\n"
    units = fleet("edge/nginx.conf", NGINX.replace("  server", f"{dead}  server", 1), REFUSED)
    units = {**units, "desk": Unit(port=9001, listens=9001), "edge": units["edge"]}
    assert rank_of(units, "edge", "edge/nginx.conf", NGINX) == 1


def test_an_instance_that_is_down_is_started_and_stays_in_its_pool():
    units = fleet("edge/nginx.conf", NGINX, REFUSED.replace("9009", "9002"))
    units = {**units, "desk-two": Unit(port=9002, running=False)}
    assert proposed(units, "edge", Around()) == [("services.start", "desk-two")]


def test_nor_is_its_place_given_to_another_one_that_is_up():
    units = fleet("edge/nginx.conf", NGINX, REFUSED.replace("9009", "9002"))
    third = {"desk-two": Unit(port=9002, running=False), "desk-three": Unit(port=9003, listens=9003)}
    units = {**units, **third, "edge": replace(units["edge"], needs=("desk", *third))}
    assert proposed(units, "edge", Around()) == [("services.start", "desk-two")]
    assert rank_of(units, "edge", "edge/nginx.conf", NGINX.replace("9002", "9003")) is None
