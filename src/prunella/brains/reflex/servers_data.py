"""What a PostgreSQL server stores and keeps its clients from going on: rights that are gone, numbers that are taken."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prunella.brains.reflex.candidate import Candidate
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.endpoints import endpoints_of
from prunella.brains.reflex.servers_told import deed, on_server, said_so, told
from prunella.domain.facts import ServerFact

_DENIED = re.compile(
    r"(?:ERROR: +|\b)permission denied for (?P<kind>table|view|relation|sequence|schema|database)"
    r" \"?(?P<name>[\w$.]+)\"?"
)
_WHO = re.compile(r"\b(?:user=)?\"?(?P<user>[A-Za-z_][\w-]*)\"?(?:@|,db=)\"?[A-Za-z_][\w-]*")
_DONE = re.compile(
    r"\b(?P<verb>insert\s+into|select|update|delete\s+from|truncate|nextval)\b",
    re.IGNORECASE,
)
_TAKEN = re.compile(r"duplicate key value violates unique constraint|SQLSTATE 23505|UniqueViolation", re.IGNORECASE)
_RIGHTS = {"insert": "INSERT", "select": "SELECT", "update": "UPDATE", "delete": "DELETE", "truncate": "TRUNCATE"}
_AFTER = 8
_URL_USER = re.compile(r"://(?P<user>[^\s:/@]+)(?::[^\s/@]*)?@")


@dataclass(frozen=True)
class Denial:
    """Who was refused what by which server. `is_plain`: the statement says which right is missing, or the object has
    but one; `surety` 0 to 1 counts that in.
    """

    server: str
    role: str
    right: str
    kind: str
    name: str
    clue: Clue
    surety: float
    is_plain: bool


@dataclass(frozen=True)
class Complaint:
    """A line that speaks of a refusal, and the statement that was refused, where it is quoted."""

    clue: Clue
    found: re.Match[str]
    said: str


def candidates(case: Case) -> Iterator[Candidate]:
    denials = tuple(dict.fromkeys(_denials(case)))
    plain = {(each.server, each.role, each.name) for each in denials if each.is_plain}
    for denial in denials:
        if denial.is_plain or (denial.server, denial.role, denial.name) not in plain:
            yield from _grant(case, denial)
    for fact in told(case, "postgres.sequence-behind"):
        if fact.fields["value"].isdigit():
            yield from _move_on(case, fact)


def _move_on(case: Case, fact: ServerFact) -> Iterator[Candidate]:
    clues = tuple(clue for clue in case.clues if clue.weight >= 0.4 and _TAKEN.search(clue.line))[:2]
    score = (0.92 if clues else 0.6) * case.scope(fact.service)
    sequence, value = fact.fields["sequence"], int(fact.fields["value"])
    cause = f"{sequence} stands at {fact.fields['last']}, and {fact.fields['column']} already holds {value}."
    step = on_server(
        "postgres.set_sequence", fact.service, "New rows get numbers that are free.", sequence=sequence, value=value
    )
    yield from deed(case, "stored data", score, cause, (step,), because=(said_so(fact),), explains=clues)


def _grant(case: Case, denial: Denial) -> Iterator[Candidate]:
    kind = denial.kind if denial.kind in {"schema", "database"} else "table"
    cause = f"{denial.role} may not {denial.right} on the {denial.kind} {denial.name} of {denial.server}."
    step = on_server(
        "postgres.grant", denial.server, "Exactly the right that is missing.", role=denial.role,
        privilege=denial.right, table=denial.name, kind=kind,
    )  # fmt: skip
    score = denial.surety * case.scope(denial.server)
    yield from deed(case, "rights in the database", score, cause, (step,), explains=(denial.clue,))


def _denials(case: Case) -> Iterator[Denial]:
    """The newest complaint of each log first; then what probes and pre-flights say."""
    servers = [name for name in case.suspects if _is_postgres(case, name)]
    for complaint in _complaints(case):
        for server in servers:
            roles = _who(complaint, server) or _told_by(case, complaint, server)
            for role, surety in roles:
                yield from _sure(case, server, role, complaint, surety)


def _complaints(case: Case) -> Iterator[Complaint]:
    for speaker in case.suspects:
        lines = case.service(speaker).log
        for at in range(len(lines) - 1, -1, -1):
            if found := _DENIED.search(lines[at]):
                said = [line for line in lines[at : at + _AFTER] if "STATEMENT:" in line or line is lines[at]]
                clue = Clue(speaker, f"log of {speaker}", lines[at].strip(), 0.9)
                yield Complaint(clue, found, " ".join(said))
    for clue in case.clues:
        found = _DENIED.search(clue.line)
        if found and not clue.source.startswith("log of"):
            yield Complaint(clue, found, clue.line)


def _who(complaint: Complaint, server: str) -> list[tuple[str, float]]:
    """The server's own log says before its complaint who it was."""
    who = _WHO.search(complaint.clue.line[: complaint.found.start()])
    return [(who["user"], 0.85)] if who and complaint.clue.service == server else []


def _told_by(case: Case, complaint: Complaint, server: str) -> list[tuple[str, float]]:
    """A client's complaint: the role is the one that its configuration logs in with."""
    return [(role, 0.77) for role in roles_of(case, complaint.clue.service, server)]


def _sure(case: Case, server: str, role: str, complaint: Complaint, surety: float) -> Iterator[Denial]:
    """Only roles that a service of the fleet logs in with: a line alone is nobody's word."""
    if role not in {each for name in case.facts.services for each in roles_of(case, name, server)}:
        return
    kind, rights = complaint.found["kind"], tuple(_rights_in(complaint.found["kind"], complaint.said))
    is_plain = len(rights) == 1
    for right in rights:
        sure = surety if is_plain else surety * 0.6
        yield Denial(server, role, right, kind, complaint.found["name"], complaint.clue, sure, is_plain)


def _rights_in(kind: str, said: str) -> Iterator[str]:
    """What the statement wanted to do; where none is quoted, what such an object is mostly used for."""
    if kind in {"schema", "sequence"}:
        yield "USAGE"
        return
    if kind == "database":
        yield "CONNECT"
        return
    statement = said.partition("STATEMENT:")[2] or said
    verb = _DONE.search(re.sub(r"permission denied.*?(?=STATEMENT:|$)", "", statement))
    if verb and verb["verb"].lower() != "nextval":
        yield _RIGHTS[verb["verb"].split()[0].lower()]
    else:
        yield from ("INSERT", "SELECT", "UPDATE")


def _is_postgres(case: Case, name: str) -> bool:
    connect = case.service(name).service.connect
    return connect is not None and connect.url.startswith("postgres")


def roles_of(case: Case, service: str | None, server: str) -> tuple[str, ...]:
    """As whom a service logs in at that server, by the URLs in its files."""
    ports = set(case.ports(server)) | {_port_of(case, server)}
    found = [
        user["user"]
        for place in (case.places_of(service) if service is not None else ())
        for user in _URL_USER.finditer(place.value)
        if any(endpoint.port in ports for endpoint in endpoints_of(place))
    ]
    return tuple(dict.fromkeys(found))


def _port_of(case: Case, server: str) -> int | None:
    connect = case.service(server).service.connect
    found = re.search(r":(\d+)(?:/|\?|$)", connect.url) if connect else None
    return int(found[1]) if found else 5432
