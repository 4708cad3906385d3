from pathlib import Path

from prunella.domain.plan import Plan, Step
from prunella.domain.ruling import ApprovalRequest, Permission, Ruling
from prunella.domain.setting import SettingChange
from prunella.domain.tool import Prepared
from prunella.redaction.questions import without_secrets
from prunella.redaction.redactor import REDACTED, Redactor

OLD, NEW, KNOWN = "Quartz7heron", "Basalt9finch", "quiet-otter-lane"


def test_what_a_human_is_asked_holds_no_secret() -> None:
    step = Step(tool="config.set", arguments={"file": "a/.env", "key": "DB_PASSWORD", "value": NEW}, why=f"not {KNOWN}")
    change = SettingChange(path=Path("/srv/a/.env"), key="DB_PASSWORD", before=OLD, after=NEW)
    prepared = Prepared(before={"content": OLD}, touches=("file:/srv/a/.env",), difference="1 line", changes=(change,))
    rulings = (Ruling(permission=Permission.ASK, reason="its risk"),)
    request = ApprovalRequest(run="r", plan=Plan(cause="c", steps=(step,)), prepared=(prepared,), rulings=rulings)
    shown = without_secrets(request, Redactor([KNOWN]))
    for secret in (OLD, NEW, KNOWN):
        assert secret not in shown.model_dump_json()
    assert shown.plan.steps[0].arguments == {"file": "a/.env", "key": "DB_PASSWORD", "value": REDACTED}
    assert shown.prepared[0].touches == ("file:/srv/a/.env",)
    assert shown.prepared[0].difference == "1 line"
    assert shown.rulings == rulings
    assert request.prepared[0].before == {"content": OLD}
