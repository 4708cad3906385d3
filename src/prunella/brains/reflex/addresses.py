"""An address that a service wants and somebody else holds."""

from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.listening import own_endpoints
from prunella.brains.reflex.waking import wake
from prunella.domain.plan import Plan, Step
from prunella.domain.supervisor import Listener


def candidates(case: Case) -> Iterator[Candidate]:
    for service in case.suspects:
        for port, clues in _wanted(case, service).items():
            for listener in case.listeners(port):
                yield from _resolve(case, service, listener, clues)


def foreign_holders(case: Case) -> tuple[str, ...]:
    """Processes that are none of ours and hold a port that a suspect wants, in words."""
    held = [
        f"port {port} of {service} is held by {listener.command or 'a process'} (pid {listener.pid}), which is not ours"
        for service in case.suspects
        for port in _wanted(case, service)
        for listener in case.listeners(port)
        if listener.service is None and not listener.is_stray and not _is_likely_ours(case, service, port)
    ]
    return tuple(dict.fromkeys(held))


def _is_likely_ours(case: Case, service: str, port: int) -> bool:
    """Its supervisor names no process, so the holder is nameless; but a service runs that may be it."""
    others = [name for name in case.facts.services if name != service and port in case.ports(name)]
    return any(case.is_running(name) is True for name in (service, *others))


def _wanted(case: Case, service: str) -> dict[int, tuple[Clue, ...]]:
    """The ports that a service would listen on, with the errors that say they are taken."""
    wanted: dict[int, tuple[Clue, ...]] = dict.fromkeys(case.ports(service), ())
    wanted |= {e.port: () for e, plain in own_endpoints(case, service) if e.port and plain >= 0.5}
    for hint in case.hints:
        if "in use" in hint.topics and hint.clue.service == service:
            ports = {port for _, port in hint.peers} or set(wanted)
            wanted |= {port: (*wanted.get(port, ()), hint.clue) for port in ports}
    return wanted


def _resolve(case: Case, service: str, listener: Listener, clues: tuple[Clue, ...]) -> Iterator[Candidate]:
    if listener.is_stray:
        yield from _free(case, service, listener, clues)
    elif listener.service and listener.service != service and listener.port in case.ports(service):
        yield from _send_home(case, service, listener, clues)


def _free(case: Case, service: str, listener: Listener, clues: tuple[Clue, ...]) -> Iterator[Candidate]:
    whose = listener.service or service
    cause = f"A stray process of {whose} (pid {listener.pid}) holds port {listener.port}, which {service} needs."
    because = (f"listeners: pid {listener.pid} ({listener.command}) on {listener.host}:{listener.port}.",)
    free = Step(tool="services.free_address", arguments={"service": whose, "port": listener.port}, why="It is a stray.")
    evidence = (*because, *(str(clue) for clue in clues[:3]))
    plan = Plan(cause=cause, because=evidence, steps=(free, wake(case, service)))
    score = (0.95 if clues else 0.85) * (1.0 if case.is_running(service) is False else 0.8) * case.scope(service)
    yield Candidate(plan, score, "addresses", clues[:3])


def _send_home(case: Case, service: str, listener: Listener, clues: tuple[Clue, ...]) -> Iterator[Candidate]:
    """Another service of ours sits on our port: its own setting is wrong, if its probes look elsewhere."""
    squatter = listener.service or ""
    if listener.port in case.ports(squatter):
        return
    for endpoint, plain in own_endpoints(case, squatter):
        if endpoint.port != listener.port:
            continue
        for port in case.ports(squatter):
            cause = f"{endpoint.place.name} puts {squatter} on port {listener.port}, which belongs to {service}."
            step = endpoint.place.set_to(endpoint.with_port(port), f"The probe of {squatter} looks at {port}.")
            because = [f"listeners: {squatter} (pid {listener.pid}) on port {listener.port}."]
            found = repair(
                case,
                "addresses",
                0.85 * plain * case.scope(service),
                cause,
                [step],
                because=because,
                explains=clues[:3],
            )
            yield from (_then_start(case, candidate, service) for candidate in found)


def _then_start(case: Case, candidate: Candidate, service: str) -> Candidate:
    if any(step.arguments.get("service") == service for step in candidate.plan.steps):
        return candidate
    steps = (*candidate.plan.steps, wake(case, service, f"{service} can have its port now."))
    plan = candidate.plan.model_copy(update={"steps": steps})
    return Candidate(plan, candidate.score, candidate.mechanism, candidate.explains)
