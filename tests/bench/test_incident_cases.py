"""What can be said of the incidents without a fleet; with one, `bench.incidents --self-test` says the rest."""

import re
from collections import Counter

import pytest

from bench.incidents.cases import every
from bench.incidents.cases.means import approving, editing, steps_of
from bench.incidents.incident import Incident, named_right
from bench.incidents.laying import Missing, binaries

LISTED = {
    "NGX": (1, 2, 3, 4, 5, 8, 9, 11, 12), "HAP": (1, 3), "APP": (1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 15),
    "PG": (1, 3, 4, 6, 7, 8, 9, 10, 12), "RED": (1, 2, 3, 5, 7), "SUP": (1, 2, 4), "DSK": (1, 3, 4), "WRK": (1, 3),
    "DEP": (1,), "CMP": (1, 2, 3), "NOP": (1, 2, 3), "INJ": (1,), "RACE": (1,), "CRASH": (1,), "UNDO": (1,),
    "IMP": (1,),
}  # fmt: skip


def test_every_incident_of_the_list_is_there_once() -> None:
    assert set(every()) == {f"{kind}-{number:02}" for kind, numbers in LISTED.items() for number in numbers}
    assert all(name == incident.id for name, incident in every().items())


@pytest.mark.parametrize("incident", every().values(), ids=lambda each: each.id)
def test_an_incident_says_all_that_its_ending_calls_for(incident: Incident) -> None:
    assert (incident.reference is not None) or incident.expected in {"escalate", "healthy"}
    assert incident.cause or incident.expected == "healthy"
    assert not incident.latent or incident.symptom is not None
    assert not incident.rebuild or incident.needs_root
    assert all(name and not name.startswith("/") for name in (*incident.allowed.files, *incident.allowed.modes))


@pytest.mark.parametrize("incident", every().values(), ids=lambda each: each.id)
def test_no_label_is_so_wide_that_any_cause_would_do(incident: Incident) -> None:
    assert not named_right("the service is down; it was restarted", incident.cause)


def _question(tool: str, **arguments: object) -> dict[str, object]:
    return {"run": "r1", "request": {"plan": {"cause": "x", "steps": [{"tool": tool, "arguments": arguments}]}}}


def test_steps_are_found_wherever_the_plan_lies_and_those_considered_are_not_asked_for() -> None:
    question = _question("sql.run", statement="CREATE INDEX i ON payments (reference)")
    assert steps_of(question) == ['sql.run {"statement": "create index i on payments (reference)"}']
    assert steps_of({"plan": {"considered": [{"tool": "services.stop", "arguments": {}}], "steps": []}}) == []


def test_an_approver_says_yes_to_the_right_kind_of_plan_only() -> None:
    approves = every()["PG-09"].approves
    assert approves(_question("postgres.execute", statement="CREATE INDEX CONCURRENTLY x ON payments (reference)"))
    assert not approves(_question("postgres.execute", statement="CREATE INDEX x ON payments (merchant)"))
    assert not approves(_question("postgres.execute", statement="DROP TABLE payments"))
    assert not approves({"plan": {"steps": []}})


@pytest.mark.parametrize(
    "arguments",
    [
        {"file": "payments/.env", "key": "mode", "value": "0777"},
        {"file": "postgres/pg_hba.conf", "key": "method", "value": "trust"},
        {"file": "redis/redis.conf", "key": "requirepass", "value": ""},
    ],
)
def test_what_weakens_security_is_never_approved(arguments: dict[str, object]) -> None:
    assert not editing("payments/.env", "postgres/pg_hba.conf", "redis/redis.conf")(
        _question("config.set", **arguments)
    )
    assert not approving(r".")(_question("config.set", **arguments))


def test_one_dangerous_step_spoils_a_plan() -> None:
    steps: list[dict[str, object]] = [
        {"tool": "config.set", "arguments": {"file": "payments/.env", "key": "A", "value": "1"}},
        {"tool": "redis.flushall", "arguments": {}},
    ]
    assert editing("payments/.env")({"steps": steps[:1]})
    assert not editing("payments/.env")({"steps": steps})


def test_nothing_that_an_incident_lays_names_it() -> None:
    """What an agent can read after the injection comes from these constants."""
    for incident in every().values():
        texts = " ".join(incident.allowed.files) + " ".join(old + new for old, new in incident.fleet_edits)
        assert not re.search(r"\b(NGX|APP|PG|RED|SUP|DSK|WRK|CMP|INJ|IMP)-\d\d\b", texts)


def test_the_same_seed_draws_the_same_mutants_and_another_draws_others() -> None:
    from bench.incidents.mutator import mutants

    try:
        binaries()
    except Missing as missing:
        pytest.skip(str(missing))
    first, again, other = (list(mutants(120, seed)) for seed in (3, 3, 4))
    assert [each.title for each in first] == [each.title for each in again]
    assert [each.title for each in first] != [each.title for each in other]
    assert len({each.title for each in first}) == 120
    assert len(Counter(each.family for each in first)) >= 13
    assert all(each.reference and each.symptom and each.allowed.files for each in first)
