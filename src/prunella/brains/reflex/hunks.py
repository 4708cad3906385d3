"""A file against its reference, line by line: for texts without an editor, and for files that do not parse."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.known_good import TRIALS, is_copy, trust
from prunella.brains.reflex.parsing import parses
from prunella.brains.reflex.places import replace_lines
from prunella.domain.facts import ConfigFacts, Reference
from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Step
from prunella.domain.setting import Format


@dataclass(frozen=True)
class Hunk:
    """Lines `first` to `last` of the file (from 1; `last` < `first`: none) that read `good` in the reference."""

    first: int
    last: int
    bad: tuple[str, ...]
    good: tuple[str, ...]

    def step(self, config: ConfigFacts, origin: str) -> Step | None:
        return replace_lines(
            config.path, config.text, self.first, self.last, self.good, why=f"It reads so in {origin}."
        )

    def put_back(self, text: str) -> str:
        lines = text.split("\n")
        return "\n".join((*lines[: self.first - 1], *self.good, *lines[self.last :]))


def candidates(case: Case) -> Iterator[Candidate]:
    for service, config in case.files():
        if service not in case.suspects or not config.exists or not (config.fault or config.format is Format.TEXT):
            continue
        for reference in case.references(config.path):
            found = hunks_of(reference.text, config.text)
            if found and len(config.text) < 200_000:
                yield from _mend(case, service, config, reference, found)


def hunks_of(good: str, bad: str) -> tuple[Hunk, ...]:
    """Where the texts differ, in the order of `bad`; lines that face each other apart, each its own hunk."""
    ours, theirs = bad.split("\n"), good.replace("\r\n", "\n").split("\n")
    matcher = SequenceMatcher(None, [line.rstrip("\r") for line in ours], theirs, autojunk=False)
    found: list[Hunk] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "replace" and i2 - i1 == j2 - j1:
            found += [Hunk(i1 + n + 1, i1 + n + 1, (ours[i1 + n],), (theirs[j1 + n],)) for n in range(i2 - i1)]
        elif tag != "equal":
            found.append(Hunk(i1 + 1, i2, tuple(ours[i1:i2]), tuple(theirs[j1:j2])))
    return tuple(found)


def _mend(
    case: Case, service: str, config: ConfigFacts, reference: Reference, found: tuple[Hunk, ...]
) -> Iterator[Candidate]:
    weighed = sorted(((*_weigh(case, config, hunk), hunk) for hunk in found), key=lambda item: -item[0])
    name, origin = f"{config.path.parent.name}/{config.path.name}", reference.origin
    faults = [f"{name}: {config.fault}"] if config.fault else []
    for relevance, clues, hunk in weighed[: TRIALS - 1]:
        parses_then = not config.fault or parses(config.format, hunk.put_back(config.text))
        if parses_then and (relevance >= 0.5 or not is_copy(origin)):
            score = trust(origin) * min(1.0, 0.4 + 0.6 * relevance + 0.15 / len(found)) * case.scope(service)
            shown = "; ".join(line.strip() for line in hunk.bad)[:120] or "(nothing)"
            cause = f"{name} line {hunk.first}: {shown!r} differs from {origin}."
            step = hunk.step(config, origin)
            yield from repair(case, "hunks", min(score, 0.97), cause, [step], because=faults, explains=clues)
    if not is_copy(origin):
        arguments: dict[str, JsonValue] = {"file": str(config.path), "origin": origin}
        whole = Step(tool="config.restore", arguments=arguments, why=f"Back to {origin}.")
        score = trust(origin) * (0.75 if config.fault else 0.55) * case.scope(service)
        cause = f"{name} differs from {origin} in {len(found)} places."
        yield from repair(case, "hunks", score, cause, [whole], because=faults)


def _weigh(case: Case, config: ConfigFacts, hunk: Hunk) -> tuple[float, tuple[Clue, ...]]:
    """(relevance, clues): the fault lies there, or an error quotes its lines' words."""
    if config.fault_line is not None and hunk.first - 2 <= config.fault_line <= hunk.last + 3:
        return 0.95, ()
    words = _words(hunk.bad) | _words(hunk.good)
    clues = [clue for word in words for clue in case.mentions(word)]
    pointing = [
        h.clue for h in case.hints for path, line in h.locations
        if hunk.first - 1 <= line <= hunk.last + 1 and str(config.path).endswith(path)
    ]  # fmt: skip
    best = max((clue.weight for clue in [*clues, *pointing]), default=0.0)
    dead = 0.3 if any(w.isdigit() and len(w) > 3 and not case.listeners(int(w)) for w in _words(hunk.bad)) else 0.0
    return min(1.0, 0.6 * best + dead), tuple(dict.fromkeys([*pointing, *clues]))[:3]


def _words(lines: tuple[str, ...]) -> set[str]:
    return {
        word
        for line in lines
        for word in line.replace(":", " ").replace(";", " ").replace("=", " ").split()
        if len(word) > 2
    }
