"""Certificates that have run out or do not fit their key, where a pair that would do lies ready."""

from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.domain.facts import ServerFact
from prunella.domain.plan import Step

_PARTS = (("certificate", "renewed"), ("key", "renewed_key"))


def candidates(case: Case) -> Iterator[Candidate]:
    seen: set[str] = set()
    for service in case.suspects:
        for fact in case.service(service).server:
            if fact.code.startswith("certificate.") and fact.fields.get("certificate", "") not in seen:
                seen.add(fact.fields.get("certificate", ""))
                yield from _install(case, service, fact)


def _install(case: Case, service: str, fact: ServerFact) -> Iterator[Candidate]:
    """Both files in one plan, then whoever shows the certificate reads it again."""
    steps = [
        Step(tool="files.install", arguments={"path": fact.fields[old], "origin": fact.fields[new]}, why="It fits.")
        for old, new in _PARTS if fact.fields.get(old) and fact.fields.get(new)
    ]  # fmt: skip
    if not steps:
        return
    users = [name for name in case.facts.services if _shows(case, name, fact)]
    clues = _speaking(case, service)
    score = (0.95 if case.is_troubled(service) else 0.8) * case.scope(service)
    yield from repair(case, "certificates", score, f"{fact.text}.", steps, explains=clues, wakes=users)


def _shows(case: Case, name: str, fact: ServerFact) -> bool:
    same = fact.fields.get("certificate")
    return any(each.fields.get("certificate") == same for each in case.service(name).server)


def _speaking(case: Case, service: str) -> tuple[Clue, ...]:
    words = ("certificate", "key values mismatch", "x509")
    return tuple(c for c in case.clues if c.service == service and any(word in c.line.lower() for word in words))[:3]
