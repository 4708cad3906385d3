"""The same trouble is known again on another day; another one is not taken for it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.domain.evidence import Evidence, EvidenceKind
from prunella.domain.facts import ConfigFacts, Facts, ServiceFacts
from prunella.domain.probe import HttpProbe, TcpProbe
from prunella.domain.report import Reach, Reading, Report
from prunella.domain.service import Fleet, Service
from prunella.domain.setting import Format, Setting
from prunella.memory.trouble import shape_of, trouble_in, trouble_of
from prunella.memory.wording import probed_ports
from tests.memory.samples import red, refused, said

ROOT = Path("/srv/yard")


def fingerprint(*evidence: Evidence, reading: Reading | None = None, ports: dict[int, str] | None = None) -> str:
    return trouble_of("yard", ["stock"], [reading or red()], evidence, ports=ports).fingerprint


def file(name: str, fault: str = "", **values: str) -> ConfigFacts:
    found = tuple(Setting(key=key, value=value, line=1) for key, value in values.items())
    return ConfigFacts(path=ROOT / name, format=Format.ENV, text="", settings=found, fault=fault)


@settings(max_examples=30, deadline=None)
@given(
    hour=st.integers(0, 23), pid=st.integers(2, 4_000_000), took=st.floats(0.1, 9999.0), port=st.integers(32768, 60999)
)
def test_time_pid_latency_and_the_port_of_the_other_side_are_noise(hour: int, pid: int, took: float, port: int) -> None:
    def seen(hour: int, pid: int, took: float, port: int) -> str:
        port_of_peer = f"127.0.0.1:{port}"
        line = (
            f"2026-03-04T{hour:02d}:11:09Z [{pid}] ERROR request {600 + pid}: {port_of_peer} gave up in {took:.1f} ms"
        )
        reading = red(body=f'{{"uptime": {took:.3f}, "trace": "7f3a9c{hour:02d}", "error": "database is locked"}}')
        return fingerprint(said(line), reading=reading.model_copy(update={"duration_s": took}))

    assert seen(hour, pid, took, port) == seen(3, 77, 1.5, 40_000)


@pytest.mark.parametrize(
    "other",
    [
        [red("answered 401, expected 200")],
        [red(body="database is locked")],
        [red().model_copy(update={"reach": Reach.NOBODY})],
        [red(service="desk")],
        [red(), red(service="desk")],
    ],
)
def test_other_readings_are_another_trouble(other: list[Reading]) -> None:
    assert trouble_of("yard", [], other, []).fingerprint != fingerprint()


def test_other_errors_are_another_trouble() -> None:
    words = ["connection refused", "status 401 from desk", "status 403 from desk", "unknown key PROT"]
    prints = {fingerprint(said(f"ERROR {each}")) for each in words}
    prints |= {fingerprint(refused(each)) for each in words}
    assert len(prints) == 2 * len(words)


def test_a_finding_outweighs_what_the_logs_still_hold() -> None:
    fault = refused("PORT must be a number, got 'x80'")
    assert fingerprint(fault, said("ERROR of last week")) == fingerprint(fault)
    assert fingerprint(fault) != fingerprint(refused("PORT must be a number, got 'x81'"))


def test_the_newest_grave_complaint_speaks_for_a_service() -> None:
    newest = said("ERROR database is locked")
    assert fingerprint(said("ERROR of last week"), newest, said("WARN slow")) == fingerprint(newest)
    assert fingerprint(newest, said("ERROR of somebody else", service="desk")) == fingerprint(newest)
    assert fingerprint(said("ERROR refused", service="desk")) != fingerprint()


def test_what_was_looked_up_does_not_count() -> None:
    looked = Evidence(kind=EvidenceKind.LOOKUP, source="http.get", service="stock", text="500 error", is_error=True)
    assert fingerprint(looked) == fingerprint()


def test_a_needed_service_that_is_down_is_another_trouble() -> None:
    down = Evidence(kind=EvidenceKind.PROCESS, source="desk process", service="desk", text="not running")
    up = down.model_copy(update={"text": "running as pid 4"})
    assert fingerprint(up) == fingerprint()
    assert fingerprint(down) != fingerprint()


def test_a_port_of_the_fleet_stands_for_its_service() -> None:
    def seen(port: int) -> str:
        return fingerprint(said(f"ERROR connect to 127.0.0.1:{port} refused"), ports={port: "desk", 9000: "news"})

    assert seen(4001) == seen(4002)
    assert seen(4001) != fingerprint(said("ERROR connect to 127.0.0.1:9000 refused"), ports={9000: "news"})
    assert seen(4001) != fingerprint(said("ERROR connect to 127.0.0.1:4003 refused"), ports={9000: "news"})


def test_the_services_are_those_that_fail_else_the_targets() -> None:
    assert trouble_of("yard", ["a"], [red(service="z"), red(service="b")], []).services == ("b", "z")
    assert trouble_of("yard", ["b", "a"], [red(service=None)], []).services == ("a", "b")


def test_the_shape_is_which_settings_exist_where() -> None:
    shape = shape_of([file("a.env", PORT="1", HOST="h"), file("b.env")], ROOT)
    assert shape == shape_of([file("b.env"), file("a.env", HOST="other", PORT="2")], ROOT)
    others = [
        [file("a.env", PORT="1"), file("b.env")],
        [file("a.env", PORT="1", HOST="h", NEW="n"), file("b.env")],
        [file("a.env", PORT="1"), file("b.env", HOST="h")],
        [file("a.env", PORT="1", HOST="h"), file("b.env", fault="line 3")],
        [file("a.env", PORT="1", HOST="h"), file("c.env")],
    ]
    assert shape not in {shape_of(each, ROOT) for each in others}


def test_the_shape_of_a_trouble_covers_who_is_in_it_and_what_they_need() -> None:
    def shape(**keys: str) -> str:
        services = {
            "desk": Service(name="desk", folder=ROOT, needs=("stock",)),
            "stock": Service(name="stock", folder=ROOT),
            "news": Service(name="news", folder=ROOT),
        }
        facts = Facts(
            fleet=Fleet(name="yard", path=ROOT / "prunella.toml", services=services),
            targets=("desk",),
            services={
                name: ServiceFacts(service=each, files=(file(f"{name}.env", **{keys.get(name, "PORT"): "1"}),))
                for name, each in services.items()
            },
        )
        trouble = trouble_in(facts, Report(readings=(red(service="desk"),)), ())
        assert (trouble.fleet, trouble.services) == ("/srv/yard/prunella.toml", ("desk",))
        return trouble.shape

    assert shape(news="OTHER") == shape()
    assert len({shape(), shape(desk="OTHER"), shape(stock="OTHER")}) == 3


def test_ports_are_known_from_the_probes() -> None:
    probes = (HttpProbe(name="h", url="http://127.0.0.1:8080/x"), TcpProbe(name="t", host="::1", port=5432))
    stock = Service(name="stock", folder=ROOT, probes=probes)
    web = Service(name="web", folder=ROOT, probes=(HttpProbe(name="w", url="https://example.org/a:1/"),))
    fleet = Fleet(name="yard", path=ROOT, services={"stock": stock, "web": web})
    assert probed_ports(fleet) == {8080: "stock", 5432: "stock", 443: "web"}
