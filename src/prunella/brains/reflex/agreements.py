"""Settings of two services that should be equal and are not: a token, a currency, a database name, a version."""

from collections.abc import Iterator
from dataclasses import dataclass

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.names import normal, tokens
from prunella.brains.reflex.places import Place

_SHARED_WORDS = """
    token secret key apikey password passphrase salt currency database dbname db schema version api protocol topic
    queue channel exchange vhost stream subject group issuer audience tenant realm region bucket namespace prefix
    algorithm alg encoding charset serializer compression format user username login account network cluster domain
    merchant locale timezone rounding unit units precision scale hash digest signing header codec
"""
_SHARED = frozenset(_SHARED_WORDS.split())
_CONCEALED_WORDS = """
    token secret key apikey password passphrase salt signing hash
"""
_CONCEALED = frozenset(_CONCEALED_WORDS.split())
_PRIVATE_WORDS = """
    port host hostname url uri path file dir folder name id log level timeout workers threads pool size debug bind
    listen address interval delay retries attempts limit max min memory ttl enabled pid socket output color title
    description comment threshold backoff burst rate capacity buffer
"""
_PRIVATE = frozenset(_PRIVATE_WORDS.split())


_PERSONAL_WORDS = "port host hostname url uri path file dir folder name id log level socket pid bind listen"
_PERSONAL = frozenset(_PERSONAL_WORDS.split())


_MOST_KIN = 60
_BOUNDS = {"maximum": "max", "max": "max", "minimum": "min", "min": "min"}


@dataclass(frozen=True)
class Pair:
    """`ours` and `theirs` mean the same and differ; `bond` is how surely they should agree, 0 to 1."""

    ours: Place
    theirs: Place
    bond: float


def candidates(case: Case) -> Iterator[Candidate]:
    for pair in pairs(case):
        clues, strength = _evidence(case, pair)
        yield from _adopt(case, pair.ours, pair.theirs, clues, strength * _lean(case, pair.ours, pair.theirs))
        yield from _adopt(case, pair.theirs, pair.ours, clues, strength * _lean(case, pair.theirs, pair.ours))


def pairs(case: Case) -> Iterator[Pair]:
    """Settings that disagree between a suspect and a service that it talks to; each pair once."""
    seen: set[frozenset[int]] = set()
    kin: dict[tuple[str, ...], list[Place]] = {}
    for place in case.places:
        kin.setdefault(_essence(case, place), []).append(place)
    for service in case.suspects:
        for ours in case.places_of(service):
            for theirs in _counterparts(case, ours, kin.get(_essence(case, ours), [])):
                both = frozenset((id(ours), id(theirs)))
                bond = _bond(case, ours, theirs)
                if ours.value != theirs.value and both not in seen and bond > 0.05:
                    seen.add(both)
                    yield Pair(ours, theirs, bond)


def _counterparts(case: Case, place: Place, kin: list[Place]) -> Iterator[Place]:
    """Settings of related services with the same last name, whatever service it is prefixed with."""
    for other in kin if len(kin) <= _MOST_KIN else ():
        is_related = other.service != place.service and _related(case, place.service, other.service)
        if is_related and _meant_for_each_other(case, place, other):
            yield other


def _essence(case: Case, place: Place) -> tuple[str, ...]:
    """The words of the last part of a key without the names of services: `LEDGER_API_TOKEN` gives api, token.

    A bound is told by what it bounds: `amounts.maximum` is `max_amount`.
    """
    words = tokens(place.leaf)
    if _BOUNDS.keys() & set(words):
        parents = tokens(place.key.rpartition(".")[0])[-1:] if len(words) == 1 else ()
        return tuple(sorted(_BOUNDS.get(word, word.removesuffix("s")) for word in (*parents, *words)))
    names = case.names
    bare = tuple(word for word in words if word not in names)
    if len(bare) == 1 and "." in place.key:
        return bare
    return bare or words


def _meant_for_each_other(case: Case, one: Place, other: Place) -> bool:
    """A key that names a third service speaks of that one."""
    for place, peer in ((one, other.service), (other, one.service)):
        named = [n for n in case.facts.services if set(tokens(n)) <= set(tokens(place.key))]
        if named and peer not in named and place.service not in named:
            return False
    return True


