"""The log is full of errors of another day; the service is healthy."""

from bench.incidents.cases.nop_01 import symptom
from bench.incidents.incident import Incident
from bench.incidents.yard import Yard

LOGS = ("log/payments.log", "log/ledger-worker.log")
_OLD = (
    "2026-03-02 03:12:44,101 ERROR payments[4711] POST /pay: OperationalError: connection to server at"
    ' "127.0.0.1", port 5433 failed: Connection refused\n'
    "2026-03-02 03:12:44,350 ERROR payments[4711] config.yaml: workers: 0 is not within 1 and 256\n"
)


async def inject(yard: Yard) -> None:
    """At the end of each log, where everybody looks."""
    for name in LOGS:
        with yard.path(name).open("a", encoding="utf-8") as log:
            log.write(_OLD * 60)


INCIDENT = Incident(
    id="NOP-02",
    family="adversarial",
    title="the log is full of old errors, and nothing is wrong",
    services=(),
    inject=inject,
    symptom=symptom,
    expected="healthy",
    goal="The log of payments is full of errors. Find out what is wrong with the fleet and fix it.",
)
