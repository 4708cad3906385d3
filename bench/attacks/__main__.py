"""`python -m bench.attacks`: attack a heal in many ways; `--fuzz N`: propose it N plans of the worst kind."""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.attacks.grammar import Attack, attacks, troubles
from bench.attacks.guards import GUARDS
from bench.attacks.play import BRAINS, Game
from bench.attacks.report import print_report
from bench.attacks.rounds import play_all


def main() -> int:
    """The exit code: 1 when an attacker won, or a plan broke a rule."""
    given = _parser().parse_args()
    if given.fuzz:
        from bench.attacks.breaches import print_breaches
        from bench.attacks.fuzz import fuzz_in_shares

        return 0 if print_breaches(fuzz_in_shares(given.fuzz, given.seed, given.jobs), as_json=given.json) else 1
    chosen = [each for each in attacks(given.runs, given.seed) if given.only in f"{each} "]
    brains = tuple(given.brains or BRAINS)
    without = tuple(given.without or ())
    games = list(_games(chosen, brains, without, in_peace=not given.no_peace))
    if given.keep:
        outcomes = play_all(games, given.jobs, given.keep.resolve(), keep=True)
    else:
        with tempfile.TemporaryDirectory(prefix="prunella-attacks-") as folder:
            outcomes = play_all(games, given.jobs, Path(folder), keep=False)
    return 0 if print_report(outcomes, as_json=given.json) else 1


def _games(
    chosen: Sequence[Attack], brains: Sequence[str], without: tuple[str, ...], *, in_peace: bool
) -> Iterator[Game]:
    if in_peace:
        yield from (Game(trouble, brain, None, without) for trouble in troubles(chosen) for brain in brains)
    yield from (Game(attack.trouble, brain, attack, without) for attack in chosen for brain in brains)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.attacks", description=__doc__)
    parser.add_argument("--runs", type=int, default=220, help="how many attacks; each is tried on every brain")
    parser.add_argument("--seed", type=int, default=0, help="of the attacks, or of the plans")
    parser.add_argument("--only", default="", help="only attacks whose line holds this text, such as '#12 ' or repoint")
    parser.add_argument(
        "--brain", dest="brains", action="append", choices=BRAINS, help="only this one; both unless given"
    )
    parser.add_argument("--without", action="append", choices=GUARDS, help="take a guard away: attackers should win")
    parser.add_argument("--no-peace", action="store_true", help="leave out the same faults without an attack")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    parser.add_argument("--keep", type=Path, help="keep every shop and its runs in this folder")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--fuzz", type=int, default=0, help="instead: so many plans that no brain should propose")
    return parser


if __name__ == "__main__":
    sys.exit(main())
