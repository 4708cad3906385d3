"""What servers say of themselves, and whether a tool that would help them is at hand."""

from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.domain.facts import ServerFact
from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Plan, Step


def told(case: Case, *codes: str) -> Iterator[ServerFact]:
    """The facts with one of these codes, of all that the trouble may lie in, the nearest first."""
    for name in case.suspects:
        yield from (fact for fact in case.service(name).server if fact.code in codes)


def is_offered(case: Case, tool: str, service: str) -> bool:
    """Whether the tool may be called for that service; where no tools are listed, nothing is against it."""
    if not case.brief.tools:
        return True
    spec = next((each for each in case.brief.tools if each.name == tool), None)
    properties = spec.parameters.get("properties") if spec else None
    schema = properties.get("service") if isinstance(properties, dict) else None
    listed = schema.get("enum") if isinstance(schema, dict) else None
    return spec is not None and (not isinstance(listed, list) or service in listed)


def deed(
    case: Case,
    mechanism: str,
    score: float,
    cause: str,
    steps: tuple[Step, ...],
    *,
    because: tuple[str, ...] = (),
    explains: tuple[Clue, ...] = (),
) -> tuple[Candidate, ...]:
    """The candidate that carries these steps out on a running server, and restarts nothing.

    Nothing where one of the tools is not offered, or was refused with these very arguments.
    """
    services = [str(step.arguments.get("service", "")) for step in steps]
    pairs = zip(steps, services, strict=True)
    if not steps or not all(is_offered(case, step.tool, service) for step, service in pairs):
        return ()
    evidence = tuple(dict.fromkeys((*because, *(str(clue) for clue in explains))))
    return (Candidate(Plan(cause=cause, because=evidence, steps=steps), score, mechanism, explains),)


def on_server(tool: str, service: str, why: str, **arguments: JsonValue) -> Step:
    return Step(tool=tool, arguments={"service": service, **arguments}, why=why)


def said_so(fact: ServerFact) -> str:
    """The fact as a line of evidence."""
    return f"{fact.service} {fact.code}: {fact.text}"
