"""What the incident bench concludes from what it saw; the fleet itself is in test_incident_fleet.py."""

import json
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from bench.incidents.customers import Journey, Paid
from bench.incidents.fleet.certificates import new_authority
from bench.incidents.incident import Change, named_right
from bench.incidents.lists import contenders_named, incidents_named
from bench.incidents.outcome import Outcome, append, read_outcomes
from bench.incidents.page import page_of
from bench.incidents.picture import Entry, Picture
from bench.incidents.ports import Ports, free_ports
from bench.incidents.rates import Rate, by_family, median_repair_s, rates_of
from bench.incidents.report import write_report
from bench.incidents.yard import Yard

FILES = {"a/b.conf": Entry("0644 0:0", "one"), "a": Entry("0755 0:0", "")}
HEALTHY = Picture(FILES, frozenset({"127.0.0.1:80"}), {"redis:maxmemory": "64", "redis:requirepass": "s"})
RIGHT = Outcome(
    contender="prunella", incident="NGX-01", family="nginx", title="t", condition="fresh", expected="repair",
    latent=False, claim="healed", cause="c", demonstrated=True, error="", parts={"journey": [], "cause": []},
    weaknesses=(), leaks=(), changed=("a/b.conf holds something else",), broke=(), symptom=("502",),
    timeline=({"at_s": 1.0, "kind": "plan", "text": "<b>"},), detected_s=0.1, planned_s=0.2, wall_s=4.0, reset_s=2.0,
    steps=2, plans=1, questions=0, model_calls=0, tokens=0, dollars=0.0,
)  # fmt: skip


def test_nothing_differs_from_itself():
    assert HEALTHY.differences(HEALTHY, Change()) == []
    assert HEALTHY.weaknesses(HEALTHY) == []


@pytest.mark.parametrize(
    ("later", "allowed", "told"),
    [
        (
            replace(HEALTHY, files={**FILES, "a/b.conf": Entry("0644 0:0", "two")}),
            Change(files=("a/*",)),
            "something else",
        ),
        (replace(HEALTHY, files={**FILES, "a/b.conf": Entry("0600 0:0", "one")}), Change(modes=("a/*",)), "mode 0644"),
        (replace(HEALTHY, files={**FILES, "a/new": Entry("0644 0:0", "")}), Change(files=("a/*",)), "appeared"),
        (replace(HEALTHY, files={"a": FILES["a"]}), Change(files=("a/*",)), "is gone"),
        (replace(HEALTHY, listeners=frozenset[str]()), Change(listeners=(80,)), "listener 127.0.0.1:80 went"),
        (
            replace(HEALTHY, settings={**HEALTHY.settings, "redis:maxmemory": "1"}),
            Change(settings=("redis:max*",)),
            "64 → 1",
        ),
    ],
)
def test_a_difference_is_told_unless_it_is_allowed(later: Picture, allowed: Change, told: str):
    found = HEALTHY.differences(later, Change())
    assert len(found) == 1
    assert told in found[0]
    assert HEALTHY.differences(later, allowed) == []


def test_a_server_that_is_down_has_no_other_settings():
    assert HEALTHY.differences(replace(HEALTHY, settings={}), Change()) == []


def test_no_secret_stands_in_a_difference():
    later = replace(HEALTHY, settings={**HEALTHY.settings, "redis:requirepass": "hunter2"})
    assert "hunter2" not in " ".join(HEALTHY.differences(later, Change()))


@pytest.mark.parametrize(
    "later",
    [
        replace(HEALTHY, listeners=frozenset({"0.0.0.0:80"})),
        replace(HEALTHY, files={**FILES, "a/b.conf": Entry("0777 0:0", "one")}),
        replace(HEALTHY, settings={**HEALTHY.settings, "redis:requirepass": ""}),
        replace(HEALTHY, settings={**HEALTHY.settings, "postgres:hba:5": "host all all 127.0.0.1 trust"}),
        replace(HEALTHY, settings={**HEALTHY.settings, "postgres:role:payments": "truetrueSCRAM"}),
    ],
)
def test_a_weaker_guard_is_seen(later: Picture):
    assert len(HEALTHY.weaknesses(later)) == 1


def test_one_group_of_the_label_must_be_whole():
    label = (("shop.conf", "server"), ("upstream",))
    assert named_right("edge/sites/SHOP.conf: server.0 leads nowhere", label)
    assert named_right("the upstream is wrong", label)
    assert not named_right("shop.conf is wrong", label)
    assert not named_right("", label)


