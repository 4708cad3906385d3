"""A yard with services of `program.py`, and plans rehearsed on it."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prunella.domain.journal import Entry, Outcome
from prunella.domain.plan import Plan, Step
from prunella.domain.rehearsal import Rehearsed, Trial
from prunella.domain.service import Fleet
from prunella.domain.tool import Prepared
from prunella.protocols import Tool
from prunella.rehearsal.enclosure import Enclosure
from prunella.rehearsal.fleet import FleetRehearsal
from prunella.tools.packs.config import ConfigPack
from prunella.tools.packs.files import FilesPack
from prunella.world.fleet_world import FleetWorld
from tests.world.yard import Yard, call, carry_out, prepare

PROGRAM = Path(__file__).with_name("program.py")
ENCLOSED, COPYING = Enclosure(), Enclosure(())


@dataclass
class Stage:
    """One fleet; services live in folders of their own."""

    yard: Yard
    tables: list[str] = field(default_factory=list[str])
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    _fleet: Fleet | None = None

    def service(
        self, name: str, text: str, port: int = 0, *, file: str = "", check: bool = False, more: str = ""
    ) -> None:
        """`file` is from the fleet's folder. Without a port it has no supervisor."""
        file = file or f"{name}/app.env"
        path = self.yard.write(file, text)
        home = self.yard.folder / name
        home.mkdir(exist_ok=True)
        inner = str(path.relative_to(home)) if path.is_relative_to(home) else str(path)
        words = [sys.executable, "-S", "-E", str(PROGRAM), inner]
        table = f'[service.{name}]\nconfig = ["{file}"]\n{more}\n'
        table += f'supervisor = {{ kind = "process", command = {json.dumps(words)}, cwd = "{name}" }}\n'
        table += f"preflight = {json.dumps([*words, '--check'])}\n" if check else ""
        table += f'probes = [{{ http = "http://127.0.0.1:{port}/", timeout = "1s" }}]\n' if port else ""
        self.tables.append(table)

    def fleet(self) -> Fleet:
        self._fleet = self._fleet or self.yard.fleet(*self.tables)
        return self._fleet

    def world(self) -> FleetWorld:
        return self.yard.world(self.fleet())

    def rehearsal(self, *, enclosed: bool = True, limit_s: float = 20.0) -> FleetRehearsal:
        enclosure = ENCLOSED if enclosed else COPYING
        return FleetRehearsal(self.world(), self.tools_of, limit_s=limit_s, cause_limit_s=limit_s, enclosure=enclosure)

    def tools_of(self, world: FleetWorld) -> tuple[Tool, ...]:
        return (*ConfigPack(world, self.environ).tools(), *FilesPack(world).tools())

    async def rehearse(self, *steps: Step, enclosed: bool = True, limit_s: float = 20.0) -> Rehearsed:
        rehearsal = self.rehearsal(enclosed=enclosed, limit_s=limit_s)
        return await rehearsal.rehearse(plan_of(*steps), await self.prepared(*steps))

    async def prepared(self, *steps: Step) -> tuple[Prepared, ...]:
        """As the vetting has it: each step by itself, on the world as it is."""
        tools = self.yard.tools(self.world())
        return tuple([await prepare(tools, step) for step in steps])

    async def healed(self, *steps: Step) -> tuple[Entry, ...]:
        """Carries the steps out for real, with a journal's entry of each."""
        tools = self.yard.tools(self.world())
        done = [(step, await carry_out(tools, step)) for step in steps]
        return tuple(
            Entry(run="r", number=n, token=1, plan="p", step=step, prepared=prepared, outcome=Outcome.APPLIED, at=0.0)
            for n, (step, prepared) in enumerate(done, start=1)
        )


def plan_of(*steps: Step) -> Plan:
    return Plan(cause="a test", steps=steps)


def put(file: str, key: str, value: str) -> Step:
    return call("config.set", file=file, key=key, value=value)


def trial(rehearsed: Rehearsed, part: str) -> Trial:
    """The one trial whose name has this part."""
    (found,) = [each for each in rehearsed.trials if part in each.name]
    return found


def picture(folder: Path) -> dict[str, tuple[int, int, str | bytes]]:
    """Every file below, but for our own state: mode, time and content."""
    found: dict[str, tuple[int, int, str | bytes]] = {}
    for path in sorted(folder.rglob("*")):
        if ".state" in path.parts or path.is_dir():
            continue
        facts = path.lstat()
        found[str(path)] = (
            facts.st_mode,
            facts.st_mtime_ns,
            str(path.readlink()) if path.is_symlink() else path.read_bytes(),
        )
    return found
