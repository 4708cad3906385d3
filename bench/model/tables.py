"""What all runs amount to: one line a contender, for people or for programs."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from statistics import median

from bench.figures import print_table, wilson
from bench.model.runs import OURS, Run

_HEAD = ("contender", "runs", "healed", "right report", "writes on healthy", "worse", "median s", "calls", "failed")


def print_runs(runs: Sequence[Run], *, as_json: bool) -> None:
    """The table of all contenders, then what did not go well with ours."""
    if as_json:
        for each in runs:
            print(json.dumps(asdict(each), ensure_ascii=False))
        return
    print_table(_HEAD, [_row(name, runs) for name in dict.fromkeys(each.contender for each in runs)])
    shared = _shared(runs)
    if shared and len(shared) < len(runs):
        print(f"\nof the {len({each.situation for each in shared})} situations that every contender met")
        print_table(_HEAD, [_row(name, shared) for name in dict.fromkeys(each.contender for each in shared)])
    print()
    for each in runs:
        if each.contender == OURS and not (each.healed and each.right_report):
            print(f"✘ {each}")


def _row(name: str, runs: Sequence[Run]) -> tuple[str, ...]:
    own = [each for each in runs if each.contender == name]
    healthy = [each for each in own if each.fault == "healthy"]
    calls = sum(each.calls for each in own) / len(own)
    return (
        name,
        str(len(own)),
        _share(own, lambda run: run.healed),
        _share(own, lambda run: run.right_report),
        f"{sum(each.wrote_on_healthy for each in own)} of {len(healthy)}",
        str(sum(bool(each.worse) for each in own)),
        f"{median(each.wall_s for each in own):.0f}",
        f"{calls:.1f}",
        str(sum(bool(each.error) for each in own)),
    )


def _share(runs: Sequence[Run], is_so: Callable[[Run], bool]) -> str:
    hits = sum(map(is_so, runs))
    low, high = wilson(hits, len(runs))
    return f"{hits} ({low:.0%} to {high:.0%})"


def _shared(runs: Sequence[Run]) -> list[Run]:
    """The runs of the situations that all contenders met."""
    met = [{each.situation for each in runs if each.contender == name} for name in _names(runs)]
    common = set[str].intersection(*met) if met else set[str]()
    return [each for each in runs if each.situation in common]


def _names(runs: Iterable[Run]) -> set[str]:
    return {each.contender for each in runs}
