"""A Redis server that has no room, throws away what must stay, could not save, or was told otherwise by hand."""

from collections.abc import Iterator
from dataclasses import dataclass

from prunella.brains.reflex.candidate import Candidate
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.known_good import is_copy, trust
from prunella.brains.reflex.names import tokens
from prunella.brains.reflex.places import Place
from prunella.brains.reflex.servers_told import deed, is_offered, on_server, said_so, told
from prunella.domain.facts import ServerFact
from prunella.domain.setting import Format
from prunella.servers.redis_file import bytes_of

_SET = "redis.config_set"
_LEAST = 1024 * 1024
"""An empty server uses about as much: nobody means a smaller limit."""
_UNITS = (("mb", 0.75), ("gb", 0.2))


@dataclass(frozen=True)
class Meant:
    """The value that a setting should have. `surety` 0 to 1, `because`: who says so."""

    name: str
    value: str
    surety: float
    because: str


def candidates(case: Case) -> Iterator[Candidate]:
    for fact in told(case, "redis.no-room"):
        yield from _more_room(case, fact)
    for fact in told(case, "redis.evicts-jobs"):
        yield from _keep_jobs(case, fact)
    for fact in told(case, "redis.drift"):
        yield from _as_its_file_says(case, fact)
    for fact in told(case, "redis.save-failed"):
        yield from _save(case, fact)


def _more_room(case: Case, fact: ServerFact) -> Iterator[Candidate]:
    """The limit that it had, else the one that was meant; what it holds stays where it is."""
    limit = int(fact.fields["maxmemory"] or 0)
    for known in _known_values(case, fact.service, "maxmemory"):
        if (bytes_of(known.value) or 0) > limit or bytes_of(known.value) == 0:
            yield from _give(case, fact, known)
    for place in _places(case, fact.service, "maxmemory"):
        if place.value.strip().isdigit() and 0 < int(place.value) < _LEAST:
            for unit, surety in _UNITS:
                reason = f"{place.value} bytes is less than an empty server needs: its unit is lost"
                yield from _give(case, fact, Meant("maxmemory", f"{place.value.strip()}{unit}", surety, reason))


def _keep_jobs(case: Case, fact: ServerFact) -> Iterator[Candidate]:
    """Of all policies one alone never throws a job away."""
    name = "maxmemory-policy"
    known = [each for each in _known_values(case, fact.service, name) if not each.value.startswith("allkeys")]
    alone = Meant(name, "noeviction", 0.7, "noeviction alone keeps what never expires")
    for each in known or [alone]:
        yield from _give(case, fact, each)


def _give(case: Case, fact: ServerFact, meant: Meant) -> Iterator[Candidate]:
    """In its file for the next start, and at once while it runs: a restart would lose what is only in memory."""
    name, value = meant.name, meant.value
    cause = f"{name} of {fact.service} is {fact.fields.get(_FIELDS[name], '')}. {fact.text}"
    steps = tuple(
        step
        for place in _places(case, fact.service, name)[-1:]
        if (step := place.set_to(value, f"So that {name} lasts.")) is not None and place.value != value
    )
    now = on_server(_SET, fact.service, "At once, without a restart.", name=name, value=value)
    score, because = meant.surety * case.scope(fact.service), (said_so(fact), meant.because)
    clues = _clues(case, name, fact)
    yield from deed(case, "redis", score, cause, (*steps, now), because=because, explains=clues)


_FIELDS = {"maxmemory": "maxmemory", "maxmemory-policy": "policy"}


def _as_its_file_says(case: Case, fact: ServerFact) -> Iterator[Candidate]:
    """It was told otherwise by hand: back to its file, where its trouble has to do with that setting."""
    name, wanted = fact.fields["setting"], fact.fields["wanted"]
    if not wanted or "[redacted]" in wanted or not is_offered(case, _SET, fact.service):
        return
    clues = _clues(case, name, fact)
    topical = any(set(tokens(name)) & _TOPICS.get(other.code, frozenset()) for other in _troubles(case, fact.service))
    score = (0.85 if topical else 0.6 if clues else 0.2) * case.scope(fact.service)
    cause = f"{name} of {fact.service} runs with {fact.fields['running'] or 'nothing'}, unlike its file: {wanted}."
    step = on_server(_SET, fact.service, "As its file says.", name=name, value=wanted)
    yield from deed(case, "redis", score, cause, (step,), because=(said_so(fact),), explains=clues)


_TOPICS = {
    "redis.no-room": frozenset({"maxmemory"}),
    "redis.evicts-jobs": frozenset({"maxmemory"}),
    "redis.clients": frozenset({"maxclients", "timeout"}),
    "redis.save-failed": frozenset({"dir", "dbfilename", "save"}),
    "redis.too-few-replicas": frozenset({"replicas"}),
}  # fmt: skip


def _troubles(case: Case, service: str) -> Iterator[ServerFact]:
    return (fact for fact in case.service(service).server if fact.code in _TOPICS)


def _save(case: Case, fact: ServerFact) -> Iterator[Candidate]:
    """It refuses writes until a snapshot succeeds; whether the disk has room for one, the tool looks."""
    if fact.fields["stops_writes"] != "yes":
        return
    cause = f"The last snapshot of {fact.service} failed, and it refuses writes since."
    step = on_server("redis.save", fact.service, "A snapshot that succeeds makes it take writes again.")
    clues = tuple(clue for clue in case.clues if "MISCONF" in clue.line)[:2]
    yield from deed(case, "redis", 0.6 * case.scope(fact.service), cause, (step,), because=(said_so(fact),),
                    explains=clues)  # fmt: skip


def _clues(case: Case, name: str, fact: ServerFact) -> tuple[Clue, ...]:
    """Complaints that name the setting, or what comes of it."""
    words = {"maxmemory": ("OOM command", "maxmemory", "out of memory")}.get(name, (name,))
    spoken = (c for c in case.clues if c.weight >= 0.4 and any(w.lower() in c.line.lower() for w in words))
    return tuple(clue for clue in spoken if fact.text not in clue.line)[:2]


def _places(case: Case, service: str, name: str) -> tuple[Place, ...]:
    return tuple(p for p in case.places_of(service) if p.format is Format.REDIS and p.key.lower() == name)


def _known_values(case: Case, service: str, name: str) -> Iterator[Meant]:
    """What it was at better times, where the file has another value now."""
    now = {place.value for place in _places(case, service, name)}
    for config in case.service(service).files:
        for reference in case.references(config.path):
            for setting in reference.settings:
                if setting.key.lower() == name and setting.value and setting.value not in now:
                    surety = 0.6 if is_copy(reference.origin) else trust(reference.origin) + 0.08
                    yield Meant(name, setting.value, surety, f"{reference.origin}: {name} {setting.value}")
