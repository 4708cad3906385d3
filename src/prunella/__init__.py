"""Self-healing agents: heal it, prove it, or put it back."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prunella.agents.agent import Agent
    from prunella.agents.checks import command_passes, probes_green, sandboxed_passes
    from prunella.agents.run import Run
    from prunella.domain.brief import Brief
    from prunella.domain.goal import Goal, Objective
    from prunella.domain.plan import Answer, LookUp, Plan, Step, Unsure
    from prunella.domain.probe import (
        CommandProbe,
        DiskProbe,
        HttpProbe,
        JourneyProbe,
        JourneyStep,
        LogProbe,
        RedisProbe,
        SqlProbe,
        TcpProbe,
        TlsProbe,
    )
    from prunella.domain.report import Reach, Reading, Report
    from prunella.domain.ruling import ApprovalRequest, Autonomy, Decision
    from prunella.domain.run import Event, Limits, Verdict
    from prunella.domain.sandbox import Job, JobLimits, JobResult
    from prunella.domain.tool import Prepared
    from prunella.errors import Misuse, PrunellaError, Rejected, Transient
    from prunella.healing.context import Patience
    from prunella.sandbox.bubblewrap import Bubblewrap
    from prunella.tools.packs.code import CodePack
    from prunella.tools.packs.sql import SqlPack
    from prunella.tools.tool import tool
    from prunella.wiring.brains import Roles

__all__ = [
    "Agent",
    "Answer",
    "ApprovalRequest",
    "Autonomy",
    "Brief",
    "Bubblewrap",
    "CodePack",
    "CommandProbe",
    "Decision",
    "DiskProbe",
    "Event",
    "Goal",
    "HttpProbe",
    "Job",
    "JobLimits",
    "JobResult",
    "JourneyProbe",
    "JourneyStep",
    "Limits",
    "LogProbe",
    "LookUp",
    "Misuse",
    "Objective",
    "Patience",
    "Plan",
    "Prepared",
    "PrunellaError",
    "Reach",
    "Reading",
    "RedisProbe",
    "Rejected",
    "Report",
    "Roles",
    "Run",
    "SqlPack",
    "SqlProbe",
    "Step",
    "TcpProbe",
    "TlsProbe",
    "Transient",
    "Unsure",
    "Verdict",
    "command_passes",
    "probes_green",
    "sandboxed_passes",
    "tool",
]

_HOMES = {
    "Agent": "prunella.agents.agent",
    "Answer": "prunella.domain.plan",
    "ApprovalRequest": "prunella.domain.ruling",
    "Autonomy": "prunella.domain.ruling",
    "Brief": "prunella.domain.brief",
    "Bubblewrap": "prunella.sandbox.bubblewrap",
    "CodePack": "prunella.tools.packs.code",
    "CommandProbe": "prunella.domain.probe",
    "Decision": "prunella.domain.ruling",
    "DiskProbe": "prunella.domain.probe",
    "Event": "prunella.domain.run",
    "Goal": "prunella.domain.goal",
    "HttpProbe": "prunella.domain.probe",
    "Job": "prunella.domain.sandbox",
    "JobLimits": "prunella.domain.sandbox",
    "JobResult": "prunella.domain.sandbox",
    "JourneyProbe": "prunella.domain.probe",
    "JourneyStep": "prunella.domain.probe",
    "Limits": "prunella.domain.run",
    "LogProbe": "prunella.domain.probe",
    "LookUp": "prunella.domain.plan",
    "Misuse": "prunella.errors",
    "Objective": "prunella.domain.goal",
    "Patience": "prunella.healing.context",
    "Plan": "prunella.domain.plan",
    "Prepared": "prunella.domain.tool",
    "PrunellaError": "prunella.errors",
    "Reach": "prunella.domain.report",
    "Reading": "prunella.domain.report",
    "RedisProbe": "prunella.domain.probe",
    "Rejected": "prunella.errors",
    "Report": "prunella.domain.report",
    "Roles": "prunella.wiring.brains",
    "Run": "prunella.agents.run",
    "SqlPack": "prunella.tools.packs.sql",
    "SqlProbe": "prunella.domain.probe",
    "Step": "prunella.domain.plan",
    "TcpProbe": "prunella.domain.probe",
    "TlsProbe": "prunella.domain.probe",
    "Transient": "prunella.errors",
    "Unsure": "prunella.domain.plan",
    "Verdict": "prunella.domain.run",
    "command_passes": "prunella.agents.checks",
    "probes_green": "prunella.agents.checks",
    "sandboxed_passes": "prunella.agents.checks",
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
