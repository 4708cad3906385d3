"""Plays demos as a user would, each in a process of its own, without a known-good snapshot, and counts how they end."""

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import repeat
from pathlib import Path
from statistics import median
from typing import Any

import prunella
from bench.figures import Figure, print_figures, print_table, wilson
from prunella.demo.faults import FAULTS, random_fault

PRUNELLA = str(Path(sysconfig.get_path("scripts")) / "prunella")
_LONGEST_S = 240.0
_GRACE_S = 30.0


@dataclass(frozen=True)
class Demo:
    """One demo to play; `family` is the fault that it is a variant of."""

    name: str
    family: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Play:
    """How a demo ended. `verdict` "": it never got to one, and `problems` says what is known of that.

    `heal_s` is the time from the first event to the verdict, `wall_s` that of the whole process.
    """

    name: str
    family: str
    verdict: str
    problems: tuple[str, ...]
    wall_s: float
    heal_s: float | None = None

    @property
    def went_well(self) -> bool:
        return bool(self.verdict) and not self.problems

    @property
    def is_false_healed(self) -> bool:
        """It says healed, and the judge from outside disagrees in any point."""
        return self.verdict == "healed" and bool(self.problems)

    def __str__(self) -> str:
        return f"{self.name} ({self.family}) {self.verdict or 'no verdict'}: {'; '.join(self.problems) or 'well'}"


def seeded(first: int, count: int) -> list[Demo]:
    """Random variants of the repairable faults."""
    seeds = range(first, first + count)
    return [Demo(f"seed {n}", random_fault(n).description.split()[-1], ("--seed", str(n))) for n in seeds]


def named(seed: int) -> list[Demo]:
    """Every fault that the demo offers, by name."""
    return [Demo(fault.name, fault.name, ("--fault", fault.name, "--seed", str(seed))) for fault in FAULTS]


def sweep(demos: Sequence[Demo], jobs: int) -> list[Play]:
    """Play all demos, `jobs` at a time; progress and whatever did not go well are told on stderr as they happen.

    They run on a copy of the package: who edits it meanwhile does not change what is measured.
    """
    with tempfile.TemporaryDirectory(prefix="prunella-bench-") as copy, ThreadPoolExecutor(jobs) as pool:
        environ = _with_copy(Path(copy))
        plays: list[Play] = []
        for each in pool.map(play, demos, repeat(environ)):
            plays.append(each)
            if not each.went_well or len(plays) % 10 == 0:
                print(f"{len(plays)}/{len(demos)} {each}", file=sys.stderr, flush=True)
    return plays


def _with_copy(folder: Path) -> dict[str, str]:
    """The environment in which `import prunella` finds a copy in `folder`."""
    shutil.copytree(Path(prunella.__file__).parent, folder / "prunella", ignore=shutil.ignore_patterns("__pycache__"))
    before = os.environ.get("PYTHONPATH")
    return os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{before}" if before else str(folder)}


def play(demo: Demo, environ: Mapping[str, str] = os.environ) -> Play:
    """One demo in a process of its own; whatever happens to that process, there is an answer."""
    command = [PRUNELLA, "demo", *demo.arguments, "--json"]
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        try:
            process = subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=said, stderr=complained)
        except OSError as error:
            return Play(demo.name, demo.family, "", (f"could not be started: {error}",), 0.0)
        ended = _wait(process)
        wall_s = time.monotonic() - started
        said.seek(0)
        complained.seek(0)
        return read_play(demo, ended, said.read(), complained.read(), wall_s)


def _wait(process: "subprocess.Popen[bytes]") -> str:
    """How it ended, in words. One that takes too long is interrupted, so that it can end its shop, and killed later."""
    try:
        return f"exit code {process.wait(_LONGEST_S)}"
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return f"stopped after {_LONGEST_S:.0f} s"


def read_play(demo: Demo, ended: str, said: str, complained: str, wall_s: float) -> Play:
    """What the events of a demo, one JSON object a line, say of it; its last line is the judge's."""
    events = list(_objects(said.splitlines()))
    times = [event["at"] for event in events if "at" in event]
    heal_s = times[-1] - times[0] if times else None
    if not events or "problems" not in events[-1]:
        last_words = (complained.strip().splitlines() or ["it said nothing"])[-1]
        return Play(demo.name, demo.family, "", (ended, last_words), wall_s, heal_s)
    judged = events[-1]
    return Play(demo.name, demo.family, judged["verdict"], tuple(judged["problems"]), wall_s, heal_s)


def _objects(lines: Iterable[str]) -> Iterable[dict[str, Any]]:
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield value


def print_sweep(plays: Sequence[Play], aim: int, *, as_json: bool) -> bool:
    """The counts, the families and all that did not go well. True when the aims are met."""
    figures = _figures(plays, aim)
    if as_json:
        for each in plays:
            print(json.dumps(asdict(each)))
    print_figures(figures, as_json=as_json)
    if not as_json:
        print()
        print_table(("family", "well", "of", "median s", ""), [_family(name, plays) for name in _families(plays)])
        for each in plays:
            if not each.went_well:
                print(f"✘ {each}")
    return all(figure.is_met is not False for figure in figures)


def _figures(plays: Sequence[Play], aim: int) -> list[Figure]:
    well, ended = sum(each.went_well for each in plays), sum(bool(each.verdict) for each in plays)
    low, high = wilson(well, len(plays))
    interval = f"95 % interval {low:.0%} to {high:.0%}; {well} of {ended} that got to a verdict"
    heals = [each.heal_s for each in plays if each.heal_s is not None]
    return [
        Figure("ended as they should", well, f"of {len(plays)}", aim=aim, at_least=True, note=interval),
        Figure("healed, the judge disagrees", sum(each.is_false_healed for each in plays), aim=0),
        Figure("without a verdict", len(plays) - ended, note="counted as not well"),
        Figure("heal, median", median(heals) if heals else None, "s", note="first event to verdict"),
        Figure("demo, median", median(each.wall_s for each in plays), "s", note="with the shop's start and the judge"),
    ]


def _families(plays: Sequence[Play]) -> list[str]:
    return sorted({each.family for each in plays})


def _family(name: str, plays: Sequence[Play]) -> tuple[str, str, str, str, str]:
    members = [each for each in plays if each.family == name]
    well = sum(each.went_well for each in members)
    heals = [each.heal_s for each in members if each.heal_s is not None]
    return (
        name,
        str(well),
        str(len(members)),
        f"{median(heals):.1f}" if heals else "-",
        "" if well == len(members) else "✘",
    )
