"""A repair that needs nobody's leave comes before one that only a human could allow."""

from dataclasses import dataclass, field, replace

from prunella.agents.approvers import Always, Nobody
from prunella.domain.goal import Goal
from prunella.domain.plan import Step
from prunella.domain.ruling import ApprovalRequest, Autonomy, Decision, Permission, Ruling
from prunella.domain.run import RunRecord, Verdict
from prunella.domain.tool import Prepared, ToolSpec
from prunella.healing.context import Context
from prunella.testing.crashing import Fuse
from tests.laws.shop_floor import Floor, plan, setting
from tests.laws.trial import Trial


@dataclass
class Suspicious:
    """A Provenance to which odd prices are nobody's word."""

    async def rule(self, step: Step, spec: ToolSpec, prepared: Prepared) -> Ruling:
        del spec, prepared
        if int(str(step.arguments["price"])) % 2:
            return Ruling(permission=Permission.ASK, reason="an odd price is nobody's word")
        return Ruling(permission=Permission.ALLOW, reason="even")


@dataclass
class DoubtingTrial(Trial):
    def _context(self, record: RunRecord, fuse: Fuse) -> Context:
        return replace(super()._context(record, fuse), provenance=Suspicious())


@dataclass
class Human:
    """Answers each question with the next of `says`, and remembers what was asked."""

    says: list[Decision]
    asked: list[str] = field(default_factory=list[str])

    async def decide(self, request: ApprovalRequest) -> Decision:
        self.asked.append("; ".join(map(str, request.plan.steps)))
        return self.says.pop(0).model_copy(update={"plan": request.plan.key})


def yes() -> Decision:
    return Decision(approved=True, plan="", by="Ada")


ODD, EVEN = plan(setting("tea", 5)), plan(setting("tea", 8))


async def test_another_repair_is_taken_and_nobody_is_asked() -> None:
    floor, human = Floor(), Human([])
    goal = Goal("Tea.", check=lambda: floor.prices["tea"] in {5, 8})
    record = await DoubtingTrial(floor, floor.tools(), goal, (ODD, EVEN), approver=human).live()
    assert (record.verdict, floor.prices["tea"], human.asked) == (Verdict.ACHIEVED, 8, [])


async def test_when_no_other_is_left_a_human_is_asked_about_the_first_one() -> None:
    floor, human = Floor(), Human([yes()])
    goal = Goal("Tea.", check=lambda: floor.prices["tea"] == 5)
    plans = (ODD, EVEN, plan(setting("tea", 7)))
    record = await DoubtingTrial(floor, floor.tools(), goal, plans, approver=human).live()
    assert (record.verdict, floor.prices["tea"]) == (Verdict.ACHIEVED, 5)
    assert human.asked == ["set_price tea 5"]


async def test_nobody_there_leaves_all_as_found() -> None:
    floor = Floor()
    goal = Goal("Tea.", check=lambda: floor.prices["tea"] == 5)
    record = await DoubtingTrial(floor, floor.tools(), goal, (ODD,), approver=Nobody()).live()
    assert (record.verdict, floor.prices["tea"], floor.log) == (Verdict.ESCALATED, 3, [])


async def test_where_everything_asks_nothing_is_put_aside() -> None:
    floor, human = Floor(), Human([yes()])
    goal = Goal("Tea.", check=lambda: floor.prices["tea"] == 5)
    trial = DoubtingTrial(floor, floor.tools(), goal, (ODD, EVEN), approver=human, autonomy=Autonomy.ASK)
    assert (await trial.live()).verdict is Verdict.ACHIEVED
    assert human.asked == ["set_price tea 5"]


async def test_an_edited_plan_is_vetted_and_asked_about_again() -> None:
    floor = Floor()
    wanted = Decision(approved=False, plan="", by="Ada", edited=plan(setting("tea", 7)))
    human = Human([wanted, yes()])
    goal = Goal("Tea.", check=lambda: floor.prices["tea"] == 7)
    record = await DoubtingTrial(floor, floor.tools(), goal, (ODD,), approver=human).live()
    assert (record.verdict, floor.prices["tea"]) == (Verdict.ACHIEVED, 7)
    assert human.asked == ["set_price tea 5", "set_price tea 7"]


async def test_it_survives_a_death_at_every_place() -> None:
    for death in range(1, 9):
        floor = Floor()
        goal = Goal("Tea.", check=lambda floor=floor: floor.prices["tea"] == 5)
        trial = DoubtingTrial(floor, floor.tools(), goal, (ODD, EVEN), approver=Always("Ada"))
        record = await trial.live(death)
        assert (record.verdict, floor.prices["tea"]) == (Verdict.ACHIEVED, 5)
