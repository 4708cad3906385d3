"""From what is seen to a trouble that can be met again."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from prunella.domain.evidence import Evidence, EvidenceKind
from prunella.domain.facts import ConfigFacts, Facts
from prunella.domain.fingerprint import fingerprint
from prunella.domain.lesson import Trouble
from prunella.domain.report import Reading, Report
from prunella.memory.wording import Ports, probed_ports, spoken, steady

_FINDINGS = frozenset({EvidenceKind.PREFLIGHT, EvidenceKind.SETTING})
_SAYINGS = frozenset({EvidenceKind.LOG, EvidenceKind.READING})
_GRAVE = re.compile(r"error|exception|fatal|panic|critical|fail|refused|denied", re.IGNORECASE)
_MOST_TEXT, _MOST_LINE = 1_500, 300


def trouble_in(facts: Facts, report: Report, evidence: Iterable[Evidence]) -> Trouble:
    """The trouble of a fleet; its shape covers the services in trouble and all that they need."""
    fleet, ports = facts.fleet, probed_ports(facts.fleet)
    bare = trouble_of(str(fleet.path), facts.targets, report.failing, evidence, ports=ports)
    reached = _with_needs(facts, bare.services)
    files = [file for name in reached for file in facts.services[name].files]
    return bare.model_copy(update={"shape": shape_of(files, fleet.folder)})


def trouble_of(
    fleet: str,
    targets: Iterable[str],
    failing: Iterable[Reading],
    evidence: Iterable[Evidence],
    *,
    shape: str = "",
    ports: Ports | None = None,
) -> Trouble:
    """Equal in fingerprint for the same symptoms at another time.

    What is broken on disk and refused by a pre-flight decides; only where nothing is does the newest complaint of
    each service in trouble, for logs also hold what was wrong on other days. What a brain looked up does not count.
    """
    readings, seen, ports = tuple(failing), tuple(evidence), ports or {}
    services = sorted({reading.service for reading in readings if reading.service}) or sorted(set(targets))
    telling = _telling(seen, services)
    marks = {*(_mark_of(reading, ports) for reading in readings), *_absent(seen), *_marks(telling, ports)}
    return Trouble(
        fleet=fleet,
        services=tuple(services),
        fingerprint=fingerprint("\n".join(sorted(marks))),
        text=_in_words(readings, telling, ports),
        shape=shape,
    )


def shape_of(files: Iterable[ConfigFacts], folder: Path) -> str:
    """Twelve hex digits over which settings exist in which files, below `folder` where they are; no value counts.

    A file that is gone, or does not parse, has a shape of its own.
    """
    lines = sorted({line for file in files for line in _shape_lines(file, folder)})
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _shape_lines(file: ConfigFacts, folder: Path) -> Iterator[str]:
    name = str(file.path).removeprefix(f"{folder}/")
    yield f"{name}\0{'unreadable' if file.fault else 'there' if file.exists else 'absent'}"
    yield from (f"{name}\0.{setting.key}" for setting in file.settings)


def _with_needs(facts: Facts, names: Sequence[str]) -> tuple[str, ...]:
    reached = [name for name in names if name in facts.services]
    for name in reached:
        needs = facts.services[name].service.needs
        reached += [need for need in needs if need in facts.services and need not in reached]
    return tuple(reached)


def _mark_of(reading: Reading, ports: Ports) -> str:
    seen = f"{steady(reading.detail, ports)}|{spoken(reading.body, ports)}"
    return f"{reading.service}|{reading.probe}|{reading.reach.name}|{seen}"


def _absent(evidence: Iterable[Evidence]) -> set[str]:
    down = (e for e in evidence if e.kind is EvidenceKind.PROCESS and e.text.startswith("not running"))
    return {f"{each.service}|not running" for each in down}


def _telling(evidence: Sequence[Evidence], services: Sequence[str]) -> tuple[Evidence, ...]:
    """The errors that tell this trouble from others."""
    errors = [each for each in evidence if each.is_error]
    findings = tuple(each for each in errors if each.kind in _FINDINGS)
    if findings:
        return findings
    sayings = [each for each in errors if each.kind in _SAYINGS]
    own = [each for each in sayings if each.service in services]
    return _newest_of_each(own or sayings)


def _newest_of_each(sayings: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The last grave complaint of each service, else its last one; `sayings` come newest last."""
    chosen: dict[str | None, Evidence] = {}
    for each in sayings:
        known = chosen.get(each.service)
        if known is None or _is_grave(each) >= _is_grave(known):
            chosen[each.service] = each
    return tuple(chosen.values())


def _is_grave(evidence: Evidence) -> bool:
    return _GRAVE.search(evidence.text) is not None


def _marks(telling: Iterable[Evidence], ports: Ports) -> Iterator[str]:
    for each in telling:
        is_finding = each.kind in _FINDINGS
        words = steady(each.text, ports) if is_finding else spoken(each.text, ports)
        yield f"{each.service}|{each.kind}|{each.source if is_finding else ''}|{words}"


def _in_words(readings: Iterable[Reading], telling: Iterable[Evidence], ports: Ports) -> str:
    lines = [f"{reading.probe}: {steady(reading.detail, ports)[:_MOST_LINE]}" for reading in readings]
    lines += [f"{each.source}: {steady(each.text, ports)[-_MOST_LINE:]}" for each in telling]
    return "\n".join(lines)[:_MOST_TEXT]
