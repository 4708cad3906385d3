"""Law 4, the rehearsal: a plan that fails on the shadow never touches the world."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import strategies as st
from langgraph.runtime import Runtime

from prunella.domain.goal import Goal
from prunella.domain.journal import Entry
from prunella.domain.plan import Plan
from prunella.domain.rehearsal import CauseShown, Certainty, Rehearsed, Trial
from prunella.domain.run import RunRecord, Verdict
from prunella.domain.tool import Prepared
from prunella.healing.context import Context
from prunella.healing.state import Change, State
from prunella.healing.vetting import vet
from prunella.testing.crashing import Fuse
from tests.laws import trial
from tests.laws.shop_floor import NAMES, Floor, plan, setting
from tests.laws.trial import Draw, Mutant, kills, prove

HEAVIEST = 6


@dataclass
class Scales:
    """A shadow on which nothing may cost more than HEAVIEST, and salt tells nothing."""

    async def rehearse(self, plan: Plan, prepared: tuple[Prepared, ...]) -> Rehearsed:
        del prepared
        return Rehearsed(
            trials=tuple(self._try(str(s.arguments["name"]), int(str(s.arguments["price"]))) for s in plan.steps)
        )

    def _try(self, name: str, price: int) -> Trial:
        return Trial(name=f"the price of {name}", ok=None if name == "salt" else price <= HEAVIEST)

    async def show_cause(self, entries: tuple[Entry, ...]) -> CauseShown:
        return CauseShown(certainty=Certainty.DEMONSTRATED, needed=tuple(str(entry.step) for entry in entries))


@dataclass
class ShadowedTrial(trial.Trial):
    def _context(self, record: RunRecord, fuse: Fuse) -> Context:
        return replace(super()._context(record, fuse), rehearsal=Scales())


async def what_fails_on_the_shadow_is_not_done(draw: Draw, mutant: Mutant) -> None:
    floor = Floor()
    some = st.lists(st.builds(setting, st.sampled_from(NAMES), st.integers(1, 9)), min_size=1, max_size=3)
    plans = tuple(plan(*draw(some)) for _ in range(draw(st.integers(1, 4))))
    goal = Goal("Tea.", check=floor.costs(tea=5))
    played = ShadowedTrial(floor, floor.tools(), goal, plans, mutant)
    record = await played.live(*draw(st.lists(st.integers(1, 20), max_size=2)))
    tried = {entry.plan for entry in await played.entries()}
    for each in plans:
        prices = [(str(s.arguments["name"]), int(str(s.arguments["price"]))) for s in each.steps]
        if any(price > HEAVIEST for name, price in prices if name != "salt"):
            assert each.key not in tried
    assert record.verdict is not Verdict.ACHIEVED or "(demonstrated)" in record.summary


async def vet_on_paper(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 4: what the shadow says is told, and no reason."""
    return await vet(state, replace(runtime, context=replace(runtime.context, rehearsal=None)))


def test_what_fails_on_the_shadow_is_not_done() -> None:
    prove(what_fails_on_the_shadow_is_not_done)


@pytest.mark.parametrize("mutant", [Mutant("vets on paper", nodes={"vet": vet_on_paper})], ids=lambda each: each.name)
def test_law_4_kills_a_vetting_without_rehearsal(mutant: Mutant) -> None:
    kills(what_fails_on_the_shadow_is_not_done, mutant)
