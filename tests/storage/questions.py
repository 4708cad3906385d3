"""Questions for tests to keep, answer and lose."""

from pathlib import Path

from prunella.domain.plan import Plan, Step
from prunella.domain.ruling import ApprovalRequest, Decision, Permission, Ruling
from prunella.domain.setting import SettingChange
from prunella.domain.tool import Prepared

PLAN = Plan(
    cause="a wrong door",
    steps=(Step(tool="config.set", arguments={"file": "a.env", "key": "DOOR", "value": "8"}),),
)
HOUR_S = 3600.0


def request(run: str, question: str = "q", *, asked: float = 0.0, expires: float | None = None) -> ApprovalRequest:
    return ApprovalRequest(
        run=run,
        plan=PLAN,
        prepared=(Prepared(before={"text": "DOOR=7 hunter2!"}, difference="-DOOR=7\n+DOOR=8"),),
        rulings=(Ruling(permission=Permission.ASK, reason="every change asks"),),
        asked=asked,
        expires=expires,
        id=question,
    )


def secretive(run: str) -> ApprovalRequest:
    """One whose steps, preparations and words are full of secrets."""
    secret = {"file": "a.env", "key": "DB_PASSWORD", "value": "tr0ub4dor-value"}
    plan = Plan(
        cause="DB_PASSWORD=tr0ub4dor-cause is old",
        steps=(Step(tool="config.set", arguments=dict(secret)),),
    )
    change = SettingChange(
        path=Path("/a.env"),
        key="DB_PASSWORD",
        before="tr0ub4dor-old",
        after="tr0ub4dor-value",
    )
    prepared = Prepared(before={"text": "tr0ub4dor-before"}, changes=(change,), touches=("file:/a.env",))
    return request(run, "d41d8cd98f00b204e9800998ecf8427e").model_copy(
        update={
            "world": {"file:/a.env": "5e884898da28047151d0e56f8dc62927"},
            "plan": plan,
            "prepared": (prepared,),
        }
    )


def yes(by: str = "ann", plan: str = PLAN.key) -> Decision:
    return Decision(approved=True, plan=plan, by=by)
