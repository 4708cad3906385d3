"""Certificates that have run out or do not fit their key, where a pair that would do lies ready."""

import re
from collections.abc import Iterator
from pathlib import Path

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.domain.facts import ServerFact
from prunella.domain.plan import Step

_UNFIT = re.compile(r"expired|key values mismatch|not yet valid|notAfter", re.IGNORECASE)
_PEM = re.compile(r"\.(?:crt|pem|key|cert|cer)$")
_PARTS = (("certificate", "renewed"), ("key", "renewed_key"))


def candidates(case: Case) -> Iterator[Candidate]:
    seen: set[str] = set()
    for service in case.suspects:
        for fact in case.service(service).server:
            if fact.code.startswith("certificate.") and fact.fields.get("certificate", "") not in seen:
                seen.add(fact.fields.get("certificate", ""))
                yield from _install(case, service, fact)
        yield from _lead_to_pair(case, service)


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


def _lead_to_pair(case: Case, service: str) -> Iterator[Candidate]:
    """Where nothing may be installed: the settings lead to files of the same names, one folder below."""
    clues = [clue for clue in _speaking(case, service) if _UNFIT.search(clue.line)]
    lying = {str(each.state.path): each for each in case.service(service).paths if not each.is_folder}
    found: dict[str, list[Step | None]] = {}
    for place in case.places_of(service) if clues else ():
        own = next((word for word in place.value.split() if word in lying and _PEM.search(word)), None)
        for other in (path for path in lying if own and _is_below(path, own)):
            step = place.set_to(place.value.replace(own or "", other), "The pair that lies there is another one.")
            found.setdefault(str(Path(other).parent), []).append(step)
    for folder, steps in found.items():
        cause = f"The certificate of {service} is not good any more; a pair of the same names lies in {folder}."
        yield from repair(case, "certificates", 0.6 * case.scope(service), cause, steps, explains=clues)


def _is_below(path: str, own: str) -> bool:
    one, other = Path(path), Path(own)
    return one.name == other.name and one.parent.parent == other.parent


def _shows(case: Case, name: str, fact: ServerFact) -> bool:
    same = fact.fields.get("certificate")
    return any(each.fields.get("certificate") == same for each in case.service(name).server)


def _speaking(case: Case, service: str) -> tuple[Clue, ...]:
    words = ("certificate", "key values mismatch", "x509")
    return tuple(c for c in case.clues if c.service == service and any(word in c.line.lower() for word in words))[:3]