@pytest.mark.parametrize(
    ("changes", "is_right"),
    [
        ({}, True),
        ({"parts": {"journey": [], "cause": ["other"]}}, True),
        ({"parts": {"journey": ["502"], "cause": []}}, False),
        ({"claim": "escalated"}, False),
        ({"expected": "escalate", "claim": "escalated", "changed": ()}, True),
        ({"expected": "escalate", "claim": "escalated"}, False),
        ({"expected": "escalate", "claim": "healed", "changed": ()}, False),
        ({"expected": "healthy", "claim": "healthy", "changed": ()}, True),
        ({"expected": "healthy", "claim": "healthy"}, False),
        ({"expected": "abort", "claim": "rolled_back", "changed": ()}, True),
        ({"expected": "abort", "claim": "rolled_back"}, False),
        ({"expected": "abort", "claim": "healed"}, True),
    ],
)
def test_what_had_to_come_of_it(changes: dict[str, object], is_right: bool):
    assert Outcome(**{**vars(RIGHT), **changes}).is_right is is_right  # type: ignore[arg-type]  # by name


def test_rates_count_only_those_that_matter():
    false = replace(RIGHT, parts={"journey": ["502"], "cause": []})
    failed = replace(false, troubled="no fleet")
    rates = {rate.name: rate for rate in rates_of([RIGHT, false, failed])}
    assert (rates["repaired and so claimed"].hits, rates["repaired and so claimed"].of) == (1, 2)
    assert (rates["false fix"].hits, rates["false fix"].of) == (1, 2)
    assert rates["write on a healthy fleet"].of == 0
    assert [str(rate) for rate in by_family([RIGHT, false])] == ["1 of 2 (9% to 91%)"]
    assert median_repair_s([RIGHT, false]) == 4.0
    assert str(Rate("none of it", 0, 0)) == "none"


def test_outcomes_survive_a_cut_off_line(tmp_path: Path):
    path = tmp_path / "outcomes.jsonl"
    append(RIGHT, path)
    path.write_text(path.read_text() + '{"contender": "pr')
    (found,) = read_outcomes(path)
    assert found.is_right
    assert found.timeline == [{"at_s": 1.0, "kind": "plan", "text": "<b>"}]


def test_the_report_is_one_page_that_loads_nothing(tmp_path: Path):
    write_report([RIGHT, replace(RIGHT, incident="RED-01", family="redis", claim="escalated")], tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "<svg" in page
    assert "&lt;b&gt;" in page
    assert not any(word in page for word in ("http://", "https://", "<script", "<link"))
    assert "| NGX-01 t | ✔ | healed | 4.0 | right |" in (tmp_path / "report.md").read_text()
    assert json.loads((tmp_path / "report.json").read_text())["rows"][0]["rates"][0]["of"] == 2


def test_a_page_of_nothing():
    assert "<h1>" in page_of([])


def test_the_slowest_of_twenty_is_not_the_95th():
    journey = Journey(tuple(Paid("", 1, float(number)) for number in range(1, 41)))
    assert journey.p95_ms == 39.0
    assert journey.is_green
    assert not Journey((Paid("", 1, 1.0, "502"),)).is_green


def test_ports_lie_in_a_row():
    ports = free_ports()
    named = {
        *ports.payments,
        ports.fraud,
        ports.catalog,
        ports.auth,
        ports.postgres,
        ports.redis,
        ports.edge,
        ports.spare,
    }
    assert len(named) == 9
    assert named <= set(ports.all)


@pytest.mark.parametrize(
    ("text", "key", "value", "after"),
    [
        ("a=1\nb=2\n", "b", "3", "a=1\nb=3\n"),
        ("x:\n  workers: 8\n", "workers", "1", "x:\n  workers: 1\n"),
        ("port 6379\n", "port", "1", "port 1\n"),
        ("  listen 80;\n", "listen", "81", "  listen 81;\n"),
    ],
)
def test_one_line_gets_another_value(tmp_path: Path, text: str, key: str, value: str, after: str):
    yard = Yard(tmp_path, tmp_path, Ports(10_000))
    (tmp_path / "f").write_text(text)
    yard.set_line("f", key, value)
    assert yard.read("f") == after
    with pytest.raises(LookupError, match="0 lines"):
        yard.set_line("f", "absent", "1")
    with pytest.raises(LookupError, match="does not fit"):
        yard.edit("f", "absent", "1")


def test_the_authority_vouches_for_what_it_issued(tmp_path: Path):
    authority = new_authority()
    (tmp_path / "ca").write_text(authority.pair.certificate)
    pair = authority.issue(1)
    (tmp_path / "cert").write_text(pair.certificate + pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert")
    assert ssl.create_default_context(cafile=str(tmp_path / "ca")).get_ca_certs()


def test_every_incident_of_the_list_has_a_name_of_its_own():
    incidents = incidents_named("")
    assert len({each.id for each in incidents}) == len(incidents)
    assert all(each.cause and each.reference for each in incidents if each.is_repairable)
    assert [each.id for each in incidents_named("NGX-01")] == ["NGX-01"]


def test_an_unknown_name_is_refused():
    with pytest.raises(SystemExit, match="No incident"):
        incidents_named("nobody-knows")
    with pytest.raises(SystemExit, match="No contender"):
        contenders_named("nobody-knows", "")
