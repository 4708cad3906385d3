"""What questions that wait cost: nothing while they wait, and little when somebody looks."""

import asyncio
import time
from pathlib import Path

from bench.figures import Figure
from prunella.domain.evidence import Evidence, EvidenceKind
from prunella.domain.plan import Plan, Step
from prunella.domain.ruling import ApprovalRequest, Permission, Ruling
from prunella.domain.run import RunRecord
from prunella.domain.tool import Prepared, Risk
from prunella.storage.approvals import SqliteApprovals
from prunella.wiring.settings import Settings
from prunella.wiring.workshop import Workshop, open_workshop

PENDING = 1_000
_IDLE_S = 2.0
_LOG = "\n".join(
    f"12:00:{second:02} ERROR no answer from the next service on port 8{second:03}" for second in range(40)
)


async def measure_approvals(folder: Path, pending: int = PENDING) -> list[Figure]:
    """Parks `pending` runs in a state folder of its own below `folder`, then waits, then looks."""
    async with open_workshop(Settings(home=folder / "approvals", environ={})) as workshop:
        none = await _cpu_ms_a_second()
        approvals = SqliteApprovals(workshop.runs.connection, workshop.clock)
        for number in range(pending):
            await _park(workshop, approvals, number)
        waiting = await _cpu_ms_a_second()
        begun = time.process_time()
        listed = len(await approvals.waiting())
        listing_ms = (time.process_time() - begun) * 1000
        tasks = len(asyncio.all_tasks()) - 1
    note = f"with none {none:.1f} ms; {tasks} tasks wait for them"
    return [
        Figure(f"{listed:,} approvals pending, processor of a second", waiting, "ms", aim=5, note=note),
        Figure(f"to list {listed:,} of them, processor", listing_ms, "ms", aim=1_000),
    ]


async def _cpu_ms_a_second() -> float:
    """What this process uses of the processor while nothing happens."""
    begun = time.process_time()
    await asyncio.sleep(_IDLE_S)
    return (time.process_time() - begun) * 1000 / _IDLE_S


async def _park(workshop: Workshop, approvals: SqliteApprovals, number: int) -> None:
    run, service = f"run-{number:04}", f"service-{number:04}"
    record = await workshop.runs.open(
        RunRecord(id=run, goal=f"Heal {service}.", fleet="/fleet.toml", services=(service,), started=time.time())
    )
    await approvals.ask(_question(run, service), record.token)
    await approvals.park(run, record.token)


def _question(run: str, service: str) -> ApprovalRequest:
    """Of the size of a real one."""
    steps = (
        Step(tool="config.set", arguments={"file": f"{service}/.env", "key": "PORT", "value": "8080"}),
        Step(tool="services.restart", arguments={"service": service}),
    )
    ruling = Ruling(permission=Permission.ASK, reason="Autonomy is ask: every change asks.")
    return ApprovalRequest(
        run=run,
        plan=Plan(cause=f"{service} listens on the wrong port", because=("the log says so",), steps=steps),
        prepared=(Prepared(difference="-PORT=8081\n+PORT=8080"), Prepared()),
        rulings=(ruling, ruling),
        risks=(Risk.CHANGE, Risk.INTERRUPT),
        evidence=(Evidence(kind=EvidenceKind.LOG, source=f"{service}.log", text=_LOG, service=service),),
        asked=time.time(),
        expires=time.time() + 259_200,
        id=run,
    )
