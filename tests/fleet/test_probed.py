from pathlib import Path

import pytest

from prunella.domain.probe import (
    DiskProbe,
    HttpProbe,
    JourneyProbe,
    JourneyStep,
    ProbeSpec,
    RedisProbe,
    SqlProbe,
    TcpProbe,
    TlsProbe,
)
from prunella.fleet.probed import Probed, asked_places, own_places


@pytest.mark.parametrize(
    ("probe", "places"),
    [
        (TcpProbe(name="p", host="::1", port=1), [Probed("tcp", "::1", 1)]),
        (TlsProbe(name="p", host="h", port=443), [Probed("tls", "h", 443)]),
        (HttpProbe(name="p", url="https://h/a?b=c"), [Probed("https", "h", 443, "/a")]),
        (HttpProbe(name="p", url="http://[::1]:8080"), [Probed("http", "::1", 8080)]),
        (RedisProbe(name="p", url="redis://me@h/1"), [Probed("redis", "h", 6379, "/1")]),
        (SqlProbe(name="p", url="postgresql://me@h:1/x"), [Probed("postgresql", "h", 1, "/x")]),
        (
            SqlProbe(name="p", url="postgresql://me@a:1,b/x"),
            [Probed("postgresql", "a", 1, "/x"), Probed("postgresql", "b", 5432, "/x")],
        ),
        (SqlProbe(name="p", url="postgresql:///x?host=/tmp"), []),
        (SqlProbe(name="p", url="sqlite:////x.db"), []),
        (HttpProbe(name="p", url="http://h:port/"), []),
        (DiskProbe(name="p", path=Path("/x")), []),
    ],
)
def test_where_each_probe_looks(probe: ProbeSpec, places: list[Probed]):
    assert list(own_places(probe)) == places
    assert list(asked_places(probe)) == places


def test_a_journey_talks_to_others_and_owns_none_of_them():
    steps = tuple(JourneyStep(url=url) for url in ("http://a:1/pay/{id}", "http://b/", "http://a:1/pay/{id}"))
    journey = JourneyProbe(name="j", steps=steps)
    assert own_places(journey) == ()
    assert asked_places(journey) == (Probed("http", "a", 1, "/pay/{id}"), Probed("http", "b", 80, "/"))
