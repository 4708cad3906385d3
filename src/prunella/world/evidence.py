"""From a picture of the fleet to the facts worth telling: what is down, red, unreadable, complaining or different."""

import re
from collections.abc import Iterable, Iterator

from prunella.domain.evidence import Evidence, EvidenceKind, Findings
from prunella.domain.facts import ConfigFacts, Facts, Reference, ServiceFacts
from prunella.domain.fingerprint import without_noise
from prunella.domain.report import Reach, Reading
from prunella.domain.service import Fleet
from prunella.world.crossings import crossings
from prunella.world.evidence_around import amiss_around, amiss_in

_COMPLAINT = re.compile(
    r"\b(error|errno|exception|traceback|fatal|panic|critical|fail(ed|ure|ing)?|refused|denied|invalid|unknown|missing|"
    r"cannot|can't|could not|unable|timed? ?out|not found|no such|mismatch|illegal|unexpected|in use|unauthori[sz]ed|"
    r"forbidden|required|must|expected|abort(ed)?|warn(ing)?)\b",
    re.IGNORECASE,
)
_MOST_ERRORS = 8
_MOST_LINES = 12
_MOST_SETTINGS = 60


def findings(facts: Facts) -> Findings:
    """Evidence and signs of the targets and of what they need, nearest first."""
    services = [facts.services[name] for name in within_reach(facts)]
    evidence = [each for service in services for each in _evidence_of(service, facts)]
    evidence += amiss_around(facts)
    behind = crossings((each.text for each in evidence if each.is_error), services, facts)
    return Findings(
        evidence=(*evidence, *([behind] if behind else [])),
        signs=tuple(sign for each in services for sign in _signs_of(each)),
    )


def within_reach(facts: Facts) -> tuple[str, ...]:
    """The targets, then all that they need, directly or not; each once."""
    return with_needs(facts.fleet, facts.targets)


def with_needs(fleet: Fleet, names: Iterable[str]) -> tuple[str, ...]:
    """`names`, then all that they need, directly or not; each once."""
    reached = list(names)
    for name in reached:
        reached += [need for need in fleet.services[name].needs if need not in reached]
    return tuple(reached)


def _signs_of(facts: ServiceFacts) -> Iterator[Reading]:
    name = facts.service.name
    if facts.status is not None:
        reach = Reach.RIGHT if facts.status.running else Reach.NOBODY
        detail = "running" if facts.status.running else "not running"
        yield Reading(probe=f"{name}: process", service=name, reach=reach, detail=detail)
    if facts.preflight is not None:
        reach = Reach.RIGHT if facts.preflight.ok else Reach.WRONG
        detail = "would be accepted" if facts.preflight.ok else f"exit {facts.preflight.exit_code}"
        yield Reading(probe=f"{name}: pre-flight", service=name, reach=reach, detail=detail)


def _evidence_of(facts: ServiceFacts, whole: Facts) -> Iterator[Evidence]:
    name = facts.service.name
    if facts.status is not None:
        yield _process(facts, whole)
    if facts.preflight is not None and not facts.preflight.ok:
        yield Evidence(
            kind=EvidenceKind.PREFLIGHT, source=f"{name} pre-flight", service=name, is_error=True,
            text=facts.preflight.output.strip() or f"exit {facts.preflight.exit_code}",
        )  # fmt: skip
    for file in facts.files:
        if file.fault:
            yield _unreadable(file, facts, whole)
    yield from _log(facts)
    yield from amiss_in(facts, whole)
    for reference in whole.references:
        if reference.changes and reference.file in facts.service.config:
            yield _difference(reference, facts, whole)
    if _is_suspect(facts, whole):
        yield from (_settings(file, facts, whole) for file in facts.files if file.settings)


def _process(facts: ServiceFacts, whole: Facts) -> Evidence:
    status, name = facts.status, facts.service.name
    ports = sorted({str(each.port) for each in whole.listeners if each.service == name and not each.is_stray})
    text = "not running"
    if status is not None and status.running:
        text = f"running as pid {status.pid}" + (f", listening on {', '.join(ports)}" if ports else "")
    if facts.is_stale:
        text += "; its configuration on disk is newer than what it runs on"
    if facts.service.probes:
        text += f"; probed by {', '.join(probe.name for probe in facts.service.probes)}"
    return Evidence(kind=EvidenceKind.PROCESS, source=f"{name} process", service=name, text=text)


def _unreadable(file: ConfigFacts, facts: ServiceFacts, whole: Facts) -> Evidence:
    place = f"{relative(file.path, whole)}:{file.fault_line}" if file.fault_line else relative(file.path, whole)
    return Evidence(kind=EvidenceKind.SETTING, source=place, service=facts.service.name, text=file.fault, is_error=True)


def _is_suspect(facts: ServiceFacts, whole: Facts) -> bool:
    """It is down or would not start, or is in trouble and needs nobody who is: the others only suffer."""
    is_down = facts.status is not None and not facts.status.running
    if is_down or (facts.preflight is not None and not facts.preflight.ok):
        return True
    name, targets = facts.service.name, set(whole.targets)
    return name in targets and not (set(with_needs(whole.fleet, facts.service.needs)) - {name}) & targets


def _settings(file: ConfigFacts, facts: ServiceFacts, whole: Facts) -> Evidence:
    """What the file says, setting by setting, so that nobody has to look for what may be changed."""
    lines = [f"{each.key}={'' if each.value is None else each.value}" for each in file.settings[:_MOST_SETTINGS]]
    left = len(file.settings) - len(lines)
    return Evidence(
        kind=EvidenceKind.SETTING, source=relative(file.path, whole), service=facts.service.name,
        text="\n".join([*lines, *([f"and {left} more"] if left else [])]),
    )  # fmt: skip


def _difference(reference: Reference, facts: ServiceFacts, whole: Facts) -> Evidence:
    lines = [f"{c.key}: {c.before} → {c.after}" for c in reference.changes]
    return Evidence(
        kind=EvidenceKind.DIFFERENCE, source=f"{relative(reference.file, whole)} since {reference.origin}",
        service=facts.service.name, text="\n".join(lines),
    )  # fmt: skip


def _log(facts: ServiceFacts) -> Iterator[Evidence]:
    """Each complaint once, newest last; the newest lines where nothing complains."""
    name, complaints = facts.service.name, complaining(facts.log)
    for line in complaints[-_MOST_ERRORS:]:
        yield Evidence(kind=EvidenceKind.LOG, source=f"{name} log", service=name, text=line, is_error=True)
    if not complaints and facts.log:
        newest = "\n".join(facts.log[-_MOST_LINES:])
        yield Evidence(kind=EvidenceKind.LOG, source=f"{name} log", service=name, text=newest)


def complaining(lines: Iterable[str]) -> tuple[str, ...]:
    """The lines that report trouble, each distinct one once, in the order of their newest places."""
    newest: dict[str, str] = {}
    for line in lines:
        if _COMPLAINT.search(line):
            key = without_noise(line)
            newest.pop(key, None)
            newest[key] = line.strip()
    return tuple(newest.values())


def relative(path: object, facts: Facts) -> str:
    """A path as the operator writes it: from the fleet's folder."""
    return str(path).removeprefix(f"{facts.fleet.folder}/")
