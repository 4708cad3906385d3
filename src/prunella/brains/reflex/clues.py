"""The lines in which services and probes say what is wrong, each with its source and how much it weighs."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prunella.domain.brief import Brief
from prunella.domain.facts import Facts, ServiceFacts
from prunella.domain.fingerprint import without_noise
from prunella.domain.report import Reading

_ERRORISH = re.compile(
    r"error|fail|fatal|panic|exception|refused|denied|invalid|illegal|missing|mismatch|unknown|unexpected"
    r"|expected|cannot"
    r"|can't|could not|couldn't|must|unable|unauthori|forbidden|not (?:found|set|a valid|allowed|supported"
    r"|exist)|required"
    r"|no such|in use|EADDR|ECONN|ENO|EACCES|rejected|critical|emerg|timed? ?out|unrecogni|unsupported|bad |check "
    r"|exceed|too (?:many|large|long|small|big|short)|unavailable|overload|disabled|switched off|not accepted",
    re.IGNORECASE,
)
_STARTED = re.compile(
    r"\b(listening|started|serving|ready|accepting|running on|startup complete|up and)\b", re.IGNORECASE
)
_ACCESS = re.compile(r'"(?:GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS) \S+ HTTP/\d')
_LOG_LINES = 80
_CONTEXT = 6


@dataclass(frozen=True)
class Clue:
    """One line that was read. `weight` is 0 to 1; `before` are the lines above it, nearest last."""

    service: str | None
    source: str
    line: str
    weight: float
    before: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.source}: {self.line}"


def is_errorish(line: str) -> bool:
    return _ERRORISH.search(line) is not None


def read_clues(facts: Facts, brief: Brief) -> tuple[Clue, ...]:
    """All clues, heaviest first; the same line of the same service once, at its greatest weight."""
    found: dict[tuple[str | None, str], Clue] = {}
    for clue in _all_clues(facts, brief):
        key = (clue.service, without_noise(clue.line))
        if clue.line and (key not in found or found[key].weight < clue.weight):
            found[key] = clue
    return tuple(sorted(found.values(), key=lambda clue: -clue.weight))


def _all_clues(facts: Facts, brief: Brief) -> Iterator[Clue]:
    for name, service in facts.services.items():
        yield from _of_preflight(name, service)
        yield from _of_log(name, service)
        if service.status and not service.status.running:
            yield from _lines(name, f"supervisor of {name}", service.status.detail.splitlines(), 0.8)
    for reading in brief.report.failing:
        yield from _of_reading(reading)
    for evidence in brief.evidence:
        if evidence.is_error:
            yield from _lines(evidence.service, evidence.source, evidence.text.splitlines(), 0.6)


def _of_preflight(name: str, service: ServiceFacts) -> Iterator[Clue]:
    if service.preflight is not None and not service.preflight.ok:
        yield from _lines(name, f"pre-flight of {name}", service.preflight.output.splitlines(), 1.0)


def _of_reading(reading: Reading) -> Iterator[Clue]:
    source = f"probe {reading.probe}"
    yield from _lines(reading.service, source, [reading.detail, *reading.body.splitlines()[:40]], 0.85)


def _of_log(name: str, service: ServiceFacts) -> Iterator[Clue]:
    """Later lines weigh more; what stands before the last successful start weighs less while the service runs."""
    lines = service.log[-_LOG_LINES:]
    running = service.status is not None and service.status.running
    starts = [i for i, line in enumerate(lines) if _STARTED.search(line) and not _ERRORISH.search(line)]
    last_start = starts[-1] if starts and running else 0
    for index, line in enumerate(lines):
        weight = 0.95 if index >= len(lines) - 15 else 0.75 if index >= len(lines) - 40 else 0.5
        weight *= 1.0 if index >= last_start else 0.5
        weight *= 1.0 if is_errorish(line) else 0.5
        weight *= 0.2 if _ACCESS.search(line) else 1.0
        yield Clue(name, f"log of {name}", line.strip(), weight, tuple(lines[max(0, index - _CONTEXT) : index]))


def _lines(service: str | None, source: str, lines: Iterable[str], weight: float) -> Iterator[Clue]:
    seen: list[str] = []
    for line in lines:
        yield Clue(service, source, line.strip(), weight, tuple(seen[-_CONTEXT:]))
        seen.append(line)
