"""A plan that leaves a guard weaker is put to a human, whoever tells of it: the shadow, or the call itself."""

from dataclasses import dataclass, field, replace

import pytest

from prunella import Prepared
from prunella.agents.approvers import Always
from prunella.domain.goal import Goal
from prunella.domain.journal import Entry
from prunella.domain.plan import Plan
from prunella.domain.posture import Aspect, Downgrade, Posture, Stance
from prunella.domain.rehearsal import CauseShown, Certainty, Rehearsed
from prunella.domain.ruling import ApprovalRequest, Decision
from prunella.domain.run import RunRecord, Verdict
from prunella.healing.context import Context
from prunella.protocols import Approver
from prunella.testing.crashing import Fuse
from tests.laws.shop_floor import Floor, plan, setting
from tests.laws.trial import Trial


@dataclass
class Shelf(Floor):
    """Whose tool tells that a dearer thing is less guarded."""

    tells: bool = True

    def before(self, name: str, price: int) -> Prepared:
        prepared, weaker = super().before(name, price), guard(name, self.prices[name], price)
        return prepared.model_copy(update={"weakens": (weaker,) if self.tells and price > self.prices[name] else ()})


def guard(name: str, before: int, after: int) -> Downgrade:
    return Downgrade(subject=f"file:/{name}", aspect=Aspect.WATCH, before=str(before), after=str(after))


@dataclass
class Shown:
    """Implements Security and Rehearsal: the dearer a thing, the weaker its guard; `shadows` shows that ahead."""

    floor: Floor
    shadows: bool

    async def posture(self) -> Posture:
        return _posture(self.floor.prices)

    async def rehearse(self, plan: Plan, prepared: tuple[Prepared, ...]) -> Rehearsed:
        del prepared
        new = {str(step.arguments["name"]): int(str(step.arguments["price"])) for step in plan.steps}
        return Rehearsed(posture=_posture({**self.floor.prices, **new}) if self.shadows else None)

    async def show_cause(self, entries: tuple[Entry, ...]) -> CauseShown:
        del entries
        return CauseShown(certainty=Certainty.PLAUSIBLE)


def _posture(prices: dict[str, int]) -> Posture:
    return Posture(
        stances=tuple(
            Stance(subject=f"file:/{name}", aspect=Aspect.WATCH, says=str(price), strength=100.0 - price)
            for name, price in prices.items()
        )
    )


@dataclass
class WatchedTrial(Trial):
    shown: Shown | None = None

    def _context(self, record: RunRecord, fuse: Fuse) -> Context:
        return replace(super()._context(record, fuse), security=self.shown, rehearsal=self.shown)


@dataclass
class Human:
    """Says yes, and knows to what."""

    asked: list[Downgrade] = field(default_factory=list[Downgrade])

    async def decide(self, request: ApprovalRequest) -> Decision:
        self.asked += request.downgrades
        return Decision(approved=True, plan=request.plan.key, by="Ada")


def trial(floor: Floor, approver: Approver, *, shadows: bool) -> WatchedTrial:
    goal = Goal("Tea.", check=floor.costs(tea=5))
    proposals = (plan(setting("tea", 5)),)
    return WatchedTrial(floor, floor.tools(), goal, proposals, approver=approver, shown=Shown(floor, shadows))


@pytest.mark.parametrize(("tells", "shadows"), [(True, False), (True, True), (False, True)])
async def test_it_is_put_to_a_human_once_whoever_tells(tells: bool, shadows: bool) -> None:
    floor, human = Shelf(tells=tells), Human()
    record = await trial(floor, human, shadows=shadows).live()
    assert (record.verdict, floor.prices["tea"]) == (Verdict.ACHIEVED, 5)
    assert human.asked == [guard("tea", 3, 5)]


async def test_a_yes_to_everything_is_none_to_what_a_call_says_of_itself() -> None:
    floor = Shelf()
    record = await trial(floor, Always("Ada"), shadows=False).live()
    assert (record.verdict, floor.prices["tea"], floor.log) == (Verdict.ESCALATED, 3, [])


async def test_what_nobody_tells_ahead_is_noticed_and_put_back() -> None:
    floor, human = Shelf(tells=False), Human()
    record = await trial(floor, human, shadows=False).live()
    assert (record.verdict, floor.prices["tea"], human.asked) == (Verdict.ESCALATED, 3, [])
