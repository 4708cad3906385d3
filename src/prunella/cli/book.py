"""`status`, `explain` and `undo`: what the book of runs and the journal tell."""

import asyncio
import json as json_format
import time
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from prunella.agents.approvers import Nobody
from prunella.cli.exits import Exit, exit_of
from prunella.cli.look import VERDICTS, seconds, show_difference
from prunella.domain.journal import Entry
from prunella.domain.ruling import Autonomy
from prunella.domain.run import Event, EventKind, RunRecord
from prunella.errors import Misuse
from prunella.fleet.file import load_fleet
from prunella.storage.events import read_events
from prunella.storage.holder import is_alive
from prunella.wiring.heal import Heal, heal_context
from prunella.wiring.settings import Settings
from prunella.wiring.workshop import open_workshop
from prunella.workers.worker import Worker

_WORDS = {
    EventKind.READING: "probe", EventKind.EVIDENCE: "seen", EventKind.SUSPICION: "suspect", EventKind.PLAN: "plan",
    EventKind.LOOKUP: "look up", EventKind.REJECTED: "rejected", EventKind.APPROVAL: "approval",
    EventKind.INTENT: "do", EventKind.ACTION: "came of", EventKind.JUDGED: "judge", EventKind.PROGRESS: "progress",
    EventKind.UNDO: "undo", EventKind.REFLECTION: "reflect", EventKind.VERDICT: "verdict",
}  # fmt: skip


def show_status(*, json: bool) -> Exit:
    """All runs, newest first."""
    records = asyncio.run(_records())
    if json:
        for record in records:
            print(json_format.dumps(record.model_dump(mode="json")))
        return Exit.DONE
    if not records:
        print("No runs yet. Start one with `prunella heal`, or watch `prunella demo`.")
        return Exit.DONE
    _print_runs(records)
    return Exit.DONE


async def _records() -> tuple[RunRecord, ...]:
    async with open_workshop(Settings.from_environment()) as workshop:
        return await workshop.runs.list()


