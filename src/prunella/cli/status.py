"""`prunella status`: all runs, what they are at, and who waits for what."""

import asyncio
import json as json_format
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.markup import escape
from rich.text import Text

from prunella.cli.exits import Exit
from prunella.cli.look import VERDICTS, seconds, shorten, who
from prunella.cli.screen import Screen
from prunella.cli.waiting import Wait, waits
from prunella.clock import SystemClock
from prunella.domain.pause import Pause
from prunella.domain.run import RunRecord
from prunella.storage.approvals import SqliteApprovals
from prunella.storage.events import read_events
from prunella.storage.holder import is_alive
from prunella.storage.pause import PauseFile
from prunella.wiring.records import open_records
from prunella.wiring.settings import Settings

_MOST = 25
_HEADINGS = ("run", "verdict", "services", "began", "took")
_NARROW = 90
_WIDEST_SERVICES = 24
_WHAT_NOW = {
    "cut short": "its process is gone: `prunella heal` goes on with it, `prunella undo {0}` puts it back",
    "waiting for approval": "since {1}: see `prunella approvals`",
    "answered": "`prunella heal` goes on with it, `prunella undo {0}` puts it back",
}


def show_status(*, json: bool) -> Exit:
    """All runs as JSON, or the newest as a table; newest first."""
    with open_records(Settings.from_environment()) as book:
        asyncio.run(SqliteApprovals(book.runs.connection, SystemClock()).waiting())  # those past their time do not
        records, waiting, home = asyncio.run(book.runs.list()), waits(book.home), book.home
    pause = PauseFile(home).pause()
    if json:
        _print_json(records, waiting, pause)
        return Exit.DONE
    if pause is not None:
        _print_pause(Screen(), pause)
    if not records:
        print("No runs yet. Start one with `prunella heal`, or watch `prunella demo`.")
    else:
        _print_table(Screen(), records, home)
        _print_waits(Screen(), waiting)
    return Exit.DONE


def _print_json(records: Sequence[RunRecord], waiting: Sequence[Wait], pause: Pause | None) -> None:
    if pause is not None:
        print(json_format.dumps({"state": "paused", **pause.model_dump()}))
    for record in records:
        print(json_format.dumps(record.model_dump(mode="json") | {"state": state_of(record)}))
    for wait in waiting:
        print(json_format.dumps({"state": "waiting", **asdict(wait)}))


def state_of(record: RunRecord) -> str:
    """`ended`, `at work`, `asking` (in its own terminal), `waiting for approval`, `answered` (and nobody goes on with
    it yet), or `cut short`: its process is gone before a verdict.
    """
    if record.verdict is not None:
        return "ended"
    if is_alive(record.holder):
        return "at work" if record.asks is None else "asking"
    if record.asks is not None:
        return "waiting for approval"
    return "cut short" if record.holder else "answered"


def _print_table(screen: Screen, records: Sequence[RunRecord], home: Path) -> None:
    columns = len(_HEADINGS) if screen.width >= _NARROW else 2
    rows = [row[:columns] for row in (_HEADINGS, *(_cells(record) for record in records[:_MOST]))]
    widths = [max(len(row[place]) for row in rows) for place in range(columns)]
    screen.say(f"[dim]{'  '.join(_padded(rows[0], widths))}  what[/]")
    for record, row in zip(records, rows[1:], strict=False):
        cells = _padded(row, widths)
        style = VERDICTS[record.verdict][0] if record.verdict else "cyan"
        (what,) = screen.fit(_what(record, home), sum(widths) + 2 * len(widths))
        middle = "".join(f"{escape(cell)}  " for cell in cells[2:])
        screen.say(f"{escape(cells[0])}  [{style}]{cells[1]}[/]  {middle}{escape(what)}")
    if len(records) > _MOST:
        screen.say(f"[dim]… and {len(records) - _MOST} older; --json lists all[/]")


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]


def _cells(record: RunRecord) -> tuple[str, str, str, str, str]:
    word = VERDICTS[record.verdict][2] if record.verdict else state_of(record)
    names = Text(who(record))
    names.truncate(_WIDEST_SERVICES, overflow="ellipsis")
    began = time.strftime("%m-%d %H:%M", time.localtime(record.started))
    took = seconds((record.ended or time.time()) - record.started)
    return record.id, word, names.plain, began, took


def _what(record: RunRecord, home: Path) -> str:
    """The cause or the reason of the end; before it, the newest event."""
    if record.verdict is not None:
        return shorten(record.summary or record.goal, record.fleet)
    told = _WHAT_NOW.get(state_of(record))
    if told is not None:
        return told.format(record.id, seconds(time.time() - (record.asks or 0.0)))
    events = read_events(home, record.id)
    return shorten(f"{events[-1].kind}: {events[-1].text}" if events else record.goal, record.fleet)


def _print_pause(screen: Screen, pause: Pause) -> None:
    since = seconds(time.time() - pause.at)
    screen.say(f"[bold yellow]paused[/] for {since} by {escape(pause.by)}: {escape(pause.reason or 'no reason given')}")
    screen.say("[dim]`prunella resume` lets the agents go on; undo works meanwhile[/]")


def _print_waits(screen: Screen, waiting: Sequence[Wait]) -> None:
    for wait in waiting:
        took = seconds(time.time() - wait.since)
        screen.say(f"[yellow]waiting[/] for {took}: {escape(wait.goal)} (needs {wait.service}, held by run {wait.run})")
