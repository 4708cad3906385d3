"""A heal at work: it takes its services, shows what happens, and ends with a verdict whatever comes."""

import asyncio
import sys
import time
from collections.abc import Coroutine
from contextlib import ExitStack
from dataclasses import replace

from rich.markup import escape

from prunella.agents.approvers import Nobody
from prunella.cli.approver import how_to_answer
from prunella.cli.exits import Exit, exit_of
from prunella.cli.heal import Order
from prunella.cli.screen import Screen, note
from prunella.cli.signals import heard
from prunella.cli.timeline import Timeline
from prunella.cli.waiting import Wait, announced
from prunella.domain.run import RunRecord, Verdict
from prunella.errors import Busy, Parked, Paused, PrunellaError
from prunella.policy.autonomy import autonomy_for
from prunella.protocols import Approver, Sink
from prunella.redaction.redactor import Redactor
from prunella.storage.runs import Orphaned
from prunella.telemetry.json_lines import JsonLines
from prunella.wiring.heal import Heal, carry_out
from prunella.wiring.settings import Settings
from prunella.wiring.workshop import Workshop, open_workshop
from prunella.workers.paging import page
from prunella.workers.pausing import refuse_while_paused

_POLL_S = 0.3


def run_to_the_end(order: Order, settings: Settings) -> Exit:
    """SIGINT, SIGTERM and SIGHUP end the work, which puts everything back; a second one does not cut that short."""
    return asyncio.run(_interruptible(work(order, settings)))


def go_on(order: Order, run: str, settings: Settings) -> Exit:
    """The same for a run that stands still, by what it was wanted for."""
    return asyncio.run(_interruptible(_go_on(order, run, settings)))


async def work(order: Order, settings: Settings, *, parks: bool = True) -> RunRecord:
    """The run with its verdict; cancelled, it is put back first and CancelledError goes on, unless that failed.

    Raises Paused at once while agents are paused (with `wait`: stands still until they go on), and Parked when nobody
    is here to answer a question; without `parks` that is a no.
    """
    screen = Screen(quiet=order.wanted.json)
    async with open_workshop(settings) as workshop:
        await _let_go_on(workshop, wait=order.wanted.wait)
        while True:
            record = await _claim(order, workshop)
            wanted = _as_wanted_by_both(order, record)
            inner = wanted.approver(screen) or (None if parks else Nobody("nobody is here to be asked"))
            ended = await _watched(wanted, inner, record, workshop, screen)
            if set(order.services) <= set(record.services):
                return ended


def _as_wanted_by_both(order: Order, record: RunRecord) -> Order:
    """A run that is gone on with is handed over no further than it was when it began."""
    if record.mandate == order.mandate:
        return order
    ask = order.wanted.ask or record.mandate.ask
    yes = order.wanted.yes and record.mandate.yes and not ask
    autonomy = autonomy_for(order.fleet.policy, yes=yes, ask=ask, interactive=order.wanted.is_interactive)
    return replace(order, wanted=replace(order.wanted, yes=yes, ask=ask), autonomy=autonomy)


async def _go_on(order: Order, run: str, settings: Settings) -> RunRecord:
    screen = Screen(quiet=order.wanted.json)
    async with open_workshop(settings) as workshop:
        refuse_while_paused(workshop.pause)
        record = await workshop.runs.seize(run)
        return await _watched(order, order.approver(screen), record, workshop, screen)


async def _watched(
    order: Order, inner: Approver | None, record: RunRecord, workshop: Workshop, screen: Screen
) -> RunRecord:
    """What an error ended was put back and has its verdict, or it is left to whoever took the run."""
    wanted = order.wanted
    began = time.time() if workshop.clock.now() - record.started > _POLL_S else None
    sink: Sink = JsonLines(sys.stdout) if wanted.json else Timeline(record, screen, began=began, is_dry=wanted.dry_run)
    try:
        heal = replace(_heal(order, inner), goal=record.goal)
        return await carry_out(heal, record, workshop, [sink])
    except Parked as parked:
        screen.idle()
        await _tell_of(parked, order, workshop, screen, sink)
        raise
    except asyncio.CancelledError:
        ended = await workshop.runs.get(record.id)
        if ended.verdict in {Verdict.FROZEN, Verdict.ACHIEVED}:  # on probation the verdict stands
            return ended
        raise
    except PrunellaError:
        ended = await workshop.runs.get(record.id)
        if ended.verdict is None:
            raise
        return ended
    finally:
        screen.idle()


