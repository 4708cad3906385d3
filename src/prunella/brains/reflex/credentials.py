"""A rejected credential whose right value the operator has declared as a secret: the client's is set from it.

The other side's roles, rules and passwords are left alone: it is the declared secret that says what is right.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.endpoints import endpoints_of
from prunella.brains.reflex.names import likeness, names_service, tokens
from prunella.brains.reflex.places import Place
from prunella.brains.reflex.servers_told import deed
from prunella.brains.reflex.waking import refresh
from prunella.policy.words import leaf
from prunella.redaction.keys import is_secret_key

_SPOKEN = (
    (
        re.compile(
            r"password authentication failed|28P01|no password supplied|password must be|InvalidPassword", re.IGNORECASE
        ),
        "postgres",
    ),
    (re.compile(r"NOAUTH|WRONGPASS|invalid username-password pair|AuthenticationError|ERR AUTH"), "redis"),
)
"""Words by which kinds of servers refuse a password."""
_LEAST_WEIGHT = 0.3
_PLAIN_WORDS = 0.5
_WORDS = """
    password passwd pass pwd secret token key apikey api auth credential credentials access private shared user
"""
_PLAIN = frozenset(_WORDS.split())
_ALREADY = re.compile(r"says that already|nothing would change", re.IGNORECASE)


@dataclass(frozen=True)
class Holder:
    """A setting that holds a declared secret; `surety` 0 to 1 is how plainly their names say so."""

    place: Place
    secret: str
    surety: float
    subjects: tuple[str, ...]


def candidates(case: Case) -> Iterator[Candidate]:
    rejected = _refusals(case)
    if not rejected:
        return
    found = [(holder, *_evidence(case, holder, rejected)) for holder in holders(case)]
    for holder, score, speaking in found:
        if score > 0:
            yield from _renew(case, [holder], score, speaking)
        if score >= _PLAIN_WORDS:
            yield from _start_anew(case, holder, score, speaking)
    yield from _rotated(case, found)


def _refusals(case: Case) -> list[Clue]:
    """Lines that speak of a credential that was not accepted."""
    topical = (hint.clue for hint in case.hints if "auth" in hint.topics)
    plain = (clue for clue in case.clues if any(pattern.search(clue.line) for pattern, _ in _SPOKEN))
    return [clue for clue in dict.fromkeys((*topical, *plain)) if clue.weight >= _LEAST_WEIGHT]


def holders(case: Case) -> Iterator[Holder]:
    """Settings of the services that are in trouble which declared secrets belong to, by their names."""
    for service in case.suspects:
        if _serves(case, service):
            continue
        for secret in case.service(service).service.secrets:
            found = [(place, _belongs(case, place, secret.name)) for place in case.places_of(service)]
            best = max((surety for _, surety in found), default=0.0)
            for place, surety in found:
                if surety and surety >= best - 0.1:
                    yield Holder(place, secret.name, surety, subjects_of(case, place))


def _serves(case: Case, service: str) -> bool:
    """It is a server that asks for the password: what it asks for is not changed."""
    return case.service(service).service.connect is not None


def _belongs(case: Case, place: Place, secret: str) -> float:
    """By its name; else a password whose neighbours lead to what the secret is named after."""
    if likeness(place.key, secret) >= 0.9:
        return 1.0
    about = [word for word in tokens(secret) if word not in _PLAIN]
    if not about or not is_secret_key(leaf(place.key)):
        return 0.0
    same_kind = bool(set(tokens(place.leaf)) & set(tokens(secret)) & _PLAIN)
    leads = any(names_service(subject, word) for word in about for subject in subjects_of(case, place))
    return 0.85 if leads and same_kind else 0.0


def subjects_of(case: Case, place: Place) -> tuple[str, ...]:
    """What a credential is for: the words of its name, and where the addresses beside it lead."""
    parent = place.key.rpartition(".")[0]
    beside = [p for p in case.places_of(place.service) if p.file == place.file and _is_beside(p, place, parent)]
    ends = [endpoint for each in beside for endpoint in endpoints_of(each)]
    ports = {endpoint.port for endpoint in ends}
    named = (name for name in case.facts.services if ports & {*case.ports(name), _connect_port(case, name)})
    words = (word for word in tokens(place.key) if word not in _PLAIN)
    return tuple(dict.fromkeys((*words, *(endpoint.scheme for endpoint in ends if endpoint.scheme), *named)))


def _is_beside(other: Place, place: Place, parent: str) -> bool:
    """In the same section; in a flat file, with a first word in common."""
    if parent:
        return other.key.rpartition(".")[0] == parent
    return tokens(other.key)[:1] == tokens(place.key)[:1]


def _connect_port(case: Case, name: str) -> int | None:
    connect = case.service(name).service.connect
    found = re.search(r":(\d+)(?:/|\?|$)", connect.url) if connect else None
    return int(found[1]) if found else None


def _evidence(case: Case, holder: Holder, rejected: list[Clue]) -> tuple[float, list[Clue]]:
    """(score, what speaks of it): of a complaint about another kind of server nothing follows."""
    degrees = [(clue, _speaks_of(case, holder, clue)) for clue in rejected]
    degree = max((degree for _, degree in degrees), default=0.0)
    score = degree * holder.surety * case.scope(holder.place.service)
    return score, [clue for clue, d in degrees if d == degree > 0.2][:3]


def _speaks_of(case: Case, holder: Holder, clue: Clue) -> float:
    """Who speaks counts as much as what is said: a refusal elsewhere in the fleet is another matter."""
    own = _is_its_own(case, holder, clue)
    kind = next((kind for pattern, kind in _SPOKEN if pattern.search(clue.line)), None)
    if kind is not None:
        fits = any(names_service(subject, kind) for subject in holder.subjects)
        return (0.9 if own else 0.7) * fits
    if not own and clue.service not in case.all_needs(holder.place.service):
        return 0.0
    spoken = set(tokens(clue.line))
    named = case.meant_service(holder.place.key, case.needs(holder.place.service))
    if (set(tokens(holder.place.leaf)) - _PLAIN) & spoken or (named is not None and spoken & set(tokens(named))):
        return 0.8 if own else 0.55
    return (0.45 if own else 0.25) if set(tokens(holder.place.leaf)) & spoken else 0.3 * own


def _is_its_own(case: Case, holder: Holder, clue: Clue) -> bool:
    """The client complains itself, or the server names as whom it came."""
    service = holder.place.service
    return clue.service in {None, service} or any(
        f'user "{word}"' in clue.line
        for place in case.places_of(service)
        for word in re.findall(r"://([^\s:/@]+)(?::[^\s/@]*)?@", place.value)
    )


def _renew(case: Case, wanted: list[Holder], score: float, speaking: list[Clue], why: str = "") -> Iterator[Candidate]:
    first = wanted[0]
    names = " and ".join(dict.fromkeys(holder.place.name for holder in wanted))
    cause = why or f"{names} was rejected; {first.secret} is declared for {first.place.service}."
    steps = [
        holder.place.set_to(
            f"secret:{holder.secret}", f"The declared secret {holder.secret} is what the other side accepts."
        )
        for holder in wanted
        if holder.place.value != f"secret:{holder.secret}"
    ]
    because = [f"fleet file: secret {holder.secret} of {holder.place.service}." for holder in wanted]
    if steps:
        yield from repair(case, "credentials", min(score, 0.95), cause, steps, because=because, explains=speaking)


def _rotated(case: Case, found: list[tuple[Holder, float, list[Clue]]]) -> Iterator[Candidate]:
    """Several clients show the same server an old password: they all get the new one."""
    groups: dict[tuple[str, str], list[tuple[Holder, float, list[Clue]]]] = {}
    for each in found:
        holder, score, speaking = each
        own = [clue for clue in speaking if clue.service == holder.place.service]
        if score >= 0.6 and own:
            source = next(s for s in case.service(holder.place.service).service.secrets if s.name == holder.secret)
            groups.setdefault((source.source, source.where), []).append(each)
    for several in groups.values():
        if len({holder.place.service for holder, _, _ in several}) > 1:
            score = max(s for _, s, _ in several) + 0.03
            clues = [clue for _, _, speaking in several for clue in speaking[:1]]
            who = ", ".join(dict.fromkeys(holder.place.service for holder, _, _ in several))
            cause = f"{who} show an old password; {several[0][0].secret} is declared for each."
            yield from _renew(case, [holder for holder, _, _ in several], score, clues, cause)


def _start_anew(case: Case, holder: Holder, score: float, speaking: list[Clue]) -> Iterator[Candidate]:
    """Its file holds the declared secret already, so it is the process that has an old one."""
    service = holder.place.service
    tried = [r for r in case.brief.rejections if f"secret:{holder.secret}" in r.steps and holder.place.leaf in r.steps]
    is_right = any(_ALREADY.search(reason) for each in tried for reason in each.reasons)
    step = refresh(case, service, why="It has its secrets from when it was started.") if is_right else None
    if step is not None and case.is_running(service):
        cause = f"{service} runs with another {holder.secret} than is declared and stands in its file."
        yield from deed(case, "credentials", 0.6 * score, cause, (step,), explains=tuple(speaking))
