"""How long a heal waits for the rehearsal of its plan, and for its cause to be shown."""

import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.figures import Figure, print_figures
from prunella.configs.known_good import FileKnownGood
from prunella.demo.faults import fault_named
from prunella.demo.stage import Stage, staged
from prunella.domain.evidence import Observation
from prunella.domain.journal import Entry, Outcome
from prunella.domain.plan import Plan, Step
from prunella.domain.rehearsal import Certainty
from prunella.domain.tool import Prepared
from prunella.fleet.file import load_fleet
from prunella.protocols import Tool
from prunella.redaction.redactor import Redactor
from prunella.rehearsal.enclosure import Enclosure
from prunella.rehearsal.fleet import FleetRehearsal
from prunella.tools.packs.config import ConfigPack
from prunella.tools.toolbox import Tools
from prunella.world.fleet_world import FleetWorld

_FAULT = "wrong-port"
_ROUNDS = 5
_AIM_MS = 1000.0


async def measure_rehearsal(folder: Path, rounds: int = _ROUNDS) -> list[Figure]:
    """The demo's repair, each time with nothing remembered; the cause after its rehearsal, as a heal has it."""
    fault = fault_named(_FAULT)
    assert fault is not None
    async with staged(fault, 0, folder) as stage:
        fleet, good = load_fleet(stage.shop.folder / "prunella.toml"), FileKnownGood(folder / "good")
        world = FleetWorld(fleet, ("payments",), folder / "state", good, Redactor())
        step = _repair(stage)
        tools = Tools(ConfigPack(world, {}).tools())
        prepared = await _tool(tools, step).before(step.arguments)
        enclosure, costs = Enclosure(), list[tuple[float, float]]()
        for _ in range(rounds + 1):
            rehearsal = FleetRehearsal(world, lambda other: ConfigPack(other, {}).tools(), enclosure=enclosure)
            costs.append(await _time(rehearsal, tools, step, prepared))
    both = [first + second for first, second in costs[1:]]
    note = f"median of {rounds}, fault {_FAULT}"
    return [
        Figure("rehearsal of a plan", median(each[0] for each in costs[1:]), "ms", note=note),
        Figure("its cause, shown", median(each[1] for each in costs[1:]), "ms", note=note),
        Figure("both", median(both), "ms", aim=_AIM_MS, note=note),
    ]


async def _time(rehearsal: FleetRehearsal, tools: Tools, step: Step, prepared: Prepared) -> tuple[float, float]:
    """In milliseconds; the world is as before afterwards."""
    plan = Plan(cause="the bench", steps=(step,))
    begun = time.perf_counter()
    rehearsed = await rehearsal.rehearse(plan, (prepared,))
    middle = time.perf_counter()
    assert rehearsed.trials
    assert not rehearsed.failed, rehearsed
    assert (await tools.call(step)).ok
    entry = Entry(
        run="bench", number=1, token=1, plan=plan.key, step=step, prepared=prepared, outcome=Outcome.APPLIED, at=0.0
    )
    healed = time.perf_counter()
    shown = await rehearsal.show_cause((entry,))
    ended = time.perf_counter()
    assert shown.certainty is Certainty.DEMONSTRATED, shown
    await _tool(tools, step).undo(prepared.before)
    return (middle - begun) * 1000, (ended - healed) * 1000


def _repair(stage: Stage) -> Step:
    """What the fault changed, back: its line tells it as `FILE: NAME=RIGHT → NAME=WRONG`."""
    (said,) = stage.injection.said
    file, _, change = said.partition(": ")
    name, _, right = change.partition(" → ")[0].partition("=")
    return Step(tool="config.set", arguments={"file": file, "key": name, "value": right})


def _tool(tools: Tools, step: Step) -> Tool:
    tool = tools.find(step)
    assert not isinstance(tool, Observation), tool
    return tool


if __name__ == "__main__":
    import asyncio

    with TemporaryDirectory(prefix="prunella-bench-") as place:
        print_figures(asyncio.run(measure_rehearsal(Path(place).resolve())), as_json=False)
