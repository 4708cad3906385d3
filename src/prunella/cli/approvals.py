"""`prunella approvals`: the questions that wait for a human."""

import asyncio
import json as json_format
import time
from collections.abc import Mapping, Sequence

from rich.markup import escape

from prunella.cli.approver import lasting
from prunella.cli.exits import Exit
from prunella.cli.look import shorten, step_text, who
from prunella.cli.screen import Screen
from prunella.clock import SystemClock
from prunella.domain.ruling import Permission, Question
from prunella.domain.run import RunRecord
from prunella.storage.approvals import SqliteApprovals
from prunella.wiring.records import open_records
from prunella.wiring.settings import Settings
from prunella.workers.paging import as_told

_INDENT = 2


def show_approvals(*, json: bool) -> Exit:
    """All that wait, the oldest first."""
    with open_records(Settings.from_environment()) as book:
        waiting = asyncio.run(SqliteApprovals(book.runs.connection, SystemClock()).waiting())
        records = {record.id: record for record in asyncio.run(book.runs.list())} if waiting else {}
    if json:
        for question in waiting:
            print(json_format.dumps(as_told(question) | {"services": records[question.run].services}))
    elif not waiting:
        print("No question waits for an answer.")
    else:
        _print(Screen(), waiting, records)
    return Exit.DONE


def _print(screen: Screen, waiting: Sequence[Question], records: Mapping[str, RunRecord]) -> None:
    many = "1 question waits" if len(waiting) == 1 else f"{len(waiting)} questions wait"
    screen.say(f"[bold]{many} for an answer.[/] Without one, nothing is changed.")
    for question in waiting:
        _print_question(screen, question, records[question.run])


def _print_question(screen: Screen, question: Question, record: RunRecord) -> None:
    now, request = time.time(), question.request
    ends = "it does not expire" if request.expires is None else f"a no in {lasting(request.expires - now)}"
    heading = f"{who(record)} · asked {lasting(now - request.asked)} ago · {ends}"
    (heading,) = screen.fit(heading, len(record.id) + 2)
    screen.say(f"\n[bold yellow]{escape(record.id)}[/]  {escape(heading)}")
    for number, step in enumerate(request.plan.steps, 1):
        _line(screen, f"{number}. {step_text(step.model_dump())}", record.fleet)
    for reason in dict.fromkeys(r.reason for r in (*request.rulings, *request.concerns) if _asks(r.permission)):
        _line(screen, f"asks: {reason}", record.fleet, style="yellow")
    screen.say(f"  [dim]prunella approve {escape(record.id)} --show[/]")


def _asks(permission: Permission) -> bool:
    return permission is Permission.ASK


def _line(screen: Screen, text: str, fleet: str, style: str = "default") -> None:
    for line in screen.fit(shorten(text, fleet), _INDENT, 2):
        screen.say(f"{' ' * _INDENT}[{style}]{escape(line)}[/]")
