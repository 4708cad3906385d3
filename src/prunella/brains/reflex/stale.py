"""Processes that do not run on what lies on the disk, or that hang: a restart, if the pre-flight allows it."""

import re
from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.waking import in_order, refresh, wake
from prunella.domain.plan import Plan, Step
from prunella.domain.report import Reach

_WORN_OUT = re.compile(
    r"out of memory|MemoryError|cannot allocate|too many open files|EMFILE|heap space|pool (?:is )?exhausted|deadlock"
    r"|can't start new thread|resource temporarily unavailable|queue (?:is )?full|stuck|wedged|leak",
    re.IGNORECASE,
)


def candidates(case: Case) -> Iterator[Candidate]:
    for name in in_order(case, case.suspects):
        facts = case.service(name)
        red = facts.preflight is not None and not facts.preflight.ok
        if (
            case.is_running(name) is not True
            or red
            or facts.service.supervisor is None
            or any(c.fault for c in facts.files)
        ):
            continue
        if facts.is_stale:
            yield _renew(case, name, "runs on an older configuration than lies on the disk")
        elif _reach(case, name) is Reach.SILENT:
            yield _restart(case, name, 0.4, "runs and does not answer")
        elif _reach(case, name) is Reach.NOBODY and case.ports(name) and not _listens(case, name):
            yield _restart(case, name, 0.3, "runs and does not listen where it should")
        elif _reach(case, name) is Reach.WRONG and _is_worn_out(case, name):
            yield _restart(case, name, 0.35, "has used up something that a new process has again")


def _reach(case: Case, name: str) -> Reach | None:
    return min((r.reach for r in case.brief.report.failing if r.service == name), default=None)


def _is_worn_out(case: Case, name: str) -> bool:
    return any(_WORN_OUT.search(clue.line) for clue in case.clues if clue.service == name and clue.weight > 0.4)


def _listens(case: Case, name: str) -> bool:
    return any(listener.service == name for port in case.ports(name) for listener in case.listeners(port))


def _renew(case: Case, name: str, why: str) -> Candidate:
    """By a reload where there is one: it may have had one already, since when nobody knows what it runs on."""
    step = refresh(case, name) or wake(case, name)
    is_ailing = any(reading.service == name for reading in case.brief.report.failing)
    mild = 0.35 if is_ailing else 0.12
    return _put_right(case, name, (step, mild if step.tool == "services.reload" else 0.55), why)


def _restart(case: Case, name: str, score: float, why: str) -> Candidate:
    return _put_right(case, name, (wake(case, name), score), why)


def _put_right(case: Case, name: str, how: tuple[Step, float], why: str) -> Candidate:
    because = tuple(f"probe {r.probe}: {r.detail}" for r in case.brief.report.failing if r.service == name)
    step, score = how
    plan = Plan(cause=f"{name} {why}.", because=because or (f"supervisor of {name}: running.",), steps=(step,))
    return Candidate(plan, score * case.scope(name), "stale")
