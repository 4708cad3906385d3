"""`prunella heal`: from words on a command line to a verdict."""

import asyncio
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from prunella.agents.approvers import Always, Nobody
from prunella.cli.approver import TerminalApprover
from prunella.cli.exits import Exit, exit_of
from prunella.cli.timeline import Timeline, note
from prunella.domain.ruling import Autonomy
from prunella.domain.run import RunRecord
from prunella.domain.service import Fleet
from prunella.errors import Busy, Misuse
from prunella.fleet.file import find_fleet, load_fleet
from prunella.fleet.naming import services_in
from prunella.nearest import nearest
from prunella.policy.autonomy import autonomy_for
from prunella.protocols import Approver, Sink
from prunella.storage.runs import Orphaned
from prunella.telemetry.json_lines import JsonLines
from prunella.wiring.heal import Heal, carry_out
from prunella.wiring.settings import Settings
from prunella.wiring.workshop import Workshop, open_workshop

_GOAL = "Check {} and fix any issues."
_POLL_S = 0.3


@dataclass(frozen=True)
class Wanted:
    """What stood on the command line."""

    goal: str = ""
    fleet: Path | None = None
    services: tuple[str, ...] = ()
    brains: tuple[str, ...] = ()
    dry_run: bool = False
    ask: bool = False
    yes: bool = False
    wait: bool = False
    json: bool = False


def heal_fleet(wanted: Wanted) -> Exit:
    """Check the input whole, then heal. Ctrl-C puts everything back first."""
    fleet = load_fleet(wanted.fleet.resolve() if wanted.fleet else find_fleet(Path.cwd()))
    heal = _heal(wanted, fleet)
    return asyncio.run(_until_interrupted(heal, wanted))


async def heal_now(wanted: Wanted, settings: Settings) -> RunRecord:
    """The same from within a running loop, with the state kept where `settings` say."""
    if wanted.fleet is None:
        raise Misuse("Name the fleet file.")
    return await _work(_heal(wanted, load_fleet(wanted.fleet)), wanted, settings)


def _heal(wanted: Wanted, fleet: Fleet) -> Heal:
    interactive = sys.stdin.isatty() and sys.stdout.isatty() and not wanted.json
    autonomy = autonomy_for(fleet.policy, yes=wanted.yes, ask=wanted.ask, interactive=interactive)
    services = _services(wanted, fleet)
    return Heal(
        fleet=fleet,
        goal=wanted.goal or _GOAL.format(", ".join(services)),
        services=services,
        brains=wanted.brains or fleet.ladder,
        autonomy=Autonomy.ASK if wanted.dry_run else autonomy,
        approver=_approver(wanted, interactive=interactive),
    )


def _services(wanted: Wanted, fleet: Fleet) -> tuple[str, ...]:
    known = tuple(fleet.services)
    for name in wanted.services:
        if name not in known:
            likely = ", ".join(nearest(name, known)) or "one of the known"
            raise Misuse(f'There is no service "{name}". Did you mean {likely}? Known: {", ".join(known)}.')
    return wanted.services or services_in(wanted.goal, fleet)


def _approver(wanted: Wanted, *, interactive: bool) -> Approver:
    if wanted.dry_run:
        return Nobody("this is a dry run, and nothing was touched")
    if wanted.yes:
        return Always("--yes")
    return TerminalApprover() if interactive else Nobody("no terminal is there to ask in; give --yes to allow it")


async def _until_interrupted(heal: Heal, wanted: Wanted) -> Exit:
    """SIGINT and SIGTERM cancel the work, which puts everything back; a second one does not cut that short."""
    task = asyncio.ensure_future(_work(heal, wanted, Settings.from_environment()))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        ended = await task
    except asyncio.CancelledError:
        return Exit.INTERRUPTED
    if ended.verdict is None:
        raise AssertionError(f"Run {ended.id} ended without a verdict.")
    return exit_of(ended.verdict)


async def _work(heal: Heal, wanted: Wanted, settings: Settings) -> RunRecord:
    async with open_workshop(settings) as workshop:
        record = await _claim(heal, workshop, wait=wanted.wait)
        sink: Sink = JsonLines(sys.stdout) if wanted.json else Timeline(record)
        try:
            return await carry_out(heal, record, workshop, [sink])
        finally:
            if isinstance(sink, Timeline):
                sink.close()


async def _claim(heal: Heal, workshop: Workshop, *, wait: bool) -> RunRecord:
    """A run of our own, or the one that a crash left behind in the middle: it is brought to its end first."""
    told = False
    while True:
        try:
            return await workshop.runs.open(heal.record(workshop))
        except Orphaned as orphaned:
            note(f"Run {orphaned.run} was cut short (its process is gone); going on with it.")
            return await workshop.runs.seize(orphaned.run)
        except Busy as busy:
            if not wait:
                raise
            if not told:
                note(f"{busy.service} is held by run {busy.run}; waiting.")
            told = True
            await workshop.clock.sleep(_POLL_S)
