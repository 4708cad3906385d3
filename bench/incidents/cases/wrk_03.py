"""Payments asks fraud again and again, without a pause and without patience."""

import asyncio
import os
import signal

from bench.incidents.cases.means import YAML, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard

_RIGHT = "  timeout: 2.0\n  retries: 1\n  backoff: 0.05\n"
_WRONG = "  timeout: 0.02\n  retries: 50\n  backoff: 0\n"


async def inject(yard: Yard) -> None:
    yard.edit(YAML, _RIGHT, _WRONG)
    await yard.reload("payments")
    await _blip(yard)


async def reference(yard: Yard) -> None:
    yard.edit(YAML, _WRONG, _RIGHT)
    await yard.reload("payments")


async def _blip(yard: Yard) -> None:
    """Fraud stands still for a second, with customers waiting."""
    pids = await yard.pids("fraud")
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(1)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def symptom(yard: Yard) -> list[str]:
    """Under load, long after the pause."""
    journey = await yard.journey(40, at_once=20)
    slow = [f"p95 is {journey.p95_ms:.0f} ms"] if journey.p95_ms > 2_000 else []
    return journey.failures[:3] + slow


INCIDENT = Incident(
    id="WRK-03",
    family="worker",
    title="a short pause of fraud has become a storm of retries",
    services=("payments",),
    inject=inject,
    reference=reference,
    cause=(("config.yaml", "retries"), ("config.yaml", "backoff"), ("config.yaml", "fraud.timeout")),
    allowed=Change(files=(YAML,)),
    symptom=symptom,
    load=True,
    approves=editing(YAML),
)
