"""Runs with a model that errs on purpose: do they end right, or say honestly that they did not?

python -m bench.erring --runs 1000
"""

import argparse
import asyncio
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import Figure, print_figures
from prunella import Agent, Goal, Limits, Reach, Reading, Report, Verdict, tool
from prunella.agents.run import Run
from prunella.domain.frozen import JsonValue
from prunella.domain.run import EventKind
from prunella.testing.erring import ErringModel, Error, ToolCall

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of this name is made in it
NAMES = ("tea", "milk", "bread", "salt")
_WRONG = re.compile(r"(\w+) costs (\d+)[^\n]*: wrong answer")
_CALLS_OF_A_PLAN = 6
_AT_A_TIME, _SHARE = 4, 20


@dataclass
class Shelf:
    """Prices by name: what they `should` be and what they are; `written` is how often one was set, undo aside."""

    should: dict[str, int]
    prices: dict[str, int] = field(default_factory=dict[str, int])
    written: int = 0

    @property
    def is_right(self) -> bool:
        return self.prices == self.should

    def tools(self) -> list[object]:
        async def set_price(name: str, price: int) -> str:
            """Set the price of one thing on the shelf.

            Args:
                name: what stands on the shelf
                price: the new price in cents
            """
            if name not in self.prices:
                raise ValueError(f"no {name} stands on the shelf, only {', '.join(self.prices)}")
            self.written += 1
            self.prices[name] = price
            return f"{name} is {price}"

        def before(name: str, price: int) -> dict[str, object]:
            del price
            return {"name": name, "price": self.prices.get(name)}

        def undo(before: dict[str, object]) -> None:
            if isinstance(before["price"], int):
                self.prices[str(before["name"])] = before["price"]

        def applied(arguments: dict[str, JsonValue], before: JsonValue) -> bool:
            del before
            return self.prices.get(str(arguments["name"])) == arguments["price"]

        @tool
        def read_price(name: str) -> int:
            """Read the price of one thing on the shelf.

            Args:
                name: what stands on the shelf
            """
            return self.prices[name]

        return [tool(risk="change", before=before, undo=undo, applied=applied)(set_price), read_price]

    def look(self) -> Report:
        return Report(
            readings=tuple(
                Reading(
                    probe=f"{name} costs {price}",
                    reach=Reach.RIGHT if self.prices[name] == price else Reach.WRONG,
                    detail=f"it is {self.prices[name]}",
                )
                for name, price in self.should.items()
            )
        )

    def right(self, told: str) -> Sequence[ToolCall]:
        """What the failing probes ask for."""
        found = dict(_WRONG.findall(told.partition("# FAILING PROBES")[2].partition("\n# ")[0]))
        return [ToolCall("set_price", {"name": name, "price": int(price)}) for name, price in found.items()]

    def contrary(self, call: ToolCall) -> ToolCall:
        name = call.arguments.get("name")
        return ToolCall("set_price", {"name": name if name in self.prices else NAMES[0], "price": 1})


def shelf(seed: int) -> Shelf:
    """Up to two of the prices are wrong; on one shelf in ten, none."""
    chance = random.Random(seed)
    should = {name: chance.randint(2, 99) for name in NAMES}
    wrong = chance.sample(NAMES, 0 if chance.random() < 0.1 else chance.choice((1, 2)))
    prices = {name: price + (chance.randint(1, 50) if name in wrong else 0) for name, price in should.items()}
    return Shelf(should, prices)


@dataclass(frozen=True)
class Outcome:
    """How one run ended, as seen from outside. `over` names the limits that were exceeded."""

    seed: int
    verdict: Verdict
    is_right: bool
    is_as_found: bool
    written: int
    over: tuple[str, ...]
    made: Mapping[Error, int]

    @property
    def is_false_achieved(self) -> bool:
        return self.verdict in {Verdict.ACHIEVED, Verdict.NOTHING_TO_DO} and not self.is_right

    @property
    def ended_right(self) -> bool:
        if self.verdict is Verdict.NOTHING_TO_DO:
            return self.is_right and not self.written
        return self.verdict is Verdict.ACHIEVED and self.is_right

    @property
    def is_honest(self) -> bool:
        """It gave up, said so, and left everything as it was found."""
        return self.verdict in {Verdict.ESCALATED, Verdict.ROLLED_BACK} and self.is_as_found

    def __str__(self) -> str:
        world = "right" if self.is_right else "as found" if self.is_as_found else "neither right nor as found"
        return f"seed {self.seed}: {self.verdict}, the world is {world}" + "".join(
            f", over {each}" for each in self.over
        )


