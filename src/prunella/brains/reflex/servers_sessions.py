"""Sessions of a PostgreSQL server that keep others waiting, or keep the connections for themselves."""

from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.names import names_service
from prunella.brains.reflex.servers_told import deed, on_server, said_so, told
from prunella.domain.facts import ServerFact
from prunella.domain.plan import Step

_END = "postgres.terminate_backend"
_CLIENT = "client backend"
_MOST_ENDED = 10


def candidates(case: Case) -> Iterator[Candidate]:
    for fact in told(case, "postgres.blocked"):
        if fact.fields["kind"] == _CLIENT and fact.fields["pid"].isdigit():
            yield from _end_blocker(case, fact)
    shortages = tuple(told(case, "postgres.slots"))
    for service in dict.fromkeys(fact.service for fact in shortages):
        hogs = [fact for fact in told(case, "postgres.idle-hog") if fact.service == service]
        if hogs:
            yield from _end_hogs(case, max(hogs, key=lambda fact: _rank(case, fact)), shortages)


def _end_blocker(case: Case, fact: ServerFact) -> Iterator[Candidate]:
    """One that does nothing loses nothing but its locks; one that is at work is only doubtfully the culprit."""
    idle = fact.fields["state"].startswith("idle")
    score = (0.92 if idle else 0.3) * case.scope(fact.service)
    who = f"pid {fact.fields['pid']} of {fact.fields['application'] or fact.fields['user']}"
    held = fact.fields["table"] or "what they wait for"
    cause = f"{fact.fields['blocked']} sessions of {fact.service} are blocked: {who} holds a lock on {held}."
    why = "It holds the lock that the others wait for, and does nothing." if idle else "The others wait for its lock."
    step = on_server(_END, fact.service, why, pid=int(fact.fields["pid"]))
    yield from deed(case, "sessions", score, cause, (step,), because=(said_so(fact),))


def _rank(case: Case, fact: ServerFact) -> tuple[bool, int]:
    """A stranger before a service of this fleet, whose pool opens its connections again; then who keeps the most."""
    return (not _is_ours(case, fact), _idle(fact))


def _is_ours(case: Case, fact: ServerFact) -> bool:
    application = fact.fields["application"]
    return bool(application) and any(names_service(application, name) for name in case.facts.services)


def _idle(fact: ServerFact) -> int:
    """How many of its connections do nothing."""
    return sum(int(fact.fields[name] or 0) for name in ("idle", "idle_in_transaction"))


def _end_hogs(case: Case, hog: ServerFact, shortages: tuple[ServerFact, ...]) -> Iterator[Candidate]:
    """The idle sessions of one application, longest idle first, and never those of another."""
    pids = [int(pid) for pid in hog.fields["pids"].split() if pid.isdigit()][:_MOST_ENDED]
    who = hog.fields["application"] or hog.fields["user"]
    score = (0.45 if _is_ours(case, hog) else 0.8) * case.scope(hog.service)
    cause = f"{who} keeps {_idle(hog)} idle connections of {hog.service}, and none is left for the others."
    steps = tuple(_step(hog, pid, who) for pid in pids)
    because = tuple(said_so(fact) for fact in (hog, *shortages) if fact.service == hog.service)
    yield from deed(case, "sessions", score, cause, steps, because=because)


def _step(hog: ServerFact, pid: int, who: str) -> Step:
    return on_server(_END, hog.service, f"An idle connection of {who}.", pid=pid)
