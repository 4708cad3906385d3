"""Starts what should run and does not, the root-most first, unless its pre-flight is red."""

from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import is_errorish
from prunella.brains.reflex.waking import in_order, wake
from prunella.domain.plan import Plan

_CHANCE = 0.85


def candidates(case: Case) -> Iterator[Candidate]:
    down = [name for name in in_order(case, case.suspects) if _is_startable(case, name)]
    if not down:
        return
    for name in down:
        waits = [need for need in case.all_needs(name) if need in down]
        if not waits:
            yield _start(case, (name,), _CHANCE * _hope(case, name))
    targets = set(case.facts.targets)
    if len(down) > 1 and targets & set(down):
        yield _start(case, tuple(down), 0.9)


def _is_startable(case: Case, name: str) -> bool:
    facts = case.service(name)
    if case.is_running(name) is not False or facts.service.supervisor is None:
        return False
    if all(_is_held(case, name, port) for port in case.ports(name)) and case.ports(name):
        return False
    return (facts.preflight is None or facts.preflight.ok) and not any(c.fault for c in facts.files)


def _hope(case: Case, name: str) -> float:
    """Less where nobody checked its configuration, and where one of its ports has another holder."""
    held = any(_is_held(case, name, port) for port in case.ports(name))
    return (1.0 if _has_preflight(case, name) else 0.85) * (0.6 if held else 1.0)


def _is_held(case: Case, name: str, port: int) -> bool:
    return any(listener.service != name or listener.is_stray for listener in case.listeners(port))


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
