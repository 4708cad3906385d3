from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from prunella.domain.ruling import Autonomy, Permission, Ruling, Scope
from prunella.domain.service import PolicySpec
from prunella.fleet.calendar import freeze_in, window_in
from prunella.policy.rules import Rules
from prunella.policy.window import is_open

FLEET = Path("/srv/shop/prunella.toml")
VIENNA = "Europe/Vienna"


def at(text: str, zone: str = VIENNA, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def ruled(spec: PolicySpec, when: float) -> Ruling:
    return Rules(spec, Autonomy.AUTO, FLEET).rule_plan(Scope(steps=1, at=when))


# 2026-06-01 is a Monday.
@pytest.mark.parametrize(
    ("window", "moment", "is_in"),
    [
        ("Mon-Fri 09:00-17:00", "2026-06-01T09:00", True),
        ("Mon-Fri 09:00-17:00", "2026-06-01T08:59:59", False),
        ("Mon-Fri 09:00-17:00", "2026-06-05T16:59:59", True),
        ("Mon-Fri 09:00-17:00", "2026-06-05T17:00", False),
        ("Mon-Fri 09:00-17:00", "2026-06-06T12:00", False),
        ("Fri 22:00-02:00", "2026-06-05T23:00", True),
        ("Fri 22:00-02:00", "2026-06-06T01:59", True),
        ("Fri 22:00-02:00", "2026-06-06T02:00", False),
        ("Fri 22:00-02:00", "2026-06-05T01:00", False),
        ("Sun 22:00-02:00", "2026-06-01T01:00", True),
        ("Sat-Mon 10:00-11:00", "2026-06-07T10:30", True),
        ("Sat-Mon 10:00-11:00", "2026-06-02T10:30", False),
        ("Mon,Wed,Friday 10:00-11:00", "2026-06-03T10:30", True),
        ("Mon, Wed 10:00-11:00", "2026-06-02T10:30", False),
        ("22:00-24:00", "2026-06-02T23:59", True),
        ("22:00-00:00", "2026-06-02T23:59", True),
        ("22:00-00:00", "2026-06-02T00:00", False),
        ("daily 00:00-24:00", "2026-06-02T00:00", True),
        ("9-17", "2026-06-07T16:59", True),
    ],
)
def test_a_window_is_open_within_its_hours(window: str, moment: str, *, is_in: bool) -> None:
    assert is_open(window_in(window, VIENNA), at(moment)) is is_in


def test_a_window_has_its_own_zone() -> None:
    window = window_in("Mon 09:00-10:00 America/New_York", VIENNA)
    assert is_open(window, at("2026-06-01T15:30"))
    assert not is_open(window, at("2026-06-01T09:30"))


def test_a_window_goes_by_the_wall_clock_when_clocks_change() -> None:
    """On 2026-03-29 there is no 02:30 in Vienna, on 2026-10-25 there are two."""
    night = window_in("02:15-02:45", VIENNA)
    missing = at("2026-03-29T01:59:59")
    assert not any(is_open(night, missing + minutes * 60) for minutes in range(120))
    assert is_open(night, at("2026-10-25T02:30"))
    assert is_open(night, at("2026-10-25T02:30", fold=1))
    assert not is_open(night, at("2026-10-25T02:50"))
    assert is_open(window_in("Sat 22:00-04:00", VIENNA), at("2026-10-25T02:30", fold=1))


def test_outside_of_all_windows_everything_asks_and_says_what_time_it_is() -> None:
    texts = ("Mon-Fri 09:00-17:00", "Sat 10:00-12:00")
    spec = PolicySpec(
        windows=tuple(window_in(text, VIENNA) for text in texts), lines={'windows = "Sat 10:00-12:00"': 14}
    )
    assert ruled(spec, at("2026-06-06T11:00")).permission is Permission.ALLOW
    assert ruled(spec, at("2026-06-01T11:00")).permission is Permission.ALLOW
    closed = ruled(spec, at("2026-06-06T12:00"))
    assert (closed.permission, closed.final) == (Permission.ASK, True)
    assert "it is Sat 12:00 in Europe/Vienna" in closed.reason
    assert f'windows = "Sat 10:00-12:00" in {FLEET}:14' in closed.reason


@pytest.mark.parametrize(
    ("freeze", "moment", "holds"),
    [
        ("2026-12-20/2027-01-06", "2026-12-19T23:59:59", False),
        ("2026-12-20/2027-01-06", "2026-12-20T00:00", True),
        ("2026-12-20/2027-01-06", "2027-01-06T23:59:59", True),
        ("2026-12-20/2027-01-06", "2027-01-07T00:00", False),
        ("2026-12-24", "2026-12-24T12:00", True),
        ("2026-12-24", "2026-12-25T00:00", False),
        ("2026-12-20T18:00/2026-12-21T06:00", "2026-12-20T17:59", False),
        ("2026-12-20T18:00/2026-12-21T06:00", "2026-12-21T05:59", True),
        ("2026-12-20T18:00/2026-12-21T06:00", "2026-12-21T06:00", False),
        ("2026-12-20T18:00Z / 2026-12-21T06:00", "2026-12-20T18:59", False),
        ("2026-10-25T02:30/2026-10-25T02:31", "2026-10-25T02:30", True),
    ],
)
def test_in_a_freeze_nothing_is_changed(freeze: str, moment: str, *, holds: bool) -> None:
    spec = PolicySpec(freezes=(freeze_in(freeze, VIENNA),), lines={f'freezes = "{freeze}"': 9})
    ruling = ruled(spec, at(moment))
    assert (ruling.permission is Permission.DENY) is holds
    assert ruling.final is holds
    assert (f"{FLEET}:9" in ruling.reason) is holds


def test_a_freeze_holds_both_times_that_the_clock_shows() -> None:
    spec = PolicySpec(freezes=(freeze_in("2026-10-25T02:30/2026-10-25T02:31", VIENNA),))
    assert ruled(spec, at("2026-10-25T02:30", fold=0)).final
    assert ruled(spec, at("2026-10-25T02:30", fold=1)).final


def test_a_freeze_counts_from_the_zone_that_it_names() -> None:
    spec = PolicySpec(freezes=(freeze_in("2026-12-24 Pacific/Auckland", VIENNA),))
    assert ruled(spec, at("2026-12-23T13:00")).final
    assert not ruled(spec, at("2026-12-24T13:00")).final
