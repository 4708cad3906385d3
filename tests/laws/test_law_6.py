"""Law 6: fails closed. No approver means no, and a yes is good for the plan that was shown and no other."""

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import strategies as st
from langgraph.runtime import Runtime

from prunella.agents.approvers import Always, Nobody
from prunella.domain.goal import Goal
from prunella.domain.ruling import ApprovalRequest, Autonomy, Decision
from prunella.domain.run import Verdict
from prunella.healing.approving import approve
from prunella.healing.context import Context
from prunella.healing.state import Change, State
from prunella.protocols import Approver
from prunella.workers.worker import Worker
from tests.laws.shop_floor import Floor, plan, setting
from tests.laws.trial import Draw, Mutant, Trial, kills, prove


@dataclass(frozen=True)
class Answers:
    """Says what it was made to say, about the plan that it was asked about or another."""

    approved: bool
    about_this_plan: bool = True

    async def decide(self, request: ApprovalRequest) -> Decision:
        key = request.plan.key if self.about_this_plan else "0123456789ab"
        return Decision(approved=self.approved, plan=key, by="somebody")


@dataclass(frozen=True)
class Breaks:
    """Fails while it is asked."""

    error: Exception

    async def decide(self, request: ApprovalRequest) -> Decision:
        raise self.error


YES: tuple[Approver, ...] = (Always("operator"), Answers(approved=True))
NO: tuple[Approver, ...] = (
    Nobody(),
    Answers(approved=False),
    Answers(approved=True, about_this_plan=False),
    Breaks(OSError("the chat is down")),
    Breaks(TimeoutError()),
    Breaks(ValueError("yes")),
)


async def without_a_yes_nothing_is_done(draw: Draw, mutant: Mutant) -> None:
    floor = Floor()
    plans = [
        plan(setting("tea", price)) for price in draw(st.lists(st.integers(4, 9), min_size=1, max_size=3, unique=True))
    ]
    approver, autonomy = draw(st.sampled_from([*YES, *NO])), draw(st.sampled_from([Autonomy.ASK, Autonomy.AUTO]))
    goal = Goal("Tea.", check=floor.costs(tea=plans[-1].steps[0].arguments["price"]))  # type: ignore[arg-type] -- an int
    trial = Trial(floor, floor.tools(), goal, tuple(plans), mutant, approver=approver, autonomy=autonomy)
    record = await trial.live()
    allowed = approver in YES or autonomy is Autonomy.AUTO
    assert bool(floor.log) is allowed
    assert record.verdict is (Verdict.ACHIEVED if allowed else Verdict.ESCALATED)


async def approve_silence(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 6: who says nothing agrees."""
    del state, runtime
    return {"next": "intend"}


async def approve_any_yes(state: State, runtime: Runtime[Context]) -> Change:
    """Breaks law 6: a yes to another plan is a yes to this one."""
    change = await approve(state, runtime)
    refused = change.get("rejections") or state.rejections
    said_yes = bool(refused) and refused[-1].reasons[0].startswith("Not approved by somebody")
    return {"next": "intend"} if said_yes else change


class Hopeful(Worker):
    """Breaks law 6: an approver that breaks has agreed."""

    async def _ask(self, request: ApprovalRequest, context: Context) -> Decision:
        del context
        try:
            return await self.approver.decide(request)
        except Exception:  # noqa: BLE001 -- the very mistake
            await asyncio.sleep(0)
            return Decision(approved=True, plan=request.plan.key, by="nobody")


def test_without_a_yes_nothing_is_done() -> None:
    prove(without_a_yes_nothing_is_done)


@pytest.mark.parametrize(
    "mutant",
    [
        Mutant("silence is a yes", nodes={"approve": approve_silence}),
        Mutant("any yes is a yes", nodes={"approve": approve_any_yes}),
        Mutant("a broken approver is a yes", worker=Hopeful),
    ],
    ids=lambda mutant: mutant.name,
)
def test_law_6_kills(mutant: Mutant) -> None:
    kills(without_a_yes_nothing_is_done, mutant)
