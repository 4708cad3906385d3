"""`python -m bench`: the figures; `python -m bench demo`: the sweep."""

import argparse
import asyncio
import math
import os
import sys
import tempfile
from pathlib import Path

from bench.commands import measure_heal, measure_start
from bench.effect import measure_effect
from bench.figures import Figure, print_figures
from bench.superstep import measure_superstep
from bench.sweep import named, print_sweep, seeded, sweep

_SHARE = 0.8


def main() -> int:
    """The exit code: 1 when the sweep misses an aim; timings only tell."""
    given = _parser().parse_args()
    if given.what == "demo":
        demos = named(given.first) if given.faults else seeded(given.first, given.seeds)
        aim = len(demos) if given.faults else math.ceil(_SHARE * len(demos))
        return 0 if print_sweep(sweep(demos, given.jobs), aim, as_json=given.json) else 1
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(f"load {load:.1f} on {cores} cores: timings of a busy machine say little", file=sys.stderr)
    print_figures(asyncio.run(_figures()), as_json=given.json)
    return 0


async def _figures() -> list[Figure]:
    """All of them, on the disk of the temporary folder (TMPDIR)."""
    with tempfile.TemporaryDirectory(prefix="prunella-bench-") as temporary:
        folder = Path(temporary)
        return [
            *await measure_superstep(folder),
            *await measure_effect(folder),
            *await asyncio.to_thread(measure_start),
            *await measure_heal(folder),
        ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what Prunella promises.")
    parser.add_argument("what", nargs="?", choices=("figures", "demo"), default="figures")
    parser.add_argument("--seeds", type=int, default=100, help="demo: how many random variants")
    parser.add_argument("--first", type=int, default=0, help="demo: the first seed")
    parser.add_argument("--faults", action="store_true", help="demo: every named fault instead")
    parser.add_argument("--jobs", type=int, default=2, help="demo: how many at a time")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


if __name__ == "__main__":
    sys.exit(main())
