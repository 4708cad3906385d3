"""A setting that was another at a better time, and that what the server complains of hangs on: back to what it was."""

from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.known_good import is_copy, trust
from prunella.brains.reflex.places import Place
from prunella.brains.reflex.servers_told import is_offered, on_server, said_so, told
from prunella.domain.facts import ServerFact
from prunella.domain.plan import Step
from prunella.domain.setting import Format

_HANG_ON = {
    "postgres.slots": ("max_connections", "superuser_reserved_connections", "reserved_connections"),
    "postgres.blocked": ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"),
    "postgres.idle-in-transaction": ("idle_in_transaction_session_timeout",),
    "postgres.read-only": ("default_transaction_read_only", "hot_standby"),
    "postgres.archive-failing": ("archive_command", "archive_mode", "archive_library"),
    "redis.clients": ("maxclients", "timeout"),
    "redis.protected": ("bind", "protected-mode"),
    "redis.save-failed": ("dir", "dbfilename"),
    "redis.aof-failed": ("dir", "appendfilename", "appenddirname"),
    "redis.too-few-replicas": ("min-replicas-to-write", "min-replicas-max-lag"),
    "redis.replica": ("replicaof", "slaveof", "replica-read-only"),
}  # fmt: skip
_AT_ONCE = frozenset({"maxclients", "timeout", "min-replicas-to-write", "min-replicas-max-lag"})


def candidates(case: Case) -> Iterator[Candidate]:
    for fact in told(case, *_HANG_ON):
        for place in case.places_of(fact.service):
            if place.key.lower() in _HANG_ON[fact.code] and place.format in {Format.POSTGRES, Format.REDIS}:
                yield from _put_back(case, fact, place)


def _put_back(case: Case, fact: ServerFact, place: Place) -> Iterator[Candidate]:
    for reference in case.references(place.file):
        for known in reference.settings:
            if known.key == place.key and known.value and known.value != place.value and not is_copy(reference.origin):
                cause = f"{place.name} is {place.value}, was {known.value} in {reference.origin}. {fact.text}"
                step = place.set_to(known.value, f"It was {known.value}.")
                score = min(0.97, trust(reference.origin) + 0.08) * case.scope(fact.service)
                yield from repair(case, "known good", score, cause, [step], because=[said_so(fact)],
                                  then=_at_once(case, fact.service, place, known.value))  # fmt: skip


def _at_once(case: Case, service: str, place: Place, value: str) -> tuple[Step, ...] | None:
    """Without a restart, where the server takes the setting while it runs; None: as its other settings."""
    if place.format is Format.REDIS and place.key in _AT_ONCE and is_offered(case, "redis.config_set", service):
        return (on_server("redis.config_set", service, "At once, without a restart.", name=place.key, value=value),)
    return None
