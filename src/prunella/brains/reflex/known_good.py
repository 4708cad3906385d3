"""Back to what was known to be good, in the smallest pieces that may matter; later edits elsewhere are kept."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue, is_errorish
from prunella.brains.reflex.endpoints import endpoints_of
from prunella.brains.reflex.locations import takes
from prunella.brains.reflex.names import is_near
from prunella.brains.reflex.places import Place
from prunella.brains.reflex.suspicion import mentioned
from prunella.domain.facts import Reference
from prunella.domain.plan import Step
from prunella.domain.setting import Format, SettingChange

TRIALS = 3
_UNSPOKEN = 0.4  # nothing that was read leads to it: a plain restart comes first
_PLACEHOLDER = re.compile(r"change.?me|^x+$|<.*>|your[-_ ]|example|todo|placeholder|replace|^\.\.\.$", re.IGNORECASE)


@dataclass(frozen=True)
class Difference:
    """One setting that differs from a reference. `relevance` 0 to 1: how much of what is seen speaks of it."""

    change: SettingChange
    service: str
    relevance: float
    clues: tuple[Clue, ...]

    @property
    def step(self) -> Step:
        change, file = self.change, str(self.change.path)
        if change.before is None:
            arguments: dict[str, str] = {"file": file, "key": change.key}
            return Step(tool="config.remove", arguments={**arguments}, why="It was not there.")
        return Step(
            tool="config.set",
            arguments={"file": file, "key": change.key, "value": change.before},
            why=f"It was {change.before}.",
        )

    def __str__(self) -> str:
        path = f"{self.change.path.parent.name}/{self.change.path.name}"
        before = "not there" if self.change.before is None else f"{self.change.before!r}"
        after = "not there" if self.change.after is None else f"{self.change.after!r}"
        return f"{path} {self.change.key} is {after}, was {before}"


def trust(origin: str) -> float:
    """How good a witness is: what was seen green, then what was committed, then what somebody copied."""
    return 0.85 if origin == "known good" else 0.75 if origin.startswith("git") else 0.5


def is_copy(origin: str) -> bool:
    """An example or backup beside the file: a witness for single settings, not for the whole."""
    return trust(origin) < 0.7


def candidates(case: Case) -> Iterator[Candidate]:
    for origin in dict.fromkeys(reference.origin for reference in case.facts.references):
        found = [d for r in case.facts.references if r.origin == origin for d in _differences(case, r)]
        yield from _trials(case, origin, sorted(found, key=lambda d: -d.relevance))
    for reference in case.facts.references:
        yield from _vanished(case, reference)


def _differences(case: Case, reference: Reference) -> Iterator[Difference]:
    owners = [name for name in case.owners(reference.file) if name in case.suspects]
    broken = any(c.path == reference.file and (c.fault or not c.exists) for _, c in case.files())
    if not owners or broken or any(c.format is Format.TEXT for _, c in case.files() if c.path == reference.file):
        return
    for change in reference.changes:
        relevance, clues = _relevance(case, owners[0], change)
        if not is_copy(reference.origin) or (clues and change.before and not _PLACEHOLDER.search(change.before)):
            yield Difference(change, owners[0], relevance, clues)


def _relevance(case: Case, service: str, change: SettingChange) -> tuple[float, tuple[Clue, ...]]:
    """(relevance, the clues that speak of the key, its value, or its absence)."""
    place = Place(service, change.path, Format.TEXT, "", change.key, change.after or "", 0, editable=True)
    named = {clue: _names(case, change, clue) for clue in case.clues}
    quoting = set(case.mentions(change.after)) if change.after and len(change.after) > 2 else set[Clue]()
    absent = {h.clue for h in case.hints for key in h.missing if change.after is None and key.endswith(place.leaf)}
    led = {c for c in case.clues if change.before is None and takes(change.key, c)}
    degrees = {
        c: max(n, 0.7 * (c in quoting), 0.95 * (c in absent), 0.9 * (c in led)) * c.weight for c, n in named.items()
    }
    degrees = {c: d for c, d in degrees.items() if is_errorish(c.line) or not c.source.startswith("log")}
    clues = tuple(sorted((c for c, d in degrees.items() if d >= 0.25), key=lambda c: -degrees[c]))[:3]
    score = max(degrees.values(), default=0.0) * 0.7
    ports = [e.port for e in endpoints_of(place) if e.port]
    dead = any(not case.listeners(port) for port in ports)
    score += 0.25 * dead + 0.1 * (
        change.after is not None and change.before is not None and is_near(change.after, change.before)
    )
    return min(1.0, (score + 0.1) * case.scope(service)), clues


def _names(case: Case, change: SettingChange, clue: Clue) -> float:
    found = [d for p, d in mentioned(case, clue.line).items() if p.file == change.path and p.key == change.key]
    return max(found, default=0.0)


def _trials(case: Case, origin: str, found: list[Difference]) -> Iterator[Candidate]:
    """At most `TRIALS` plans: the likeliest single settings, then all that something speaks of.

    A difference alone is no evidence: most of them are edits that somebody meant.
    """
    relevant = [d for d in found if d.relevance >= 0.4]
    spoken_of = [d for d in found if d.clues]
    groups = [[d] for d in found[:2]]
    if len(found) > 2:
        groups = [[found[0]], relevant if 1 < len(relevant) < len(found) else [found[1]]]
    if len(spoken_of) > 1 and not is_copy(origin):
        groups.append(spoken_of)
    for group in groups[:TRIALS]:
        yield from _put_back(case, origin, group, share=len(group) / len(found))


def _put_back(case: Case, origin: str, group: list[Difference], share: float) -> Iterator[Candidate]:
    relevance = sum(d.relevance for d in group) / len(group)
    score = trust(origin) * min(1.0, 0.35 + 0.5 * relevance + 0.3 * share / len(group))
    score *= 0.55 if len(group) > 2 and share == 1 else 0.9 if len(group) > 1 else 1.0
    score *= 1.0 if all(d.clues for d in group) else _UNSPOKEN
    cause = f"{'; '.join(str(d) for d in group[:4])} in {origin}."
    because = [f"{origin}: {d}." for d in group]
    clues = [clue for d in group for clue in d.clues]
    mechanism = "copies" if is_copy(origin) else "known good"
    yield from repair(case, mechanism, score, cause, [d.step for d in group], because=because, explains=clues)


def _vanished(case: Case, reference: Reference) -> Iterator[Candidate]:
    """A file that is gone, with a copy of it at hand."""
    for service, config in case.files():
        if config.path == reference.file and not config.exists and service in case.suspects:
            step = Step(
                tool="config.restore",
                arguments={"file": str(config.path), "origin": reference.origin},
                why="The file is gone.",
            )
            cause = f"{config.path.parent.name}/{config.path.name} is gone."
            because = [f"{reference.origin} has {len(reference.settings)} settings of it."]
            yield from repair(case, "known good", trust(reference.origin), cause, [step], because=because)
