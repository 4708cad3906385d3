"""`prunella audit`: is the journal still what was written, and who allowed what, when."""

import asyncio
import json as json_format
import time
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from rich.markup import escape

from prunella.cli.exits import Exit
from prunella.cli.look import shorten, step_text, who
from prunella.cli.screen import Screen
from prunella.clock import SystemClock
from prunella.domain.frozen import JsonValue
from prunella.domain.journal import Entry
from prunella.domain.run import Event, EventKind, RunRecord
from prunella.fleet.keys import sealer_of
from prunella.redaction.redactor import Redactor
from prunella.sealing import Sealer
from prunella.storage.audit import Audit, audit_journal
from prunella.storage.database import connect
from prunella.storage.events import read_events
from prunella.storage.folder import open_folder
from prunella.storage.journal import Leave, SqliteJournal
from prunella.storage.runs import SqliteRuns
from prunella.wiring.settings import Settings


def verify_journal(expect: str, *, json: bool) -> Exit:
    """Exit 0 when every line is as it was written, 1 when one is not; `expect` is a hash put down earlier, or ""."""
    home, sealer = _opened()
    with closing(connect(home / "state.db")) as connection:
        audit = audit_journal(connection, sealer, expect)
    if json:
        print(json_format.dumps(asdict(audit) | {"ok": not audit.faults}))
    else:
        _tell(audit, Screen())
    return Exit.FAILED if audit.faults else Exit.DONE


def show_audit(run: str, *, json: bool) -> Exit:
    """What one run, or with "" every run, changed: when, with whose leave, and what came of it."""
    home, sealer = _opened()
    with closing(connect(home / "state.db")) as connection:
        lines = asyncio.run(_lines(home, run, SqliteRuns(connection), SqliteJournal(connection, SystemClock(), sealer)))
    if json:
        for line in lines:
            print(json_format.dumps(line))
    elif lines:
        _print(lines, Screen())
    else:
        print("Nothing was changed.")
    return Exit.DONE


def _opened() -> tuple[Path, Sealer | None]:
    settings = Settings.from_environment()
    return open_folder(settings.home), asyncio.run(sealer_of(settings.environ))


def _tell(audit: Audit, screen: Screen) -> None:
    for fault in audit.faults:
        screen.say(f"[red]✖[/] {fault.kind:<10} {escape(fault.message)}")
    if not audit.lines and not audit.faults:
        screen.say("[green]✔[/] The journal is empty.")
        return
    if not audit.faults:
        screen.say(f"[green]✔[/] All {audit.lines} lines of the journal are as they were written.")
    plain = audit.lines - audit.keyed
    if plain:
        proved = "Without a key" if not audit.keyed else f"{plain} lines were written without a key, and for those"
        screen.say(f"[dim]{proved} anybody who may write to the state folder could have written all of it anew.[/]")
    screen.say(f"The last line is {audit.lines}, its hash [bold]{audit.hash}[/]")
    screen.say("[dim]Put that down elsewhere; later, --expect HASH shows whether this history is still the same.[/]")


async def _lines(home: Path, wanted: str, runs: SqliteRuns, journal: SqliteJournal) -> list[dict[str, JsonValue]]:
    """Oldest first, redacted."""
    records = [await runs.get(wanted)] if wanted else (await runs.list())[::-1]
    redactor = Redactor()
    lines: list[dict[str, JsonValue]] = []
    for each in records:
        asked = await journal.leaves(each.id)
        ruled = _ruled(read_events(home, each.id))
        lines += [_line(each, e, asked.get(e.number), ruled.get(e.plan)) for e in await journal.entries(each.id)]
    redacted = [redactor.value(line) for line in lines]
    return [line for line in redacted if isinstance(line, dict)]


def _ruled(events: tuple[Event, ...]) -> dict[str, Event]:
    """By plan: the newest word on whether it may be carried out."""
    return {str(event.data.get("plan")): event for event in events if event.kind is EventKind.APPROVAL}


def _line(record: RunRecord, entry: Entry, leave: Leave | None, said: Event | None) -> dict[str, JsonValue]:
    """`chained`: who allowed it is part of the journal; else it is what the timeline says."""
    by = leave.by if leave else str(said.data.get("by", "") or "the rules") if said else ""
    return {
        "run": record.id,
        "fleet": record.fleet,
        "services": who(record),
        "entry": entry.number,
        "at": entry.at,
        "plan": entry.plan,
        "step": entry.step.model_dump(mode="json"),
        "difference": entry.prepared.difference,
        "outcome": entry.outcome.value,
        "by": by,
        "allowed": said.text if said else "",
        "allowed_at": leave.at if leave else said.at if said else None,
        "chained": leave is not None,
    }


def _print(lines: list[dict[str, JsonValue]], screen: Screen) -> None:
    shown = ""
    for line in lines:
        if line["run"] != shown:
            shown = str(line["run"])
            screen.say(f"[bold]run {shown}[/]  [dim]{escape(str(line['services']))}[/]")
        step, fleet = line["step"], str(line["fleet"])
        what = shorten(step_text(step), fleet) if isinstance(step, dict) else ""
        screen.say(f"  {_when(line['at'])}  {line['entry']}. {escape(what)}  [dim]{line['outcome']}[/]")
        by = f"{line['by']}, {_when(line['allowed_at'])}: {line['allowed']}" if line["by"] else "its timeline is gone"
        for text in screen.fit(f"allowed by {by}", 23, 3):
            screen.say(f"{' ' * 23}[dim]{escape(text)}[/]")


def _when(at: JsonValue) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at)) if isinstance(at, float | int) else ""
