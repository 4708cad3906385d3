"""`windows` and `freezes` of `[policy]`: hours of the week, and days on which nothing is changed."""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

from prunella.domain.calendar import Freeze, Window
from prunella.fleet.table import Table
from prunella.nearest import did_you_mean

UTC = "UTC"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_A_WINDOW = 'Write "Mon-Fri 09:00-17:00 Europe/Vienna".'
_A_FREEZE = 'Write "2026-12-20/2027-01-06", or times as in "2026-12-20T18:00/2027-01-06T08:00".'
_HOURS = re.compile(r"(?<![\w:])(\d{1,2}(?::\d{2})?)\s*-\s*(\d{1,2}(?::\d{2})?)(?![\w:])")
_MIDNIGHT = 24 * 60
_Read = TypeVar("_Read")


class Unreadable(Exception):
    """What a text lacks to be a window or a freeze: a message, and a suggestion."""

    def __init__(self, message: str, suggestion: str) -> None:
        super().__init__(message)
        self.message, self.suggestion = message, suggestion


def zone_of(table: Table) -> str:
    """The zone of windows and freezes that name none."""
    zone = table.text("timezone", UTC)
    try:
        return _zone(zone)
    except Unreadable as fault:
        table.note("timezone", fault.message, fault.suggestion)
        return UTC


def windows_of(table: Table, zone: str) -> tuple[Window, ...]:
    return _each(table, "windows", _A_WINDOW, lambda text: window_in(text, zone))


def freezes_of(table: Table, zone: str) -> tuple[Freeze, ...]:
    return _each(table, "freezes", _A_FREEZE, lambda text: freeze_in(text, zone))


def window_in(text: str, zone: str = UTC) -> Window:
    """`[DAYS] HH:MM-HH:MM [ZONE]`, every day where none is named. Raises Unreadable."""
    hours = _HOURS.search(text)
    if hours is None:
        raise Unreadable(f'"{text}" has no hours.', _A_WINDOW)
    opens, closes = _minutes(hours[1]), _minutes(hours[2])
    if opens % _MIDNIGHT == closes % _MIDNIGHT and closes - opens != _MIDNIGHT:
        raise Unreadable(f'"{text}" opens and closes at the same time.', "Write 00:00-24:00 for the whole day.")
    days, own = text[: hours.start()].strip(), text[hours.end() :].strip()
    return Window(text=text, days=_days(days), opens=opens, closes=closes, zone=_zone(own) if own else zone)


def freeze_in(text: str, zone: str = UTC) -> Freeze:
    """`DATE[THH:MM][/DATE[THH:MM]] [ZONE]`; a last day counts whole. Raises Unreadable.

    Where clocks are set back or forward just then, it begins at the earlier time and ends at the later.
    """
    span, _, own = re.sub(r"(?<=[\dZ])\s*/\s*(?=\d)", "/", text.strip()).partition(" ")
    first, slash, last = span.partition("/")
    if slash and not last:
        raise Unreadable(f'"{text}" has no end.', _A_FREEZE)
    where = ZoneInfo(_zone(own.strip()) if own else zone)
    begins, ends = min(_moments(first, where, text)), max(_moments(last or first, where, text, is_end=True))
    if begins >= ends:
        raise Unreadable(f'"{text}" ends before it begins.', _A_FREEZE)
    return Freeze(text=text, begins=begins, ends=ends)


def _each(table: Table, key: str, example: str, read: Callable[[str], _Read]) -> tuple[_Read, ...]:
    found: list[_Read] = []
    for text in table.texts(key, f"[{example.removeprefix('Write ').split(',')[0].rstrip('.')}]"):
        try:
            found.append(read(text))
        except Unreadable as fault:
            table.note_item(key, text, fault.message, fault.suggestion)
    return tuple(found)


def _minutes(text: str) -> int:
    hour, _, minute = text.partition(":")
    minutes = int(hour) * 60 + int(minute or 0)
    if minutes > _MIDNIGHT or int(minute or 0) > 59:
        raise Unreadable(f"{text} is no time of day.", "Hours go from 00:00 to 24:00.")
    return minutes


def _days(text: str) -> frozenset[int]:
    if not text or text.casefold() in {"daily", "every day"}:
        return frozenset(range(7))
    found: set[int] = set()
    for part in re.split(r"\s*,\s*", text):
        first, *rest = re.split(r"\s*-\s*", part)
        if len(rest) > 1:
            raise Unreadable(f'"{part}" is no range of days.', _A_WINDOW)
        begin, end = _day(first), _day(rest[0] if rest else first)
        found |= {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
    return frozenset(found)


def _day(name: str) -> int:
    plain = name.strip().casefold().rstrip(".")
    if len(plain) >= 3:
        for number, day in enumerate(DAYS):
            if day.startswith(plain):
                return number
    short = [day[:3].capitalize() for day in DAYS]
    raise Unreadable(f'"{name}" is no day.', did_you_mean(plain[:3], short) or f"Known: {', '.join(short)}.")


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        known = available_timezones()
    if not known:
        raise Unreadable(f'The time zone "{name}" is not known here.', "Install the system's tzdata, or tzdata by pip.")
    raise Unreadable(f'There is no time zone "{name}".', did_you_mean(name, sorted(known)) or 'Write "Europe/Vienna".')


def _moments(text: str, zone: ZoneInfo, whole: str, *, is_end: bool = False) -> tuple[float, ...]:
    """The time that the text tells in seconds since the epoch: twice, where the clock shows it twice."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            at = datetime.combine(date.fromisoformat(text) + timedelta(days=int(is_end)), time())
        else:
            at = datetime.fromisoformat(text)
        local = at if at.tzinfo else at.replace(tzinfo=zone)
        return tuple(local.replace(fold=fold).timestamp() for fold in (0, 1))
    except (ValueError, OverflowError):
        raise Unreadable(f'"{text}" in "{whole}" is no date.', _A_FREEZE) from None
