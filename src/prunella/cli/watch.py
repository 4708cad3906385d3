"""`prunella watch`: look after a fleet until told to stop."""

import asyncio
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rich.markup import escape

from prunella.cli.exits import Exit
from prunella.cli.heal import Order, Wanted, check_ground, read_order
from prunella.cli.running import work
from prunella.cli.screen import Screen, note
from prunella.cli.signals import heard
from prunella.domain.report import Reading
from prunella.domain.run import Event, EventKind, RunRecord
from prunella.errors import PrunellaError
from prunella.storage.holder import is_alive
from prunella.telemetry.json_lines import JsonLines
from prunella.wiring.settings import Settings
from prunella.wiring.watch import watched_by, world_to_watch
from prunella.wiring.workshop import open_workshop
from prunella.workers.watch import Watch
from prunella.world.fleet_world import FleetWorld


def watch_fleet(wanted: Wanted, damping_s: float | None) -> Exit:
    """Until SIGINT, SIGTERM or SIGHUP; a heal that is at work then is put back first."""
    settings = Settings.from_environment()
    order = check_ground(read_order(wanted), settings)
    if damping_s is not None:
        spec = order.fleet.watch.model_copy(update={"damping_s": damping_s})
        order = replace(order, fleet=order.fleet.model_copy(update={"watch": spec}))
    return asyncio.run(_until_told(order, settings))


async def _until_told(order: Order, settings: Settings) -> Exit:
    task = asyncio.ensure_future(_watch(order, settings))
    with heard(task.cancel):
        try:
            await task
        except asyncio.CancelledError:
            return Exit.DONE
    raise AssertionError("a watch has no end of its own")


async def _watch(order: Order, settings: Settings) -> None:
    async with open_workshop(settings) as workshop:
        world = world_to_watch(order.fleet, order.services, workshop)
        left = [record for record in await workshop.runs.list() if _was_cut_short(record, order)]
        attendant = _Attendant(order, settings, world, Screen(quiet=order.wanted.json))
        watched = watched_by(world)
        attendant.say(f"Watching {', '.join(order.services)} through {len(watched)} probes; Ctrl-C ends it.")
        for record in left:
            await attendant.heal(tuple(name for name in record.services if name in order.fleet.services))
        await Watch(order.fleet, watched, attendant, workshop.clock).run()


def _was_cut_short(record: RunRecord, order: Order) -> bool:
    is_ours = record.fleet == str(order.fleet.path) and record.verdict is None and record.asks is None
    return is_ours and not is_alive(record.holder)


@dataclass
class _Attendant:
    """What a watch asks of the command line. Implements workers.watch.Healing."""

    order: Order
    settings: Settings
    world: FleetWorld
    screen: Screen
    _said: str = ""
    _red: set[str] = field(default_factory=set[str])

    async def heal(self, services: tuple[str, ...]) -> RunRecord | None:
        """Whatever keeps it from beginning, or from its end, is said once and no end of the watch."""
        self.screen.idle()
        try:
            ended = await work(replace(self.order, services=services), self.settings)
        except PrunellaError as error:
            if str(error) != self._said:
                note(str(error))
            self._said = str(error)
            return None
        _refuse_to_go_on()
        self._said = ""
        self._red -= {probe for probe in self._red if probe.partition(":")[0] in ended.services}
        self._show_state()
        return ended

    async def keep_good(self) -> None:
        """The picture of a good day, told so that an operator knows what is gone back to."""
        await self.world.remember_good()
        self.say("All is green: the configuration that runs is kept as known good.")

    async def survey(self) -> Mapping[str, str]:
        return await self.world.survey()

    def tell(self, reading: Reading) -> None:
        """A first green look is no news."""
        if reading.ok and reading.probe not in self._red:
            return
        (self._red.discard if reading.ok else self._red.add)(reading.probe)
        self.say(f"{reading.probe} — {reading.detail}", style="green" if reading.ok else "red", reading=reading)

    def say(self, text: str, *, style: str = "dim", reading: Reading | None = None) -> None:
        """One line with the time of day; as an event for programs."""
        if self.order.wanted.json:
            kind = EventKind.NOTE if reading is None else EventKind.READING
            data = {} if reading is None else reading.model_dump(mode="json")
            JsonLines(sys.stdout).emit(Event(run="", at=time.time(), kind=kind, node="watch", text=text, data=data))
            return
        sign = "" if reading is None else "✔ " if reading.ok else "✘ "
        (line,) = self.screen.fit(sign + text, 10)
        self.screen.say(f"[dim]{time.strftime('%H:%M:%S')}[/]  [{style}]{escape(line)}[/]")
        self._show_state()

    def _show_state(self) -> None:
        red = len(self._red)
        self.screen.busy(f"{red} probe{'' if red == 1 else 's'} red" if red else "all is green")


def _refuse_to_go_on() -> None:
    """A heal that was told to stop at its very end keeps its verdict; the watch around it stops all the same."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
