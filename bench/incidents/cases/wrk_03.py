"""Payments asks fraud again and again, without a pause and without patience."""

import asyncio
import os
import re
import signal
from collections.abc import Mapping

from bench.incidents.cases.means import YAML, editing, note, noted
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard

_WRONG = {"timeout": "0.02", "retries": "50", "backoff": "0"}


async def inject(yard: Yard) -> None:
    note(yard, right=_of_fraud(yard))
    _set(yard, _WRONG)
    await yard.reload("payments")
    await _blip(yard)


async def reference(yard: Yard) -> None:
    _set(yard, noted(yard)["right"])
    await yard.reload("payments")


def _of_fraud(yard: Yard) -> dict[str, str]:
    """What the section of fraud holds."""
    section = yard.read(YAML).partition("\nfraud:\n")[2]
    return dict(
        re.findall(
            r"^  (timeout|retries|backoff): (.*)$", re.split(r"^\S", section, flags=re.MULTILINE)[0], re.MULTILINE
        )
    )


def _set(yard: Yard, values: Mapping[str, str]) -> None:
    head, sign, rest = yard.read(YAML).partition("\nfraud:\n")
    for key, value in values.items():
        rest = re.sub(rf"^  {key}: .*$", f"  {key}: {value}", rest, count=1, flags=re.MULTILINE)
    yard.write(YAML, head + sign + rest)


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
