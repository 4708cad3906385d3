"""Self-healing agents: heal it, prove it, or put it back."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prunella.agents.agent import Agent
    from prunella.agents.run import Run
    from prunella.domain.brief import Brief
    from prunella.domain.goal import Goal, Objective
    from prunella.domain.plan import Answer, LookUp, Plan, Step, Unsure
    from prunella.domain.report import Reach, Reading, Report
    from prunella.domain.ruling import ApprovalRequest, Autonomy, Decision
    from prunella.domain.run import Event, Limits, Verdict
    from prunella.domain.tool import Prepared
    from prunella.errors import PrunellaError
    from prunella.tools.tool import tool

__all__ = [
    "Agent",
    "Answer",
    "ApprovalRequest",
    "Autonomy",
    "Brief",
    "Decision",
    "Event",
    "Goal",
    "Limits",
    "LookUp",
    "Objective",
    "Plan",
    "Prepared",
    "PrunellaError",
    "Reach",
    "Reading",
    "Report",
    "Run",
    "Step",
    "Unsure",
    "Verdict",
    "tool",
]

_HOMES = {
    "Agent": "prunella.agents.agent",
    "Answer": "prunella.domain.plan",
    "ApprovalRequest": "prunella.domain.ruling",
    "Autonomy": "prunella.domain.ruling",
    "Brief": "prunella.domain.brief",
    "Decision": "prunella.domain.ruling",
    "Event": "prunella.domain.run",
    "Goal": "prunella.domain.goal",
    "Limits": "prunella.domain.run",
    "LookUp": "prunella.domain.plan",
    "Objective": "prunella.domain.goal",
    "Plan": "prunella.domain.plan",
    "Prepared": "prunella.domain.tool",
    "PrunellaError": "prunella.errors",
    "Reach": "prunella.domain.report",
    "Reading": "prunella.domain.report",
    "Report": "prunella.domain.report",
    "Run": "prunella.agents.run",
    "Step": "prunella.domain.plan",
    "Unsure": "prunella.domain.plan",
    "Verdict": "prunella.domain.run",
    "tool": "prunella.tools.tool",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used: `import prunella` stays fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'prunella' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
