"""`prunella heal`: what stood on the command line, checked whole before anything heavy is loaded."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from prunella.cli.exits import Exit
from prunella.domain.ruling import Autonomy
from prunella.domain.run import Mandate, RunRecord
from prunella.domain.service import BrainsSpec, Fleet
from prunella.errors import Misuse
from prunella.fleet.file import find_fleet, load_fleet
from prunella.fleet.naming import services_in
from prunella.nearest import nearest
from prunella.policy.autonomy import autonomy_for
from prunella.wiring.records import open_records
from prunella.wiring.room import refuse_full_disk
from prunella.wiring.settings import Settings

if TYPE_CHECKING:
    from prunella.cli.screen import Screen
    from prunella.protocols import Approver

_GOAL = "Check {} and fix any issues."


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

    @property
    def is_interactive(self) -> bool:
        """Somebody is there to be asked."""
        return sys.stdin.isatty() and sys.stdout.isatty() and not self.json


@dataclass(frozen=True)
class Order:
    """The same, understood: a fleet, the services that are meant, and how much is handed over."""

    wanted: Wanted
    fleet: Fleet
    services: tuple[str, ...]
    autonomy: Autonomy
    mandate: Mandate = Mandate()

    @property
    def goal(self) -> str:
        return self.wanted.goal or _GOAL.format(", ".join(self.services))

    @property
    def brains(self) -> BrainsSpec:
        ladder = self.wanted.brains or self.fleet.brains.ladder
        return self.fleet.brains.model_copy(update={"ladder": ladder})

    def approver(self, screen: "Screen") -> "Approver | None":
        """Who says yes: the operator at the terminal, or `--yes`. None: nobody is here."""
        from prunella.agents.approvers import Always
        from prunella.cli.approver import DryApprover, TerminalApprover
        from prunella.telemetry.json_lines import JsonLines

        if self.wanted.dry_run:
            return DryApprover(screen, str(self.fleet.path), JsonLines(sys.stdout) if self.wanted.json else None)
        if self.wanted.yes:
            return Always("--yes")
        if self.wanted.is_interactive:
            return TerminalApprover(screen, str(self.fleet.path))
        return None


def heal_fleet(wanted: Wanted) -> Exit:
    """Check the input whole, then heal. Ctrl-C puts everything back first."""
    settings = Settings.from_environment()
    order = check_ground(read_order(wanted), settings)
    from prunella.cli.running import run_to_the_end

    return run_to_the_end(order, settings)


def check_ground(order: Order, settings: Settings) -> Order:
    """The order with the brains that can be had. Raises Misuse for a state folder that cannot be used, for a brain of
    the command line that lacks its package or key, and when none of the fleet file's is left.
    """
    refuse_full_disk(settings.home.expanduser().absolute())
    with open_records(settings):
        faults = {name: fault for name in order.brains.names if (fault := _fault_of(name, settings))}
    usable, asked_for = order.brains.without(faults), [faults[name] for name in order.wanted.brains if name in faults]
    if asked_for or not usable.ladder:
        raise (asked_for or list(faults.values()))[0]
    for name, fault in faults.items():
        print(f"Going on without the brain {name}: {fault}", file=sys.stderr)
    fleet = order.fleet.model_copy(update={"brains": usable})
    return replace(order, fleet=fleet, wanted=replace(order.wanted, brains=()))


def _fault_of(name: str, settings: Settings) -> Misuse | None:
    from prunella.wiring.brains import REFLEX, Study, as_brain

    try:
        if name != REFLEX:
            as_brain(name, Study(settings.environ))
    except Misuse as error:
        return error
    return None


async def heal_now(wanted: Wanted, settings: Settings) -> RunRecord:
    """The same from within a running loop, with the state kept where `settings` say; what asks is a no at once."""
    from prunella.cli.running import work

    return await work(check_ground(read_order(wanted), settings), settings, parks=False)


def read_order(wanted: Wanted) -> Order:
    """Reads the fleet file. Raises Misuse for anything that cannot be meant."""
    fleet = load_fleet(wanted.fleet.resolve() if wanted.fleet else find_fleet(Path.cwd()))
    autonomy = autonomy_for(fleet.policy, yes=wanted.yes, ask=wanted.ask, interactive=wanted.is_interactive)
    mandate = Mandate(ladder=wanted.brains, ask=wanted.ask, yes=wanted.yes, attended=wanted.is_interactive)
    return Order(wanted, fleet, _services(wanted, fleet), Autonomy.ASK if wanted.dry_run else autonomy, mandate)


def order_of(record: RunRecord, *, json: bool) -> Order:
    """What the run was wanted for, by its fleet file as that is today: what the file forbids by now stays forbidden.

    Raises Misuse for an agent's own run, and when the fleet file cannot be read any more.
    """
    if not record.fleet:
        raise Misuse(f"Run {record.id} was an agent's own; its tools are not known here. Answer it where it runs.")
    path, mandate = Path(record.fleet), record.mandate
    wanted = Wanted(
        goal=record.goal, fleet=path, services=record.services, brains=mandate.ladder, ask=mandate.ask,
        yes=mandate.yes, json=json,
    )  # fmt: skip
    fleet = load_fleet(path)
    autonomy = autonomy_for(fleet.policy, yes=mandate.yes, ask=mandate.ask, interactive=mandate.attended)
    return Order(wanted, fleet, tuple(name for name in record.services if name in fleet.services), autonomy, mandate)


def _services(wanted: Wanted, fleet: Fleet) -> tuple[str, ...]:
    known = tuple(fleet.services)
    for name in wanted.services:
        if name not in known:
            likely = " or ".join(nearest(name, known))
            guess = f" Did you mean {likely}?" if likely else ""
            raise Misuse(f'There is no service "{name}".{guess} Known: {", ".join(known)}.')
    return tuple(dict.fromkeys(wanted.services)) or services_in(wanted.goal, fleet)