def _related(case: Case, one: str, other: str) -> bool:
    return other in case.all_needs(one) or one in case.all_needs(other)


def _bond(case: Case, ours: Place, theirs: Place) -> float:
    words = set(_essence(case, ours))
    if not ours.value or not theirs.value:
        return 0.0
    direct = theirs.service in case.needs(ours.service) or ours.service in case.needs(theirs.service)
    held = any(_held(case, ours, theirs))
    outvoted = not words & _PERSONAL and (_is_outvoted(case, ours, theirs) or _is_outvoted(case, theirs, ours))
    bond = 0.9 if held else 0.65 if words & _SHARED else 0.5 if outvoted else 0.08 if words <= _PRIVATE else 0.25
    return bond * (1.0 if direct else 0.6)


def _is_outvoted(case: Case, one: Place, other: Place) -> bool:
    """Two services or more have the other's value, and nobody else has this one's."""
    alike = [p for p in case.index.alike(one) if p.service != one.service]
    return len({p.service for p in alike if p.value == other.value}) > 1 and all(p.value != one.value for p in alike)


def _held(case: Case, ours: Place, theirs: Place) -> Iterator[bool]:
    """At a better time the two were equal."""
    for mine in case.references(ours.file):
        for other in case.references(theirs.file):
            values = {s.value for s in mine.settings if s.key == ours.key} | {
                s.value for s in other.settings if s.key == theirs.key
            }
            yield mine.origin == other.origin == "known good" and len(values) == 1 and None not in values


def _evidence(case: Case, pair: Pair) -> tuple[tuple[Clue, ...], float]:
    """(clues, strength): what the errors say of this disagreement."""
    words = set(_essence(case, pair.ours))
    clues, strength = list[Clue](), 0.35
    for hint in case.hints:
        line, spoken = hint.clue.line, set(tokens(hint.clue.line))
        values = sum(_quotes(line, place.value) for place in (pair.ours, pair.theirs))
        topical = bool(hint.topics & ({"auth", "mismatch"} if words & _CONCEALED else {"mismatch"}))
        named = bool(words & spoken) or normal(pair.ours.leaf) in normal(line)
        gain = 0.55 if values == 2 else 0.3 if values == 1 and (topical or named) else 0.0
        gain += 0.4 if named and topical else 0.15 if named else 0.0
        gain += 0.25 if topical and "auth" in hint.topics and words & _CONCEALED else 0.0
        if gain:
            clues.append(hint.clue)
            strength = max(strength, min(1.0, 0.35 + gain * (0.4 + 0.6 * hint.clue.weight)))
    return tuple(clues[:3]), strength * pair.bond


def _quotes(line: str, value: str) -> bool:
    return len(value) > 1 and value.lower() in line.lower()


def _lean(case: Case, changed: Place, kept: Place) -> float:
    """How much speaks for changing this side rather than the other, around 1."""
    lean = 1.0 if changed.service in case.facts.targets else 0.9 * case.scope(changed.service)
    others = [p for p in case.index.alike(changed) if p not in (changed, kept)]
    lean *= (
        1.0 + 0.15 * sum(p.value == kept.value for p in others) - 0.15 * sum(p.value == changed.value for p in others)
    )
    for place, sign in ((changed, -1), (kept, 1)):
        known = [s.value for r in case.references(place.file) for s in r.settings if s.key == place.key]
        lean *= 1 + sign * 0.2 * (place.value in known) - sign * 0.3 * bool(known and place.value not in known)
    for hint in case.hints:
        if changed.value in hint.wanted and kept.value in hint.bad:
            lean *= 0.9 if hint.clue.service == changed.service else 0.7
    return lean


def _adopt(case: Case, changed: Place, kept: Place, clues: tuple[Clue, ...], score: float) -> tuple[Candidate, ...]:
    if score < 0.08:
        return ()
    cause = f"{changed.name} of {changed.service} and {kept.name} of {kept.service} should agree and do not."
    because = [f"{place.file.name}: line {place.line} sets {place.key}." for place in (changed, kept)]
    step = changed.set_to(kept.value, f"{kept.service} has another value.")
    return repair(case, "agreements", min(score, 0.95), cause, [step], because=because, explains=clues)
