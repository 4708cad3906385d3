"""A heal at work: it takes its services, shows what happens, and ends with a verdict whatever comes."""

import asyncio
import sys
import time
from collections.abc import Coroutine
from contextlib import ExitStack
from dataclasses import replace

from prunella.cli.exits import Exit, exit_of
from prunella.cli.heal import Order
from prunella.cli.screen import Screen, note
from prunella.cli.signals import heard
from prunella.cli.timeline import Timeline
from prunella.cli.waiting import Wait, announced
from prunella.domain.run import RunRecord, Verdict
from prunella.errors import Busy, PrunellaError
from prunella.protocols import Sink
from prunella.storage.runs import Orphaned
from prunella.telemetry.json_lines import JsonLines
from prunella.wiring.heal import Heal, carry_out
from prunella.wiring.settings import Settings
from prunella.wiring.workshop import Workshop, open_workshop

_POLL_S = 0.3


def run_to_the_end(order: Order, settings: Settings) -> Exit:
    """SIGINT, SIGTERM and SIGHUP end the work, which puts everything back; a second one does not cut that short."""
    return asyncio.run(_interruptible(work(order, settings)))


async def work(order: Order, settings: Settings) -> RunRecord:
    """The run with its verdict; cancelled, it is put back first and CancelledError goes on, unless that failed."""
    screen = Screen(quiet=order.wanted.json)
    async with open_workshop(settings) as workshop:
        heal = Heal(
            fleet=order.fleet, goal=order.goal, services=order.services, brains=order.brains,
            autonomy=order.autonomy, approver=order.approver(screen),
        )  # fmt: skip
        while True:
            record = await _claim(heal, workshop, wait=order.wanted.wait)
            ended = await _watched(order, replace(heal, goal=record.goal), record, workshop, screen)
            if set(order.services) <= set(record.services):
                return ended


async def _watched(order: Order, heal: Heal, record: RunRecord, workshop: Workshop, screen: Screen) -> RunRecord:
    """What an error ended was put back and has its verdict, or it is left to whoever took the run."""
    wanted = order.wanted
    sink: Sink = JsonLines(sys.stdout) if wanted.json else Timeline(record, screen, is_dry=wanted.dry_run)
    try:
        return await carry_out(heal, record, workshop, [sink])
    except asyncio.CancelledError:
        ended = await workshop.runs.get(record.id)
        if ended.verdict is Verdict.FROZEN:
            return ended
        raise
    except PrunellaError:
        ended = await workshop.runs.get(record.id)
        if ended.verdict is None:
            raise
        return ended
    finally:
        screen.idle()


async def _interruptible(job: Coroutine[None, None, RunRecord]) -> Exit:
    task = asyncio.ensure_future(job)
    with heard(task.cancel):
        try:
            ended = await task
        except asyncio.CancelledError:
            return Exit.INTERRUPTED
    if ended.verdict is None:
        raise AssertionError(f"Run {ended.id} ended without a verdict.")
    return exit_of(ended.verdict)


async def _claim(heal: Heal, workshop: Workshop, *, wait: bool) -> RunRecord:
    """A run that holds its services; `wait` until they are free."""
    with ExitStack() as notes:
        held_by = ""
        while True:
            try:
                return await _open(heal, workshop)
            except Busy as busy:
                if not wait:
                    raise
                if busy.run != held_by:
                    notes.close()
                    notes.enter_context(announced(workshop.home, Wait(heal.goal, busy.service, busy.run, time.time())))
                    note(f"{busy.service} is held by run {busy.run}; waiting.")
                held_by = busy.run
                await workshop.clock.sleep(_POLL_S)


async def _open(heal: Heal, workshop: Workshop) -> RunRecord:
    """A run of our own, or the one that a crash left behind in the middle: it is brought to its end first."""
    try:
        return await workshop.runs.open(heal.record(workshop))
    except Orphaned as orphaned:
        record = await workshop.runs.seize(orphaned.run)
        note(f"Run {orphaned.run} was cut short (its process is gone); going on with it.")
        return record
