"""Law 8, second half: no guard is weaker than the run found it, but for what a human said yes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import strategies as st
from langgraph.runtime import Runtime

from prunella.domain.goal import Goal
from prunella.domain.journal import Entry
from prunella.domain.plan import Plan
from prunella.domain.posture import Aspect, Downgrade, Posture, Stance
from prunella.domain.rehearsal import CauseShown, Certainty, Rehearsed
from prunella.domain.report import Report
from prunella.domain.ruling import ApprovalRequest, Decision
from prunella.domain.run import RunRecord, Verdict
from prunella.domain.tool import Prepared
from prunella.healing.context import Context
from prunella.healing.judging import commit
from prunella.healing.state import Change, State
from prunella.policy.posture import downgrades
from prunella.testing.crashing import Fuse
from tests.laws.shop_floor import NAMES, Floor, plan, setting
from tests.laws.trial import Draw, Mutant, Trial, kills, prove

GUARDS = ("milk", "salt")


def posture_of(prices: Mapping[str, int]) -> Posture:
    """The dearer milk and salt are, the better are they guarded."""
    return Posture(
        stances=tuple(
            Stance(subject=f"file:/{name}", aspect=Aspect.AUTH, says=str(prices[name]), strength=float(prices[name]))
            for name in GUARDS
        )
    )


@dataclass
class Guarded:
    """Implements Security and Rehearsal for a floor; with `is_blind` the shadow shows nothing of its guards."""

    floor: Floor
    is_blind: bool

    async def posture(self) -> Posture:
        return posture_of(self.floor.prices)

    async def rehearse(self, plan: Plan, prepared: tuple[Prepared, ...]) -> Rehearsed:
        del prepared
        prices = dict(self.floor.prices)
        for step in plan.steps:
            prices[str(step.arguments["name"])] = int(str(step.arguments["price"]))
        return Rehearsed(posture=None if self.is_blind else posture_of(prices))

    async def show_cause(self, entries: tuple[Entry, ...]) -> CauseShown:
        del entries
        return CauseShown(certainty=Certainty.PLAUSIBLE)


@dataclass
class Noting:
    """A human who says yes or no to everything, and knows to what."""

    says: bool
    allowed: list[Downgrade] = field(default_factory=list[Downgrade])

    async def decide(self, request: ApprovalRequest) -> Decision:
        self.allowed += request.downgrades if self.says else ()
        return Decision(approved=self.says, plan=request.plan.key, by="a human")


@dataclass
class GuardedTrial(Trial):
    guards: Guarded | None = None

    def _context(self, record: RunRecord, fuse: Fuse) -> Context:
        return replace(super()._context(record, fuse), security=self.guards, rehearsal=self.guards)


async def no_guard_is_weaker_unless_a_human_said_so(draw: Draw, mutant: Mutant) -> None:
    floor, human = Floor(), Noting(draw(st.booleans()))
    some = st.lists(st.builds(setting, st.sampled_from(NAMES), st.integers(1, 6)), min_size=1, max_size=3)
    plans = tuple(plan(*draw(some), setting("tea", 5)) for _ in range(draw(st.integers(1, 4))))
    goal = Goal("Tea.", check=draw(st.sampled_from([floor.costs(tea=5), floor.costs(tea=5, milk=2), Report])))
    before = posture_of(floor.prices)
    guards = Guarded(floor, is_blind=draw(st.booleans()))
    trial = GuardedTrial(floor, floor.tools(), goal, plans, mutant, approver=human, guards=guards)
    deaths = draw(st.lists(st.integers(1, 25), max_size=2))
    record = await trial.live(*deaths)
    weaker = downgrades(before, posture_of(floor.prices))
    assert all(each in human.allowed for each in weaker)
    assert record.verdict is Verdict.ACHIEVED or not weaker


async def commit_green(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 8: green is enough."""
    return await commit(state, replace(runtime, context=replace(runtime.context, security=None)))


async def commit_with_any_yes(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 8: one yes is a yes to everything."""
    context = runtime.context
    if state.posture is not None and context.security is not None and state.plan is not None:
        state = replace(state, allowed=downgrades(state.posture, await context.security.posture()))
    return await commit(state, runtime)


def test_no_guard_is_weaker_unless_a_human_said_so() -> None:
    prove(no_guard_is_weaker_unless_a_human_said_so)


@pytest.mark.parametrize(
    "mutant",
    [
        Mutant("commits what is green", nodes={"commit": commit_green}),
        Mutant("takes any yes for all", nodes={"commit": commit_with_any_yes}),
    ],
    ids=lambda mutant: mutant.name,
)
def test_law_8_kills_a_commit_that_weakens(mutant: Mutant) -> None:
    kills(no_guard_is_weaker_unless_a_human_said_so, mutant)
