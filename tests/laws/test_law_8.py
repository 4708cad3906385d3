"""Law 8, first half: green is not fixed. It must hold, with no neighbour worse and nothing else changed."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import strategies as st
from langgraph.runtime import Runtime

from prunella.domain.goal import Goal
from prunella.domain.report import Reach, Reading, Report
from prunella.domain.run import Verdict
from prunella.healing.context import Context, Patience
from prunella.healing.judging import commit, judge
from prunella.healing.state import Change, State
from prunella.testing.clock import FakeClock
from tests.laws.shop_floor import Floor, plan, setting
from tests.laws.trial import Draw, Mutant, Trial, kills, prove

WINDOW_S = 1.0


@dataclass
class Flapping:
    """Green as `phases` say, from the moment of the first look with tea at 5: seconds green, red, green, …; then as
    `settles`. `looks` are (time, green).
    """

    floor: Floor
    clock: FakeClock
    phases: tuple[float, ...]
    settles: bool
    looks: list[tuple[float, bool]] = field(default_factory=list[tuple[float, bool]])
    repaired: float | None = None

    def __call__(self) -> Report:
        green = self._green()
        self.looks.append((self.clock.now(), green))
        reach = Reach.RIGHT if green else Reach.WRONG
        return Report(readings=(Reading(probe="flapping", reach=reach, detail="well" if green else "ill"),))

    def _green(self) -> bool:
        if self.floor.prices["tea"] != 5:
            self.repaired = None
            return False
        self.repaired = self.clock.now() if self.repaired is None else self.repaired
        left, green = self.clock.now() - self.repaired, True
        for phase in self.phases:
            if left < phase:
                return green
            left, green = left - phase, not green
        return self.settles

    def held_s(self) -> float:
        """For how long every look up to the last one was green."""
        since = self.clock.now()
        for at, green in reversed(self.looks):
            if not green:
                break
            since = at
        return self.clock.now() - since


async def green_holds_and_no_neighbour_is_worse(draw: Draw, mutant: Mutant) -> None:
    floor, clock = Floor(), FakeClock()
    phases = tuple(draw(st.lists(st.sampled_from([0.05, 0.35, 0.75, 1.5]), max_size=6)))
    check = Flapping(floor, clock, phases, settles=draw(st.booleans()))
    neighbour: Callable[[], bool] = draw(
        st.sampled_from([lambda: floor.prices["tea"] < 5, lambda: floor.prices["milk"] == 3, lambda: False])
    )
    goal = Goal("Tea.", check=check, constraints=(neighbour,))
    before = neighbour()
    patience = Patience(window_s=WINDOW_S, same_s=0.5, deadline_s=6.0, pause_s=0.1)
    trial = Trial(
        floor, floor.tools(), goal, (plan(setting("tea", 5)), plan(setting("milk", 9), setting("tea", 5))), mutant,
        clock=clock, patience=patience,
    )  # fmt: skip
    record = await trial.live()
    if record.verdict is Verdict.ACHIEVED:
        assert check.held_s() >= WINDOW_S - 0.001
        assert neighbour() or not before


async def nobody_else_changed_anything(draw: Draw, mutant: Mutant) -> None:
    floor, moment, name = Floor(), draw(st.integers(1, 6)), draw(st.sampled_from(["salt", "bread"]))
    passed: list[str] = []

    def meddle(place: str) -> None:
        passed.append(place)
        if len(passed) == moment:
            floor.prices[name] = 99

    goal = Goal("Tea.", check=floor.costs(tea=5))
    trial = Trial(floor, floor.tools(), goal, (plan(setting("tea", 5)),), mutant, passed=meddle)
    record = await trial.live()
    assert floor.prices[name] == 99
    assert record.verdict is Verdict.ESCALATED
    assert floor.prices["tea"] == 3


async def judge_at_once(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 8: green once is green."""
    hasty = replace(runtime.context, patience=Patience(window_s=0.0, same_s=0.5, deadline_s=6.0, pause_s=0.1))
    return await judge(state, replace(runtime, context=hasty))


async def judge_alone(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 8: what becomes of the neighbours is theirs."""
    selfish = replace(runtime.context, goal=replace(runtime.context.goal, constraints=()))
    return await judge(state, replace(runtime, context=selfish))


async def commit_whatever_changed(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 8: what others changed meanwhile is called ours."""
    return await commit(replace(state, found=dict(await runtime.context.world.survey())), runtime)


def test_green_holds_and_no_neighbour_is_worse() -> None:
    prove(green_holds_and_no_neighbour_is_worse)


def test_nobody_else_changed_anything() -> None:
    prove(nobody_else_changed_anything)


@pytest.mark.parametrize(
    "mutant",
    [Mutant("judges at once", nodes={"judge": judge_at_once}), Mutant("judges alone", nodes={"judge": judge_alone})],
    ids=lambda mutant: mutant.name,
)
def test_law_8_kills(mutant: Mutant) -> None:
    kills(green_holds_and_no_neighbour_is_worse, mutant)


def test_law_8_kills_a_commit_of_what_others_did() -> None:
    kills(nobody_else_changed_anything, Mutant("commits all", nodes={"commit": commit_whatever_changed}))
