import pytest

from prunella.rehearsal.inside import failures
from prunella.rehearsal.sights import Sight, against, tells_apart, trials

GREEN = Sight("t", ok=True, said="fine")
UNKNOWN = Sight("t", None, "hung")


def red(errors: str, *, missed: bool = False) -> Sight:
    return Sight("t", ok=False, said=errors, errors=errors, missed=missed)


@pytest.mark.parametrize(
    ("present", "planned", "ok"),
    [
        (GREEN, GREEN, True),
        (red("bad A"), GREEN, True),
        (UNKNOWN, GREEN, True),
        (GREEN, red("bad A"), False),
        (GREEN, UNKNOWN, None),
        (UNKNOWN, red("bad A"), None),
        (red("bad A"), red("bad A"), None),
        (red("2026-01-01 10:00:00 bad A"), red("2026-01-01 10:00:07 bad A"), None),
        (red("bad A"), red("bad B"), None),
        (red("bad A"), red("unknown level: loudest"), False),
        (red("bad A"), red("cannot reach loudest: connection refused"), None),
        (red("bad A of loudest"), red("bad A of loudest\nbad B"), None),
        (GREEN, red("Connection refused"), None),
        (GREEN, red("bad A", missed=True), None),
        (red("x", missed=True), red("x", missed=True), None),
        (Sight("t", ok=True, missed=True), red("bad A", missed=True), False),
        (GREEN, red("TIMEOUT_MS must be 50 or more"), False),
    ],
)
def test_only_what_says_something_speaks_against_a_plan(present: Sight, planned: Sight, ok: bool | None):
    (found,) = trials({"c": present}, {"c": planned}, ["loudest"])
    assert found.ok is ok
    assert bool(against({"c": present}, {"c": planned}, ["loudest"])) is (ok is False)


def test_short_values_occur_by_chance():
    assert against({"c": red("bad A")}, {"c": red("12 errors")}, ["12"]) == ()


def test_one_check_against_it_outweighs_all_of_its_trial():
    (found,) = trials({"a": GREEN, "b": GREEN, "c": GREEN}, {"a": GREEN, "b": red("bad A"), "c": UNKNOWN})
    assert found.ok is False
    (found,) = trials({"a": GREEN, "b": red("x")}, {"a": GREEN, "b": red("x")})
    assert found.ok is True


def test_what_is_red_without_the_fault_too_shows_nothing():
    passing = {"a": GREEN, "b": red("x"), "c": UNKNOWN}
    failing = {"a": red("y"), "b": red("y"), "c": red("y"), "d": red("y")}
    assert tells_apart(passing, failing) == {"a": red("y")}


def test_connections_that_went_nowhere_are_counted():
    text = (
        "Ip: A OutNoRoutes\nIp: 9 2\nTcp: AttemptFails B\nTcp: 3 7\nUdp: OutDatagrams\nUdp: 1\nUdpLite: X\nUdpLite: 5\n"
    )
    assert failures(text) == 6
    assert failures("") == 0
