"""Starts what should run and does not, the root-most first, unless its pre-flight is red."""

from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate, in_order, wake
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import is_errorish
from prunella.domain.plan import Plan


def candidates(case: Case) -> Iterator[Candidate]:
    down = [name for name in in_order(case, case.suspects) if _is_startable(case, name)]
    if not down:
        return
    for name in down:
        waits = [need for need in case.all_needs(name) if need in down]
        if not waits:
            yield _start(case, (name,), 0.85 * (1 if _has_preflight(case, name) else 0.85))
    targets = set(case.facts.targets)
    if len(down) > 1 and targets & set(down):
        yield _start(case, tuple(down), 0.9)


def _is_startable(case: Case, name: str) -> bool:
    facts = case.service(name)
    if case.is_running(name) is not False or facts.service.supervisor is None:
        return False
    held = any(
        listener.service != name or listener.is_stray for port in case.ports(name) for listener in case.listeners(port)
    )
    return not held and (facts.preflight is None or facts.preflight.ok) and not any(c.fault for c in facts.files)


def _has_preflight(case: Case, name: str) -> bool:
    return case.service(name).preflight is not None


def _start(case: Case, names: tuple[str, ...], score: float) -> Candidate:
    """A service that was stopped scores in full; one whose own words explain why it fell scores less."""
    dying = [
        clue
        for name in names
        for clue in case.clues
        if clue.service == name and clue.weight > 0.7 and is_errorish(clue.line)
    ]
    checked = all(_has_preflight(case, name) for name in names)
    score *= (0.7 if checked else 0.3) if dying else 1.0
    because = tuple(f"supervisor of {name}: not running. {_detail(case, name)}".strip() for name in names)
    healthy = tuple(f"pre-flight of {name}: green." for name in names if _has_preflight(case, name))
    cause = f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} not running."
    steps = tuple(wake(case, name) for name in names)
    return Candidate(Plan(cause=cause, because=(*because, *healthy), steps=steps), score, "stopped")


def _detail(case: Case, name: str) -> str:
    status = case.service(name).status
    return status.detail if status else ""
