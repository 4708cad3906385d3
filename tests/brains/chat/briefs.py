"""Briefs that the tests of the chat brain share."""

from prunella.domain.brief import Brief
from prunella.domain.evidence import Evidence, EvidenceKind
from prunella.domain.frozen import JsonValue
from prunella.domain.report import Reach, Reading, Report
from prunella.domain.tool import Risk, ToolSpec

TEXT: dict[str, JsonValue] = {"type": "string"}


def spec(name: str, risk: Risk, description: str = "It does.", **properties: dict[str, JsonValue]) -> ToolSpec:
    parameters: dict[str, JsonValue] = {
        "type": "object",
        "properties": {**properties},
        "required": list(properties),
        "additionalProperties": False,
    }
    return ToolSpec(name=name, description=description, risk=risk, parameters=parameters, returns={})


STATUS = spec("services.status", Risk.READ, "Whether a service runs.", service=TEXT)
SET = spec("config.set", Risk.CHANGE, "Change one setting.", service=TEXT, key=TEXT, value=TEXT)
RESTART = spec("services.restart", Risk.INTERRUPT, "Stop and start a service.", service=TEXT)

BRIEF = Brief(
    goal="Check the payments service and fix any issues.",
    report=Report(
        readings=(
            Reading(probe="payments-http", service="payments", reach=Reach.NOBODY, detail="connection refused"),
            Reading(probe="ledger-http", service="ledger", reach=Reach.RIGHT, detail="200"),
        )
    ),
    evidence=(
        Evidence(kind=EvidenceKind.SETTING, source="payments/.env", service="payments", text="PORT=9090"),
        Evidence(
            kind=EvidenceKind.LOG,
            source="log/payments.log",
            service="payments",
            text="Connection refused. Check if PORT is set to 8080.",
            is_error=True,
        ),
    ),
    tools=(STATUS, SET, RESTART),
)

FIX: dict[str, str] = {"service": "payments", "key": "PORT", "value": "8080"}
