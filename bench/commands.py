"""How long the command line lets people wait."""

import asyncio
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench.figures import Cost, Figure
from bench.sweep import PRUNELLA, Demo, play
from prunella.demo.faults import fault_named
from prunella.demo.stage import GOAL, staged

_FAULT = "wrong-port"
_TIMEOUT_S = 60.0
_STARTS = 9
_HEALS = 3


def measure_start() -> list[Figure]:
    """The three in turns, so that a busy machine slows all of them alike."""
    commands = {
        "prunella --help": ([PRUNELLA, "--help"], 300.0),
        "import prunella": ([sys.executable, "-c", "import prunella"], None),
        "python -c pass": ([sys.executable, "-c", "pass"], None),
    }
    rounds = [{name: _time(command) for name, (command, _) in commands.items()} for _ in range(_STARTS + 1)]
    return [_start(name, aim, [each[name] for each in rounds[1:]]) for name, (_, aim) in commands.items()]


def _start(name: str, aim: float | None, costs: Sequence[Cost]) -> Figure:
    cpu_ms = median(each.cpu_ms for each in costs)
    note = f"whole process, median of {len(costs)}; of it processor {cpu_ms:.0f} ms"
    return Figure(name, median(each.wall_ms for each in costs), "ms", aim=aim, note=note)


def _time(command: Sequence[str]) -> Cost:
    wall, cpu = time.perf_counter(), _cpu_s()
    subprocess.run(command, stdout=subprocess.DEVNULL, timeout=_TIMEOUT_S, check=True)
    return Cost((time.perf_counter() - wall) * 1000, (_cpu_s() - cpu) * 1000)


def _cpu_s() -> float:
    """What all children that have ended spent of the processor."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


async def measure_heal(folder: Path) -> list[Figure]:
    """The wrong port: `prunella heal` as its own process, and the whole demo around it."""
    heals_s = [await _time_heal(folder / f"heal-{number}") for number in range(_HEALS)]
    demo = play(Demo(_FAULT, _FAULT, ("--fault", _FAULT)))
    how = f"from command to verdict, whole process, median of {_HEALS}"
    return [
        Figure("heal of a wrong port", median(heals_s), "s", aim=5, note=how),
        Figure("the demo around it", demo.wall_s, "s", note=f"with the shop's start and the judge; {demo.verdict}"),
    ]


async def _time_heal(folder: Path) -> float:
    """Seconds; raises when it does not heal, as the judge from outside sees it."""
    fault = fault_named(_FAULT)
    assert fault is not None
    async with staged(fault, 0, folder / "shop") as stage:
        environ = os.environ | {"PRUNELLA_HOME": str(folder / "home")}
        command = [PRUNELLA, "heal", GOAL, "--fleet", str(stage.shop.folder / "prunella.toml"), "--json"]
        started = time.perf_counter()
        process = await asyncio.create_subprocess_exec(*command, env=environ, stdout=asyncio.subprocess.DEVNULL)
        await asyncio.wait_for(process.wait(), _TIMEOUT_S)
        spent_s = time.perf_counter() - started
        problems = stage.verdict_ok("healed" if process.returncode == 0 else f"exit code {process.returncode}")
        assert not problems, f"the wrong port was not healed: {problems}"
        return spent_s
