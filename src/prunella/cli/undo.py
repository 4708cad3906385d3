"""`prunella undo`: put back what a run did; never cut short, and never over what somebody changed since."""

import asyncio
import sys
import time
from pathlib import Path

from prunella.agents.approvers import Nobody
from prunella.cli.exits import Exit, exit_of
from prunella.cli.screen import Screen, note
from prunella.cli.signals import heard
from prunella.cli.timeline import Timeline
from prunella.domain.ruling import Autonomy
from prunella.domain.run import RunRecord, Verdict
from prunella.domain.service import BrainsSpec
from prunella.errors import Misuse
from prunella.fleet.file import load_fleet
from prunella.protocols import Sink
from prunella.telemetry.json_lines import JsonLines
from prunella.wiring.heal import Heal, heal_context
from prunella.wiring.settings import Settings
from prunella.wiring.workshop import Workshop, open_workshop
from prunella.workers.worker import Worker

_DONE = "Undone; everything is as the run had found it."


def undo_run(run: str, *, json: bool) -> Exit:
    """Exit 0 when all that the run did is put back, 5 when something stood in the way."""
    ended = asyncio.run(_undo(run, json=json))
    is_frozen = ended is not None and ended.verdict is Verdict.FROZEN
    return exit_of(Verdict.FROZEN) if is_frozen else Exit.DONE


async def _undo(run: str, *, json: bool) -> RunRecord | None:
    """The run's new record; None when there was nothing to put back."""
    with heard(lambda: note("An undo is not cut short; it ends in a moment.")):
        return await _put_back(run, json=json)


async def _put_back(run: str, *, json: bool) -> RunRecord | None:
    async with open_workshop(Settings.from_environment()) as workshop:
        record = await workshop.runs.get(run)
        if record.verdict is not None and not await _has_left_something(record, workshop):
            note(f"Run {record.id} left nothing behind; there is nothing to put back.")
            return None
        heal = _as_it_was(record)
        record = await workshop.runs.seize(record.id)
        screen = Screen(quiet=json)
        title = f"taking back {', '.join(record.services)}"
        sink: Sink = JsonLines(sys.stdout) if json else Timeline(record, screen, title=title, began=time.time())
        try:
            worker = Worker(workshop.loop, workshop.runs, heal.approver or Nobody())
            return await worker.withdraw(record, heal_context(heal, record, workshop, [sink]), _DONE)
        finally:
            screen.idle()


async def _has_left_something(record: RunRecord, workshop: Workshop) -> bool:
    return any(entry.may_have_applied for entry in await workshop.journal.entries(record.id))


def _as_it_was(record: RunRecord) -> Heal:
    """What the run worked on, from its fleet file as that is today. Raises Misuse when it cannot be read."""
    if not record.fleet:
        raise Misuse(f"Run {record.id} was an agent's own; its tools are not known here. Undo it where it ran.")
    return Heal(
        fleet=load_fleet(Path(record.fleet)), goal=record.goal, services=record.services, brains=BrainsSpec(),
        autonomy=Autonomy.AUTO, approver=Nobody(),
    )  # fmt: skip