def limits_of(seed: int) -> Limits:
    """The defaults for every other run; else some that are soon reached."""
    chance = random.Random(-seed)
    if seed % 2 == 0:
        return Limits()
    attempts, plans, steps = chance.randint(1, 5), chance.randint(1, 10), chance.randint(1, 8)
    return Limits(attempts=attempts, plans=plans, steps=steps, tokens=chance.choice((1_000, 5_000, 50_000)))


async def play(seed: int, home: Path) -> Outcome:
    """One run on a shelf, with a model and limits of its own."""
    world, limits = shelf(seed), limits_of(seed)
    found = dict(world.prices)
    model = ErringModel(right=world.right, contrary=world.contrary, seed=seed)
    agent = Agent(brain=model, tools=world.tools(), home=home / str(seed), limits=limits)
    started = time.monotonic()
    run = await agent.run(Goal("Bring every price to what its probe asks for.", check=world.look))
    took_s = time.monotonic() - started
    over = tuple(name for name, spent, limit in _spent(run, world, took_s, limits) if spent > limit)
    return Outcome(seed, run.verdict, world.is_right, world.prices == found, world.written, over, model.made)


def _spent(run: Run, world: Shelf, took_s: float, limits: Limits) -> list[tuple[str, float, float]]:
    """What was spent as it shows from outside, beside the limits; the last call of a model may end past its limit."""
    tokens = [_tokens(event.data) for event in run.events if event.kind is EventKind.MODEL]
    undone = sum(event.kind is EventKind.JUDGED and event.data.get("green") is False for event in run.events)
    kept = sum(event.kind is EventKind.PROGRESS for event in run.events)
    return [
        ("attempts", undone - kept, limits.attempts),
        ("plans", sum(event.kind is EventKind.PLAN for event in run.events), limits.plans),
        ("steps", max(len(run.entries), world.written), limits.steps),
        ("seconds", took_s, limits.seconds + 1.0),
        ("tokens", sum(tokens), limits.tokens + _CALLS_OF_A_PLAN * max(tokens, default=0)),
    ]


def _tokens(data: Mapping[str, object]) -> int:
    return sum(int(str(data.get(name) or 0)) for name in ("input_tokens", "output_tokens"))


async def play_all(seeds: Sequence[int], home: Path) -> list[Outcome]:
    """All of them, a few at a time."""
    gate = asyncio.Semaphore(_AT_A_TIME)

    async def one(seed: int) -> Outcome:
        async with gate:
            return await play(seed, home)

    return list(await asyncio.gather(*(one(seed) for seed in seeds)))


def play_share(seeds: Sequence[int]) -> list[Outcome]:
    """All of them in a folder that is gone afterwards: in memory where that can be, as nothing need outlive it."""
    with tempfile.TemporaryDirectory(prefix="prunella-erring-", dir=MEMORY if MEMORY.is_dir() else None) as home:
        return asyncio.run(play_all(seeds, Path(home)))


def play_in_shares(seeds: Sequence[int], jobs: int) -> list[Outcome]:
    """All of them in `jobs` processes."""
    shares = [seeds[first : first + _SHARE] for first in range(0, len(seeds), _SHARE)]
    with ProcessPoolExecutor(jobs) as pool:
        return [outcome for share in pool.map(play_share, shares) for outcome in share]


def figures_of(outcomes: Sequence[Outcome]) -> list[Figure]:
    count = len(outcomes)
    right, honest = sum(each.ended_right for each in outcomes), sum(each.is_honest for each in outcomes)
    made = sum((Counter(each.made) for each in outcomes), Counter[Error]())
    return [
        Figure("ended right", 100 * right / count, "%", note=f"{right} of {count}"),
        Figure("escalated honestly", 100 * honest / count, "%", note=f"{honest} of {count}"),
        Figure("right or honest", 100 * (right + honest) / count, "%", aim=95.0, at_least=True),
        Figure("false ACHIEVED", sum(each.is_false_achieved for each in outcomes), "runs", aim=0),
        Figure("over a limit", sum(bool(each.over) for each in outcomes), "runs", aim=0),
        *(Figure(f"errors made: {error}", made[error], "times") for error in Error),
    ]


def main() -> int:
    """The exit code: 1 when an aim is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.erring", description="Runs with a model that errs.")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    given = parser.parse_args()
    outcomes = play_in_shares(range(given.first, given.first + given.runs), given.jobs)
    for each in outcomes:
        if each.over or each.is_false_achieved or not (each.ended_right or each.is_honest):
            print(each, file=sys.stderr)
    figures = figures_of(outcomes)
    print_figures(figures, as_json=given.json)
    return 0 if all(figure.is_met is not False for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
