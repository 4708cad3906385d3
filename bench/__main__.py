"""`python -m bench`: the figures; `python -m bench demo`: the sweep."""

import argparse
import math
import sys

from bench.sweep import named, print_sweep, seeded, sweep

_SHARE = 0.8


def main() -> int:
    """The exit code: 1 when the sweep misses an aim; timings only tell."""
    given = _parser().parse_args()
    if given.what == "demo":
        demos = named(given.first) if given.faults else seeded(given.first, given.seeds)
        aim = len(demos) if given.faults else math.ceil(_SHARE * len(demos))
        return 0 if print_sweep(sweep(demos, given.jobs), aim, as_json=given.json) else 1
    return 0


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
