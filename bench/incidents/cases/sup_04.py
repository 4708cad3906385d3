"""The worker no longer waits for the queue and the database when the machine starts, and is not started again."""

import os
import signal
import xmlrpc.client
from collections.abc import Sequence
from contextlib import suppress

from bench.incidents.cases.means import SUPERVISORD, WORKER, edit_in_section, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.waiting import until
from bench.incidents.yard import Yard

_PATIENCE_S = 30.0


async def inject(yard: Yard) -> None:
    """The machine comes up, and the database takes its time."""
    yard.edit(WORKER, "wait = 30.0", "wait = 0.0")
    edit_in_section(yard, SUPERVISORD, "program:ledger-worker", "autorestart=true", "autorestart=false")
    await yard.cold_restart()
    pids = await _pids(yard)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        await until(lambda: _has_given_up(yard), _PATIENCE_S, what="end of the worker")
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def _pids(yard: Yard) -> Sequence[int]:
    """Of the database, as soon as there are any."""
    found: list[int] = []

    async def are_there() -> bool:
        with suppress(OSError, xmlrpc.client.Error):
            found[:] = await yard.pids("postgres")
        return bool(found)

    await until(are_there, _PATIENCE_S, what="process of PostgreSQL")
    return found


async def _has_given_up(yard: Yard) -> bool:
    return (await yard.status())["ledger-worker"] in {"FATAL", "EXITED"}


async def reference(yard: Yard) -> None:
    yard.edit(WORKER, "wait = 0.0", "wait = 30.0")
    edit_in_section(yard, SUPERVISORD, "program:ledger-worker", "autorestart=false", "autorestart=true")
    await yard.update()
    await yard.start("ledger-worker")


async def down(yard: Yard) -> list[str]:
    state = (await yard.status()).get("ledger-worker", "gone")
    return [] if state == "RUNNING" else [f"ledger-worker is {state}"]


INCIDENT = Incident(
    id="SUP-04",
    family="supervisord",
    title="the worker gives up before its servers are up",
    services=("ledger-worker",),
    inject=inject,
    reference=reference,
    cause=(("worker.toml", "wait"), ("supervisord.conf", "autorestart")),
    allowed=Change(files=(WORKER, SUPERVISORD)),
    symptom=down,
    oracle=down,
    approves=editing(WORKER, SUPERVISORD),
)
