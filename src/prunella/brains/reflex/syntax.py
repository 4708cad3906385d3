"""Mends files that do not parse by the smallest edit that loses no setting."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.mends import Mend, mends_at, mends_of_whole
from prunella.brains.reflex.names import leaf
from prunella.brains.reflex.parsing import read
from prunella.brains.reflex.places import replace_lines
from prunella.brains.reflex.servermends import SERVER_FORMATS, block_mends, line_mends
from prunella.domain.facts import ConfigFacts
from prunella.domain.plan import Step
from prunella.domain.setting import Format, Setting
from prunella.errors import Unparsable

_KEY = re.compile(r"^\s*(?:-\s+|export\s+)?[\"']?([A-Za-z_][\w\-]*(?:\.[\w\-]+)*)[\"']?\s*[:=]")
_OFFERED = 4
_GOOD_ENOUGH = 0.75


@dataclass(frozen=True)
class Mended:
    """A text that parses, the mends that led to it, and how plausible it is, 0 to 1."""

    text: str
    mends: tuple[Mend, ...]
    score: float


def candidates(case: Case) -> Iterator[Candidate]:
    for service, config in case.files():
        if config.fault and config.exists and service in case.suspects:
            known = frozenset(leaf(s.key) for r in case.references(config.path) for s in r.settings)
            for mended in mend(config, known)[:_OFFERED]:
                yield from _adopt(case, service, config, mended)


def mend(config: ConfigFacts, known: frozenset[str] = frozenset()) -> tuple[Mended, ...]:
    """Texts that parse, most plausible first; `known` are keys that the file should have."""
    most, whole = (200, 250_000) if config.format is Format.YAML else (400, 1_500_000)
    budget = max(4, min(most, whole // max(1, len(config.text))))
    found, further = _one_mend(config, config.text, config.fault_line, config.fault, known, budget=budget)
    for text, first, fault in further[: 0 if found else 3]:
        again, _ = _one_mend(config, text, fault.line, str(fault), known, budget=budget // 4)
        found += [Mended(m.text, (first, *m.mends), m.score * 0.9 - first.cost) for m in again]
    unique = {m.text: m for m in sorted(found, key=lambda m: m.score)}
    return tuple(sorted(unique.values(), key=lambda m: -m.score))


def _one_mend(
    config: ConfigFacts, text: str, line: int | None, fault: str, known: frozenset[str], *, budget: int
) -> tuple[list[Mended], list[tuple[str, Mend, Unparsable]]]:
    """(texts that parse, texts whose fault comes later than before, latest first)."""
    found: list[Mended] = []
    further: list[tuple[str, Mend, Unparsable]] = []
    for mend_ in sorted(_enumerate(config, text, line, fault), key=lambda m: m.cost)[:budget]:
        if sum(mended.score > _GOOD_ENOUGH for mended in found) >= _OFFERED:
            break
        changed = mend_.applied(text)
        settings = read(config.format, changed)
        if not isinstance(settings, Unparsable):
            found.append(Mended(changed, (mend_,), _plausibility(changed, settings, known) - mend_.cost))
        elif line and settings.line and settings.line > line + 1 and len(mend_.new) > 0:
            further.append((changed, mend_, settings))
    return found, sorted(further, key=lambda item: (-(item[2].line or 0), item[1].cost))


def _enumerate(config: ConfigFacts, text: str, line: int | None, fault: str) -> Iterator[Mend]:
    lines = text.split("\n")
    yield from mends_of_whole(config.format, lines)
    yield from block_mends(config.format, lines)
    seen: set[tuple[int, int, tuple[str, ...]]] = set()
    for number in _places_of_interest(lines, line, fault):
        distance = abs(number - line) if line else 1
        is_server = config.format in SERVER_FORMATS
        found = line_mends(config.format, lines, number, fault) if is_server else mends_at(config.format, lines, number)
        for mend_ in found:
            if (mend_.first, mend_.last, mend_.new) not in seen:
                seen.add((mend_.first, mend_.last, mend_.new))
                cost = mend_.cost + 0.015 * min(distance, 4)
                yield Mend(mend_.first, mend_.last, mend_.new, cost, mend_.what)


def _places_of_interest(lines: list[str], line: int | None, fault: str) -> tuple[int, ...]:
    """The fault's line and its neighbours, the lines that its message names, and those with an odd quote."""
    named = [int(number) for number in re.findall(r"line (\d+)", fault)]
    around = [line + step for step in (0, -1, 1, -2, 2)] if line else []
    odd = [i for i, text in enumerate(lines, 1) if text.count('"') % 2 or (text.count("'") % 2 == 1 and "'" in text)]
    open_ = [
        i for i, text in enumerate(lines, 1) if text.count("[") != text.count("]") or text.count("{") != text.count("}")
    ]
    short = range(1, len(lines) + 1) if len(lines) <= 40 else ()
    wanted = dict.fromkeys([*around, *named, *odd[:5], *open_[:5], *short])
    return tuple(number for number in wanted if 1 <= number <= len(lines))


def _plausibility(text: str, settings: tuple[Setting, ...], known: frozenset[str]) -> float:
    """Every key that the text shows is a setting, none lost its value, none swallowed its neighbours."""
    shown = {leaf(found[1]) for line in text.split("\n") if (found := _KEY.match(line))}
    parts = {part.strip("\"'") for s in settings for part in s.key.split(".")}
    lost = len(shown - parts) + len(known - parts)
    empty = sum(s.value is None for s in settings)
    swallowed = sum("\n" in (s.value or "") or bool(re.search(r"\w: |=", s.value or "")) for s in settings)
    crooked = sum((len(line) - len(line.lstrip(" "))) % 2 for line in text.split("\n") if line.strip())
    return max(0.05, 0.95 - 0.15 * lost - 0.2 * empty - 0.06 * swallowed - min(0.1, 0.03 * crooked))


def _adopt(case: Case, service: str, config: ConfigFacts, mended: Mended) -> tuple[Candidate, ...]:
    name = f"{config.path.parent.name}/{config.path.name}"
    what = " ".join(mend_.what for mend_ in mended.mends)
    clues = [c for c in case.clues if config.path.name in c.line or c.line in config.fault][:2]
    because = [f"{name}:{config.fault_line or '?'}: {config.fault}"]
    score = max(0.05, mended.score) * case.scope(service)
    return repair(
        case, "syntax", score, f"{name} does not parse. {what}", _steps(config, mended), because=because, explains=clues
    )


def _steps(config: ConfigFacts, mended: Mended) -> Iterator[Step | None]:
    text = config.text
    for mend_ in mended.mends:
        first, last, new = _narrowed(text, mend_)
        yield replace_lines(config.path, text, first, last, new, why=mend_.what)
        text = mend_.applied(text)


def _narrowed(text: str, mend_: Mend) -> tuple[int, int, tuple[str, ...]]:
    """The mend without the lines at its ends that stay as they are."""
    old, new, first = text.split("\n")[mend_.first - 1 : mend_.last], list(mend_.new), mend_.first
    while old and new and old[0] == new[0]:
        old, new, first = old[1:], new[1:], first + 1
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return first, first + len(old) - 1, tuple(new)
