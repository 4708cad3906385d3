"""Law 7, what thinking costs: tokens and dollars of a run and of a day end it, whichever brain spends them."""

import tempfile
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import strategies as st
from langgraph.runtime import Runtime

from prunella.brains.ladder import Ladder
from prunella.domain.brief import Brief
from prunella.domain.goal import Goal
from prunella.domain.plan import Proposal
from prunella.domain.run import Limits, RunRecord, Spent, Verdict
from prunella.domain.usage import Usage
from prunella.healing import planning
from prunella.healing.context import Context
from prunella.healing.state import Change, State
from prunella.storage.database import connect
from prunella.storage.runs import SqliteRuns
from prunella.storage.spending import SqliteSpending
from prunella.testing.clock import FakeClock
from tests.laws.shop_floor import NAMES, Floor, plan, setting
from tests.laws.trial import Draw, Mutant, Trial, kills, prove

LIMITS = st.builds(
    Limits,
    attempts=st.just(10),
    tokens=st.sampled_from([100, 250, 10_000]),
    dollars=st.sampled_from([0.05, 0.2, 9.0]),
    tokens_per_day=st.sampled_from([None, 150, 600]),
    dollars_per_day=st.sampled_from([None, 0.1, 0.3]),
)


@dataclass
class Spends:
    """A brain whose every thought costs 50 tokens and 4 cents; `name` tells rungs apart."""

    name: str
    thoughts: int = 0

    @property
    def usage(self) -> Usage:
        return Usage(calls=self.thoughts, input_tokens=50 * self.thoughts, dollars=0.04 * self.thoughts)

    async def propose(self, brief: Brief) -> Proposal:
        self.thoughts += 1
        return plan(setting(NAMES[0], 100 * len(self.name) + self.thoughts))


async def money_ends_it(draw: Draw, mutant: Mutant) -> None:
    limits, clock, rungs = draw(LIMITS), FakeClock(), [Spends("low"), Spends("higher")]
    with tempfile.TemporaryDirectory() as folder, closing(connect(Path(folder) / "state.db")) as connection:
        spending = SqliteSpending(connection, clock)
        for number in range(draw(st.integers(1, 4))):
            before = sum((rung.usage for rung in rungs), Usage())
            floor = Floor()
            trial = Trial(floor, floor.tools(), Goal("Tea.", check=floor.costs(tea=77)), (), mutant, limits=limits)
            await SqliteRuns(connection).open(RunRecord(id=trial.run, goal="Tea.", started=float(number)))
            trial.spending, trial.thinker = spending, Ladder(rungs)
            record = await trial.live()
            total = sum((rung.usage for rung in rungs), Usage())
            spent = total - before
            assert record.verdict is Verdict.ESCALATED
            assert spent.tokens < limits.tokens + 50 * len(rungs)
            assert spent.dollars < limits.dollars + 0.04 * len(rungs)
            assert total.tokens < (limits.tokens_per_day or 10**9) + 50 * len(rungs)
            assert total.dollars < (limits.dollars_per_day or 10**9) + 0.04 * len(rungs)


async def spend_and_forget(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 7: what models cost is not counted."""
    change = await planning.plan(state, runtime)
    spent: Spent = change.get("spent", state.spent)
    return change | {"spent": spent.model_copy(update={"tokens": 0, "dollars": 0.0})}


async def every_run_is_the_first_of_its_day(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 7: what other runs spent today does not count."""
    alone = replace(runtime.context, spending=None)
    return await planning.plan(state, replace(runtime, context=alone))


def test_money_ends_a_run() -> None:
    prove(money_ends_it, examples=25)


@pytest.mark.parametrize(
    "mutant",
    [
        Mutant("does not count money", nodes={"plan": spend_and_forget}),
        Mutant("forgets the day", nodes={"plan": every_run_is_the_first_of_its_day}),
    ],
    ids=lambda mutant: mutant.name,
)
def test_law_7_kills(mutant: Mutant) -> None:
    kills(money_ends_it, mutant)
