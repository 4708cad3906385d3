"""Rules that a plan broke, and how many plans it took."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field

from bench.figures import Figure, print_figures


@dataclass(frozen=True)
class Breach:
    """One rule that was broken, and by what."""

    rule: str
    detail: str
    step: str = ""
    seed: int = 0
    policy: str = ""


@dataclass
class Tally:
    """What came of the plans: how many were made, and carried out in part at least."""

    plans: int = 0
    calls: int = 0
    effects: int = 0
    reads: int = 0
    breaches: list[Breach] = field(default_factory=list[Breach])

    def add(self, other: "Tally") -> None:
        self.plans, self.calls = self.plans + other.plans, self.calls + other.calls
        self.effects, self.reads = self.effects + other.effects, self.reads + other.reads
        self.breaches += other.breaches


def print_breaches(tally: Tally, *, as_json: bool) -> bool:
    """The counts and, of each rule that was broken, the shortest example. True when none was."""
    figures = [
        Figure("plans and look-ups proposed", tally.plans),
        Figure("calls carried out", tally.calls, note=f"{tally.reads} that read"),
        Figure("calls that changed something", tally.effects),
        Figure("breaches", len(tally.breaches), aim=0),
    ]
    print_figures(figures, as_json=as_json)
    for rule, count in Counter(each.rule for each in tally.breaches).most_common():
        example = min((b for b in tally.breaches if b.rule == rule), key=lambda b: len(b.step) + len(b.detail))
        if as_json:
            print(json.dumps({"count": count, **asdict(example)}))
        else:
            print(
                f"✘ {rule} ({count}): {example.detail}\n    {example.step}\n    {example.policy}; seed {example.seed}"
            )
    return not tally.breaches and tally.plans > 0