def _print_runs(records: Iterable[RunRecord]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("run", "verdict", "services", "began", "took", "cause or state"):
        table.add_column(column, overflow="fold" if column == "cause or state" else "ellipsis")
    for record in records:
        style, _, word = VERDICTS[record.verdict] if record.verdict else ("cyan", "", _state(record))
        took = seconds(record.ended - record.started) if record.ended else seconds(time.time() - record.started)
        began = time.strftime("%m-%d %H:%M:%S", time.localtime(record.started))
        names = ", ".join(record.services)
        table.add_row(
            record.id, f"[{style}]{word}[/]", escape(names), began, took, escape(record.summary or record.goal)
        )
    Console(highlight=False).print(table)


def _state(record: RunRecord) -> str:
    return "at work" if is_alive(record.holder) else "cut short"


def explain_run(run: str, step: int | None, *, json: bool) -> Exit:
    """A run's whole timeline, or all that is known about one step."""
    record, events, entries = asyncio.run(_story(run))
    if json:
        for event in events:
            if step is None or event.data.get("entry") == step:
                print(json_format.dumps(event.model_dump(mode="json")))
        return Exit.DONE
    console = Console(highlight=False)
    if step is not None:
        _explain_step(console, _entry(entries, step, record), events)
        return Exit.DONE
    console.print(f"[bold]{escape(record.goal)}[/]  [dim]run {record.id}[/]")
    for event in events:
        if event.kind in _WORDS:
            _print_event(console, event, record.started)
    return Exit.DONE


async def _story(run: str) -> tuple[RunRecord, tuple[Event, ...], tuple[Entry, ...]]:
    async with open_workshop(Settings.from_environment()) as workshop:
        record = await workshop.runs.get(run)
        return record, read_events(workshop.home, record.id), await workshop.journal.entries(record.id)


def _entry(entries: tuple[Entry, ...], step: int, record: RunRecord) -> Entry:
    for entry in entries:
        if entry.number == step:
            return entry
    raise Misuse(f"Run {record.id} has no step {step}; it has {len(entries)}.")


def _print_event(console: Console, event: Event, started: float) -> None:
    word = _WORDS[event.kind]
    console.print(f"[dim]{event.at - started:6.1f} s[/]  {word:<9} {escape(event.text)}", soft_wrap=True)
    for reason in _texts(event, "because"):
        console.print(f"                    [dim]because {escape(reason)}[/]", soft_wrap=True)
    considered = event.data.get("considered")
    for other in considered if isinstance(considered, list) else []:
        if isinstance(other, dict):
            console.print(
                f"                    [dim]or {escape(str(other['plan']))}: {escape(str(other['why_not']))}[/]"
            )


def _texts(event: Event, key: str) -> list[str]:
    found = event.data.get(key)
    return [str(each) for each in found] if isinstance(found, list) else []


def _explain_step(console: Console, entry: Entry, events: tuple[Event, ...]) -> None:
    """Why this action: what was suspected and seen, what else was thought of, who allowed it, what came of it."""
    plan = next((e for e in events if e.kind is EventKind.PLAN and e.data.get("key") == entry.plan), None)
    console.print(f"[bold]step {entry.number}[/]  {escape(str(entry.step))}")
    console.print(f"  why        {escape(entry.step.why)}")
    if plan is not None:
        console.print(f"  suspected  {escape(str(plan.data.get('cause', '')))}")
        for reason in _texts(plan, "because"):
            console.print(f"  because    {escape(reason)}", soft_wrap=True)
        considered = plan.data.get("considered")
        for other in considered if isinstance(considered, list) else []:
            if isinstance(other, dict):
                console.print(f"  or         {escape(str(other['plan']))}: {escape(str(other['why_not']))}")
        console.print(f"  thought by {escape(str(plan.data.get('brain', '')))}")
    for allowed in _allowances(events, entry):
        console.print(f"  allowed by {escape(allowed)}", soft_wrap=True)
    show_difference(console, entry.prepared.difference)
    console.print(
        f"  came of it {entry.outcome.value}: {escape(str(entry.observation or 'nothing is known'))}", soft_wrap=True
    )


def _allowances(events: tuple[Event, ...], entry: Entry) -> list[str]:
    told = [e for e in events if e.kind is EventKind.APPROVAL and e.data.get("plan") == entry.plan]
    return list(dict.fromkeys(event.text for event in told))


def undo_run(run: str, *, json: bool) -> Exit:
    """Put back what a run did."""
    ended = asyncio.run(_undo(run))
    if json:
        print(json_format.dumps(ended.model_dump(mode="json")))
    else:
        style, sign, word = VERDICTS[ended.verdict] if ended.verdict else ("red", "", "?")
        Console(highlight=False).print(f"[{style}]{sign} {word}[/]  {escape(ended.summary)}")
    return exit_of(ended.verdict) if ended.verdict and exit_of(ended.verdict) is Exit.FROZEN else Exit.DONE


async def _undo(run: str) -> RunRecord:
    async with open_workshop(Settings.from_environment()) as workshop:
        record = await workshop.runs.get(run)
        if not record.fleet:
            raise Misuse(f"Run {record.id} was an agent's own; its tools are not known here. Undo it where it ran.")
        record = await workshop.runs.seize(record.id)
        worker = Worker(workshop.loop, workshop.runs, Nobody())
        context = heal_context(_as_it_was(record), record, workshop, [])
        return await worker.withdraw(record, context, "Undone; everything is as the run had found it.")


def _as_it_was(record: RunRecord) -> Heal:
    fleet = load_fleet(Path(record.fleet))
    return Heal(
        fleet=fleet, goal=record.goal, services=record.services, brains=("reflex",),
        autonomy=Autonomy.AUTO, approver=Nobody(),
    )  # fmt: skip
