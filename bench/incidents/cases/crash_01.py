"""The agent is killed between two actions of its repair."""

import os
import signal

from bench.incidents.cases import cmp_01
from bench.incidents.cases.means import ENV, SITE, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.waiting import until
from bench.incidents.yard import Yard


async def meddle(yard: Yard, pid: int) -> None:
    """Kills it as soon as the first of the two files is no longer as it was found."""
    found = {name: yard.path(name).read_bytes() for name in (SITE, ENV)}

    def has_begun() -> bool:
        return any(yard.path(name).read_bytes() != text for name, text in found.items())

    await until(has_begun, 80.0, what="first write of the agent")
    os.kill(pid, signal.SIGKILL)


INCIDENT = Incident(
    id="CRASH-01",
    family="adversarial",
    title="the agent is killed in the middle of its repair",
    services=("edge", "payments"),
    inject=cmp_01.inject,
    reference=cmp_01.reference,
    cause=cmp_01.INCIDENT.cause,
    allowed=Change(files=(SITE, ENV)),
    expected="abort",
    approves=editing(SITE, ENV),
    meddle=meddle,
)
