"""When changes may be made: windows outside of which everything asks, and freezes in which nothing is changed."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from prunella.domain.calendar import Freeze, Window
from prunella.fleet.wording import rule_text
from prunella.policy.places import Places
from prunella.policy.weighing import Weighed, allow, ask, deny


def weigh_freezes(freezes: Iterable[Freeze], at: float, places: Places) -> Iterator[Weighed]:
    """One that goes on denies, and any other plan as well."""
    for freeze in freezes:
        rule = rule_text("freezes", freeze.text)
        reason = f"Nothing is changed now: {rule} in {places.place(rule)}."
        yield Weighed(rule, places.place(rule), deny(reason, final=True) if freeze.begins <= at < freeze.ends else None)


def weigh_windows(windows: Iterable[Window], at: float, places: Places) -> Iterator[Weighed]:
    """Where all are closed, each asks; an open one allows. Nothing where there are none."""
    windows = tuple(windows)
    is_any_open = any(is_open(window, at) for window in windows)
    for window in windows:
        rule, now = rule_text("windows", window.text), _local(window, at).strftime("%a %H:%M")
        told = f"it is {now} in {window.zone}, {rule} in {places.place(rule)}"
        closed = None if is_any_open else ask(f"Outside of the hours for changes everything asks: {told}.", final=True)
        is_this = is_open(window, at)
        yield Weighed(rule, places.place(rule), allow(f"Within the hours for changes: {told}.") if is_this else closed)


def is_open(window: Window, at: float) -> bool:
    """By the wall clock there: an hour that the clock shows twice counts twice, one that it leaves out not at all."""
    now = _local(window, at)
    day, minute = now.weekday(), now.hour * 60 + now.minute
    if window.opens < window.closes:
        return day in window.days and window.opens <= minute < window.closes
    began_today = day in window.days and minute >= window.opens
    return began_today or ((day - 1) % 7 in window.days and minute < window.closes)


def _local(window: Window, at: float) -> datetime:
    return datetime.fromtimestamp(at, ZoneInfo(window.zone))
