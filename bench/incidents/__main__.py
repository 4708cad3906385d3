"""`python -m bench.incidents`: real faults on real servers, healed by who may, judged from outside."""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from bench.incidents.lists import contenders_named, incidents_named
from bench.incidents.playing import Game
from bench.incidents.report import print_outcomes, write_report
from bench.incidents.rounds import play_all
from bench.incidents.selftest import test_all

_CONDITIONS = ("none", "stale", "fresh")


def main() -> int:
    """The exit code: 1 when the self-test fails, or a run of ours claimed what is not so."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background leaves it ignored
    signal.signal(signal.SIGTERM, _interrupt)
    given = _parser().parse_args()
    incidents = incidents_named(given.only)
    if given.list:
        for incident in incidents:
            print(f"{incident.id:<8} {incident.family:<10} {incident.expected:<8} {incident.title}")
        return 0
    with tempfile.TemporaryDirectory(prefix="incidents-") as temporary:
        folder = given.keep.resolve() if given.keep else Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        if given.self_test:
            return asyncio.run(test_all(incidents, folder, given.jobs))
        outcomes = asyncio.run(play_all(_games(given, incidents), folder, given.jobs, given.sustain))
    print_outcomes(outcomes, as_json=given.json)
    if given.report:
        write_report(outcomes, given.report)
    return 1 if any(each.is_false_fix or each.weaknesses for each in outcomes if each.contender == "prunella") else 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Fleets are ended and taken away, as at Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)


def _games(given: argparse.Namespace, incidents: Sequence[object]) -> list[Game]:
    from bench.incidents.incident import Incident

    played = [each for each in incidents if isinstance(each, Incident)]
    if given.mutants:
        from bench.incidents.mutator import mutants

        played = list(mutants(given.mutants, given.seed))
    conditions = _CONDITIONS if given.condition == "all" else (given.condition,)
    makers = contenders_named(given.contender, given.model)
    return [Game(incident, condition, make) for condition in conditions for incident in played for make in makers]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.incidents", description=__doc__)
    parser.add_argument("--only", default="", metavar="IDS", help="such as NGX-01,PG or a family; all unless given")
    parser.add_argument("--condition", choices=(*_CONDITIONS, "all"), default="stale")
    parser.add_argument("--contender", default="prunella", metavar="NAMES", help="`all`, or names with commas")
    parser.add_argument("--model", default="", metavar="URL", help="of a server that rivals and we may ask")
    parser.add_argument("--jobs", type=int, default=2, help="fleets side by side")
    parser.add_argument("--self-test", action="store_true", help="every fault shows, and every reference repair passes")
    parser.add_argument(
        "--mutants", type=int, default=0, metavar="N", help="instead: so many random slips in the files"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sustain", type=float, default=0.0, metavar="S", help="judge again after so many seconds")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep fleets, states and outcomes in this folder")
    parser.add_argument("--report", type=Path, metavar="DIR", help="write report.md, report.html and report.json here")
    parser.add_argument("--list", action="store_true", help="only list the incidents")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
