"""Troubles, lessons and readings to begin with."""

from prunella.domain.evidence import Evidence, EvidenceKind
from prunella.domain.lesson import Lesson, Trouble
from prunella.domain.plan import Plan, Step
from prunella.domain.report import Reach, Reading

DAY_S = 86_400.0
TROUBLE = Trouble(
    fleet="/srv/yard/prunella.toml",
    services=("stock",),
    fingerprint="0123456789ab",
    text="stock http: answered 503\nstock log: database is locked",
    shape="aaaaaaaaaaaa",
)


def step(key: str = "PORT", value: str = "8080") -> Step:
    return Step(tool="config.set", arguments={"file": "/srv/yard/stock.env", "key": key, "value": value})


def restart(service: str = "stock") -> Step:
    return Step(tool="services.restart", arguments={"service": service})


def lesson(run: str = "r1", at: float = 0.0, *steps: Step, trouble: Trouble = TROUBLE, cause: str = "") -> Lesson:
    return Lesson(
        id="", trouble=trouble, cause=cause or "The port is wrong.", steps=steps or (step(), restart()), by="reflex",
        run=run, learned=at, used=at, expires=at,
    )  # fmt: skip


def plan(*steps: Step, cause: str = "The port is wrong.", follows: str = "") -> Plan:
    return Plan(cause=cause, steps=steps, lesson=follows)


def red(detail: str = "answered 503, expected 200", body: str = "", service: str | None = "stock") -> Reading:
    return Reading(probe=f"{service} http", service=service, reach=Reach.WRONG, detail=detail, body=body)


def said(text: str, service: str = "stock") -> Evidence:
    return Evidence(kind=EvidenceKind.LOG, source=f"{service} log", service=service, text=text, is_error=True)


def refused(text: str, service: str = "stock") -> Evidence:
    return Evidence(
        kind=EvidenceKind.PREFLIGHT, source=f"{service} pre-flight", service=service, text=text, is_error=True
    )
