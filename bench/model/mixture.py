"""A large model that plans and a small one that acts, beside the large one alone: latency, calls, dollars."""

from collections.abc import Sequence
from statistics import mean

from bench.figures import print_table
from bench.model.runs import Run

ALONE, MIXED = "large alone", "large plans, small acts"


def roles_for(name: str, large: str, small: str) -> str:
    """The `[brains]` table of a fleet file for one of the two."""
    act = f'\nact = ["{small}"]' if name == MIXED else ""
    return f'\n[brains]\nladder = ["{large}"]{act}\n'


def print_mixture(runs: Sequence[Run], *, is_same: bool) -> None:
    if is_same:
        print("large and small are the same server here: this shows what the roles cost, not what they save")
    head = ("brains", "runs", "healed", "mean s", "of it model s", "calls", "tokens", "dollars")
    print_table(head, [_row(name, [each for each in runs if each.contender == name]) for name in (ALONE, MIXED)])


def _row(name: str, runs: Sequence[Run]) -> tuple[str, ...]:
    if not runs:
        return (name, "0", *("-" for _ in range(6)))
    return (
        name,
        str(len(runs)),
        str(sum(each.healed for each in runs)),
        f"{mean(each.wall_s for each in runs):.0f}",
        f"{mean(each.model_s for each in runs):.0f}",
        f"{mean(each.calls for each in runs):.1f}",
        f"{mean(each.input_tokens + each.output_tokens for each in runs):.0f}",
        f"{sum(each.dollars for each in runs):.4f}",
    )
