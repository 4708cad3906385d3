"""Which candidate is tried first: alike ones speak for each other, and two faults at once ask for both repairs."""

from collections.abc import Iterable
from itertools import combinations

from prunella.brains.reflex.candidate import PROVED, Candidate
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.endpoints import endpoints_of
from prunella.brains.reflex.listening import plainness
from prunella.brains.reflex.posture import weakens
from prunella.brains.reflex.waking import put_to_work
from prunella.domain.plan import Plan, Step

_WAKES = frozenset({"services.start", "services.restart", "services.reload"})


def rank(case: Case, found: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Best first; each set of steps once, none that was tried or that weakens security."""
    merged = _merged(_discounted(case, candidate) for candidate in found if _is_allowed(case, candidate))
    alone = sorted(merged, key=_order)
    both = _merged([*alone, *_combined(case, alone)])
    return tuple(c for c in sorted(both, key=_order) if c.plan.key not in case.brief.tried)


def _is_allowed(case: Case, candidate: Candidate) -> bool:
    return (
        not weakens(candidate)
        and not _is_repeat(case, candidate)
        and not any(_leaves_its_probe(case, step) for step in candidate.edits)
    )


def _is_repeat(case: Case, candidate: Candidate) -> bool:
    """The last attempt was the very same, without an edit: nothing that it depends on has changed since."""
    last = case.brief.attempts[-1] if case.brief.attempts else None
    return last is not None and not candidate.edits and last.plan.key == candidate.plan.key


def _leaves_its_probe(case: Case, step: Step) -> bool:
    """It would move a service away from the port where its own probe looks."""
    if step.tool != "config.set":
        return False
    value = str(step.arguments["value"])
    for place in case.index.at(str(step.arguments["file"]), str(step.arguments["key"])):
        ports = {e.port for e in endpoints_of(place) if plainness(case, place.service, e) > 0}
        return any(str(port) not in value for port in ports & {*case.ports(place.service)})
    return False


def _order(candidate: Candidate) -> tuple[bool, float, int, str]:
    return (candidate.mechanism != PROVED, -round(candidate.score, 4), len(candidate.plan.steps), candidate.plan.key)


def _merged(found: Iterable[Candidate]) -> list[Candidate]:
    """Equal plans as one: the best of each mechanism, and mechanisms together as independent witnesses."""
    groups: dict[str, dict[str, Candidate]] = {}
    for candidate in found:
        witnesses = groups.setdefault(candidate.plan.key, {})
        known = witnesses.get(candidate.mechanism)
        witnesses[candidate.mechanism] = (
            candidate if known is None else _joined(max(known, candidate, key=_score), known, candidate)
        )
    return [_united(list(witnesses.values())) for witnesses in groups.values()]


def _score(candidate: Candidate) -> float:
    return candidate.score


def _united(witnesses: list[Candidate]) -> Candidate:
    """A promoted runbook speaks for the others: its plan says which lesson it follows."""
    best = max(witnesses, key=lambda candidate: (candidate.mechanism == PROVED, candidate.score))
    doubt = 1.0
    for candidate in witnesses:
        doubt *= 1 - min(candidate.score, 0.97)
    joined = best
    for candidate in witnesses:
        joined = _joined(joined, joined, candidate)
    return Candidate(joined.plan, 1 - doubt, best.mechanism, joined.explains)


def _joined(best: Candidate, *others: Candidate) -> Candidate:
    """The best one with the evidence of the others."""
    because = tuple(dict.fromkeys(line for c in (best, *others) for line in c.plan.because))
    explains = tuple(dict.fromkeys(clue for c in (best, *others) for clue in c.explains))
    return Candidate(best.plan.model_copy(update={"because": because[:8]}), best.score, best.mechanism, explains)


def _discounted(case: Case, candidate: Candidate) -> Candidate:
    """Less for what an earlier attempt touched: much less for going back and forth over what was kept."""
    score = candidate.score
    for attempt in case.brief.attempts:
        for step in attempt.plan.steps:
            score *= _discount(case, candidate, step)
    return Candidate(candidate.plan, score, candidate.mechanism, candidate.explains)


def _discount(case: Case, candidate: Candidate, earlier: Step) -> float:
    if earlier.tool != "config.set":
        return 1.0
    same = [s for s in candidate.edits if all(s.arguments.get(n) == earlier.arguments.get(n) for n in ("file", "key"))]
    if not same:
        return 1.0
    now = [p.value for p in case.index.at(str(earlier.arguments["file"]), str(earlier.arguments["key"]))]
    return 0.3 if now == [earlier.arguments["value"]] else 0.85


def _combined(case: Case, alone: list[Candidate]) -> list[Candidate]:
    """Pairs, and all, of the best repairs of errors that stand side by side and that no single one explains."""
    leaders = _leaders(alone)
    groups = list(combinations(leaders, 2)) + ([leaders] if len(leaders) > 2 else [])
    return [combine(case, group) for group in groups]


def _leaders(alone: list[Candidate]) -> tuple[Candidate, ...]:
    """The best candidate of each error, those of one plan's own kind apart, four at most."""
    chosen: list[Candidate] = []
    explained: set[object] = set()
    for candidate in alone:
        fresh = [clue for clue in candidate.explains if clue not in explained]
        is_edit = bool(candidate.edits) and candidate.score > 0.3
        rival = any(candidate.touched & other.touched for other in chosen)
        if is_edit and fresh and not rival and len(fresh) == len(candidate.explains) and len(chosen) < 4:
            chosen.append(candidate)
        explained.update(candidate.explains)
    return tuple(chosen)


def combine(case: Case, parts: tuple[Candidate, ...]) -> Candidate:
    """All edits of the parts, then each service to work once; surest when a pre-flight shows all errors at once."""
    parts = tuple(sorted(parts, key=lambda part: part.plan.key))
    edits = tuple(step for part in parts for step in part.edits)
    at_once = all(any(clue.source.startswith("pre-flight") for clue in part.explains) for part in parts)
    sources = {clue.source for part in parts for clue in part.explains}
    least, most = min(part.score for part in parts), max(part.score for part in parts)
    score = min(1.0, most + 0.01) if at_once and len(sources) == 1 and least > 0.5 else least * 0.6
    woken = [str(step.arguments["service"]) for part in parts for step in part.plan.steps if step.tool in _WAKES]
    plan = Plan(
        cause=" ".join(dict.fromkeys(part.plan.cause for part in parts)),
        because=tuple(dict.fromkeys(line for part in parts for line in part.plan.because)),
        steps=(*edits, *put_to_work(case, edits, woken)),
    )
    return Candidate(plan, score, "combined", tuple(clue for part in parts for clue in part.explains))
