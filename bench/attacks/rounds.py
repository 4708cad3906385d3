"""Plays many games, in processes of their own."""

import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from bench.attacks.play import Game, Outcome, play
from bench.attacks.report import describe


def play_all(games: Sequence[Game], jobs: int, folder: Path, *, keep: bool) -> list[Outcome]:
    """`jobs` at a time, each in a folder of its own; one that could not be judged is played once more.

    What attackers got is told on stderr as it happens.
    """
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=spawned) as pool:
        played = {
            pool.submit(_play, game, folder / f"{number:04}", keep=keep): number for number, game in enumerate(games)
        }
        outcomes: dict[int, Outcome] = {}
        for each in as_completed(played):
            outcomes[played[each]] = outcome = each.result()
            if outcome.is_won or outcome.fault or len(outcomes) % 20 == 0:
                print(f"{len(outcomes)}/{len(games)} {describe(outcome)}", file=sys.stderr, flush=True)
    return [outcomes[number] for number in sorted(outcomes)]


def _play(game: Game, folder: Path, *, keep: bool) -> Outcome:
    outcome = play(game, folder / "first", keep=keep)
    return play(game, folder / "second", keep=keep) if outcome.fault else outcome