def _heal(order: Order, approver: Approver | None) -> Heal:
    return Heal(
        fleet=order.fleet, goal=order.goal, services=order.services, brains=order.brains,
        autonomy=order.autonomy, approver=approver, is_dry=order.wanted.dry_run,
        is_attended=approver is not None and not isinstance(approver, Nobody),
    )  # fmt: skip


async def _tell_of(parked: Parked, order: Order, workshop: Workshop, screen: Screen, sink: Sink) -> None:
    """Show how to answer, and run the operator's command. A cancellation only cuts that short: the run is parked."""
    asked = await workshop.approvals.of(parked.run)
    question = next(each for each in asked if each.id == parked.question)
    screen.say("\n[bold yellow]… waiting for approval[/]")
    for label, text in how_to_answer(question, workshop.clock.now()):
        screen.say(f"  [dim]{label:<10}[/] {escape(text)}")
    command = order.fleet.policy.approval_command
    if not command:
        return
    emit = workshop.emitter(parked.run, Redactor(), [sink]).emit
    try:
        await page(command, order.fleet.folder, question, emit)
    except asyncio.CancelledError as error:
        raise parked from error


async def _interruptible(job: Coroutine[None, None, RunRecord]) -> Exit:
    task = asyncio.ensure_future(job)
    with heard(task.cancel):
        try:
            ended = await task
        except asyncio.CancelledError:
            return Exit.INTERRUPTED
        except Parked:
            return Exit.WAITING
        except Paused as paused:
            note(str(paused))
            return Exit.PAUSED
    if ended.verdict is None:
        raise AssertionError(f"Run {ended.id} ended without a verdict.")
    return exit_of(ended.verdict)


async def _let_go_on(workshop: Workshop, *, wait: bool) -> None:
    """Back when no agent is paused. Raises Paused where that is not waited for."""
    switch = workshop.pause
    if not wait:
        refuse_while_paused(switch)
    pause = switch.pause()
    if pause is not None:
        note(f"All agents are {pause}; waiting for `prunella resume`.")
    while switch.pause() is not None:
        await workshop.clock.sleep(_POLL_S)


async def _claim(order: Order, workshop: Workshop) -> RunRecord:
    """A run that holds its services; with `wait`, as soon as they are free."""
    with ExitStack() as notes:
        held_by = ""
        while True:
            try:
                return await _open(order, workshop)
            except Busy as busy:
                if not order.wanted.wait:
                    raise
                if busy.run != held_by:
                    notes.close()
                    notes.enter_context(announced(workshop.home, Wait(order.goal, busy.service, busy.run, time.time())))
                    note(f"{busy.service} is held by run {busy.run}; waiting.")
                held_by = busy.run
                await workshop.clock.sleep(_POLL_S)


async def _open(order: Order, workshop: Workshop) -> RunRecord:
    """A run of our own, or the one that was left in the middle, or has its answer: it is brought to its end first.

    A dry run leaves that one alone: to go on with it would touch the world.
    """
    record = _heal(order, Nobody()).record(workshop).model_copy(update={"mandate": order.mandate})
    try:
        return await workshop.runs.open(record)
    except Orphaned as orphaned:
        if order.wanted.dry_run:
            raise
        taken = await workshop.runs.seize(orphaned.run)
        why = "was cut short (its process is gone)" if orphaned.holder else "has the answer that it waited for"
        note(f"Run {orphaned.run} {why}; going on with it.")
        return taken
