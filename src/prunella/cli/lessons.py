"""`prunella lessons`: what healed before, how far it is trusted, and how to make it forgotten."""

import asyncio
import json as json_format
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from rich.markup import escape

from prunella.cli.exits import Exit
from prunella.cli.look import shorten, step_text
from prunella.cli.screen import Screen, note
from prunella.domain.frozen import JsonValue
from prunella.domain.lesson import Lesson, Standing
from prunella.errors import Misuse
from prunella.memory.standing import is_expired
from prunella.nearest import nearest
from prunella.redaction.redactor import Redactor
from prunella.storage.lessons import SqliteLessons
from prunella.wiring.records import open_records
from prunella.wiring.settings import Settings

_HEADINGS = ("id", "standing", "services", "healed", "relapses", "by", "used", "expires")
_SHOWN_WHEN_NARROW = 3
_NARROW = 110
_MOST_LINES = 12
_STYLES = {"runbook": "green", "lesson": "cyan", "expired": "dim"}


def show_lessons(*, json: bool) -> Exit:
    """All lessons, those used last first."""
    lessons = _all()
    if json:
        for lesson in lessons:
            print(_to_json(lesson))
    elif not lessons:
        print("No lessons yet. Every heal that is proved leaves one; two in a row make it a runbook.")
    else:
        _print_table(Screen(), lessons)
    return Exit.DONE


def show_lesson(wanted: str, *, json: bool) -> Exit:
    """One lesson in full: the trouble, the steps, its record."""
    lesson = choose(_all(), wanted)
    if json:
        print(_to_json(lesson))
    else:
        _print_lesson(Screen(), lesson)
    return Exit.DONE


def forget_lessons(wanted: str, *, everything: bool) -> Exit:
    """One lesson, or all of them; a later heal may teach them again."""
    if bool(wanted) == everything:
        raise Misuse("Say which: `prunella lessons forget ID`, or `prunella lessons forget --all`.")
    with _open_rows() as rows:
        known = asyncio.run(rows.of())
        chosen = known if everything else (choose(known, wanted),)
        for lesson in chosen:
            asyncio.run(rows.change(lesson.id, lambda _: None))
    note("There was nothing to forget." if not chosen else f"Forgotten: {', '.join(each.id for each in chosen)}.")
    return Exit.DONE


def choose(lessons: Sequence[Lesson], wanted: str) -> Lesson:
    """The one with that id, or with an id that begins so. Raises Misuse, which names what was meant perhaps."""
    ids = [lesson.id for lesson in lessons]
    matches = [each for each in lessons if each.id == wanted] or [
        each for each in lessons if each.id.startswith(wanted)
    ]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise Misuse(f"{wanted!r} is the beginning of several lessons: {', '.join(m.id for m in matches)}.")
    if not ids:
        raise Misuse(f"There is no lesson {wanted!r}: there are none yet.")
    near = nearest(wanted, ids) or ids[:5]
    raise Misuse(f"There is no lesson {wanted!r}. Did you mean {' or '.join(near)}?")


@contextmanager
def _open_rows() -> Generator[SqliteLessons]:
    with open_records(Settings.from_environment()) as book:
        yield SqliteLessons(book.runs.connection, book.sealer)


def _all() -> tuple[Lesson, ...]:
    with _open_rows() as rows:
        return asyncio.run(rows.of())


def _to_json(lesson: Lesson) -> str:
    whole: JsonValue = {**lesson.model_dump(mode="json"), "state": _state(lesson)}
    return json_format.dumps(Redactor().value(whole))


def _state(lesson: Lesson) -> str:
    return "expired" if is_expired(lesson, time.time()) else lesson.standing.value


def _print_table(screen: Screen, lessons: Sequence[Lesson]) -> None:
    columns = len(_HEADINGS) if screen.width >= _NARROW else _SHOWN_WHEN_NARROW
    rows = [row[:columns] for row in (_HEADINGS, *(_cells(lesson) for lesson in lessons))]
    widths = [max(len(row[place]) for row in rows) for place in range(columns)]
    screen.say(f"[dim]{'  '.join(_padded(rows[0], widths))}  cause[/]")
    for lesson, row in zip(lessons, rows[1:], strict=True):
        first, standing, *rest = _padded(row, widths)
        (cause,) = screen.fit(_cause(lesson), sum(widths) + 2 * len(widths))
        middle = "".join(f"{escape(cell)}  " for cell in rest)
        screen.say(f"{escape(first)}  [{_STYLES[_state(lesson)]}]{standing}[/]  {middle}{escape(cause)}")


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]


def _cells(lesson: Lesson) -> tuple[str, ...]:
    services = _services(lesson)
    record = (str(lesson.healed), str(lesson.relapses), lesson.by)
    return (lesson.id, _state(lesson), services, *record, _day(lesson.used), _day(lesson.expires))


def _services(lesson: Lesson) -> str:
    return ", ".join(lesson.trouble.services) or "-"


def _cause(lesson: Lesson) -> str:
    return shorten(Redactor().text(lesson.cause), lesson.trouble.fleet)


def _print_lesson(screen: Screen, lesson: Lesson) -> None:
    screen.say(f"[bold]{escape(_cause(lesson))}[/]  [dim]{_state(lesson)} {lesson.id}[/]")
    for heading, lines in _sections(lesson):
        for place, line in enumerate(lines):
            head = f"{heading:<9}" if place == 0 else " " * 9
            for number, part in enumerate(screen.fit(line, 11, _MOST_LINES)):
                screen.say(f"[dim]{head if number == 0 else ' ' * 9}[/]  {escape(part)}")


def _sections(lesson: Lesson) -> tuple[tuple[str, list[str]], ...]:
    trouble, text = lesson.trouble, Redactor().text
    steps = Redactor().value([step.model_dump(mode="json") for step in lesson.steps])
    listed = [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
    said = [shorten(step_text(step), trouble.fleet) for step in listed]
    trust = "tried before any model is asked" if lesson.standing is Standing.RUNBOOK else "told to models"
    return (
        ("fleet", [trouble.fleet or "an agent's own goal"]),
        ("services", [_services(lesson)]),
        ("trouble", text(trouble.text).splitlines() or ["-"]),
        ("steps", said),
        ("record", [f"healed {lesson.healed}, relapsed {lesson.relapses}, {lesson.streak} in a row; {trust}"]),
        ("from", [f"{lesson.by}, first in run {lesson.run}, last in run {lesson.last_run or lesson.run}"]),
        ("dates", [f"learned {_day(lesson.learned)}, used {_day(lesson.used)}, expires {_day(lesson.expires)}"]),
    )


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(at))
