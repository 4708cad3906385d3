"""A service that listens, or would listen, elsewhere than its probes look."""

from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.endpoints import Endpoint, is_loopback, same_host
from prunella.brains.reflex.names import distance, tokens

_OWN = frozenset(
    {"port", "listen", "bind", "addr", "address", "server", "http", "tcp", "app", "service", "web", "main"}
)
_ASIDE_WORDS = """
    metrics admin management debug health db database redis cache smtp proxy upstream remote peer target broker
    statsd monitoring prometheus grpc https ssl tls ws websocket backend forward client
"""
_ASIDE = frozenset(_ASIDE_WORDS.split())


def candidates(case: Case) -> Iterator[Candidate]:
    for service in case.suspects:
        yield from _ports(case, service)
        yield from _hosts(case, service)


def own_endpoints(case: Case, service: str) -> tuple[tuple[Endpoint, float], ...]:
    """The settings that say where a service itself listens, with how plainly they say it, plainest first."""
    found = [(e, plainness(case, service, e)) for e in case.endpoints_of(service)]
    return tuple(sorted(((e, p) for e, p in found if p > 0), key=lambda pair: -pair[1]))


def plainness(case: Case, service: str, endpoint: Endpoint) -> float:
    """How plainly a setting says where its own service listens, 0 (it does not) to 1."""
    words = [word for word in tokens(endpoint.place.key) if word not in tokens(service)]
    if case.meant_service(endpoint.place.key, tuple(n for n in case.facts.services if n != service)):
        return 0.0
    if endpoint.scheme and endpoint.scheme not in {"tcp", "http", "https"}:
        return 0.0
    if not set(words) & {"port", "listen", "bind", "addr", "address", "host", "hostname"}:
        return 0.0
    if endpoint.host and endpoint.scheme and not set(words) & {"listen", "bind", "addr", "address"}:
        return 0.0
    aside = len(set(words) & _ASIDE)
    strange = len([word for word in words if word not in _OWN and word not in _ASIDE])
    return max(0.15, 1.0 - 0.5 * aside - 0.2 * strange)


def expected_ports(case: Case, service: str) -> tuple[tuple[int, str], ...]:
    """Where a service should listen, and who says so: its probes, else what all who call it have in common."""
    if case.ports(service):
        return tuple((port, f"its probe looks at port {port}") for port in case.ports(service))
    callers = [e for e in case.endpoints if e.place.service != service and e.port]
    meant = [
        e for e in callers if case.meant_service(f"{e.place.key} {e.host}", case.needs(e.place.service)) == service
    ]
    ports = dict.fromkeys(e.port for e in meant if e.port)
    return tuple((port, f"{next(e.place.name for e in meant if e.port == port)} says {port}") for port in ports)


def _ports(case: Case, service: str) -> Iterator[Candidate]:
    own = [(e, plain) for e, plain in own_endpoints(case, service) if e.port is not None]
    for port, who_says in expected_ports(case, service):
        if any(endpoint.port == port for endpoint, _ in own):
            continue
        if any(listener.service == service and not listener.is_stray for listener in case.listeners(port)):
            continue
        for endpoint, plain in own:
            yield from _move(case, service, endpoint, port, who_says, plain=plain)


def _move(
    case: Case, service: str, endpoint: Endpoint, port: int, who_says: str, *, plain: float
) -> Iterator[Candidate]:
    if endpoint.port in case.ports(service):
        return
    place, listening = endpoint.place, case.listeners(endpoint.port or 0)
    score, because = 0.75 * (0.4 + 0.6 * plain), [f"fleet file: {who_says}."]
    if any(listener.service == service for listener in listening):
        score, because = score + 0.15, [*because, f"listeners: {service} listens on {endpoint.port}."]
    if not case.listeners(port):
        score, because = score + 0.05, [*because, f"listeners: nobody listens on {port}."]
    if distance(str(endpoint.port), str(port)) == 1:
        score += 0.02
    clues = _speaking_of(case, service, (port, endpoint.port or 0))
    cause = f"{place.name} is {place.value}, but {who_says}" + (
        " and nobody listens there." if not case.listeners(port) else "."
    )
    step = place.set_to(endpoint.with_port(port), f"{who_says[0].upper()}{who_says[1:]}.")
    yield from repair(
        case, "listening", min(score, 0.96) * case.scope(service), cause, [step], because=because, explains=clues
    )


def _hosts(case: Case, service: str) -> Iterator[Candidate]:
    """It listens on an address that its probes do not look at; only ever moved to a loopback one."""
    wanted = tuple(dict.fromkeys(host for _, host, _ in case.probed(service) if is_loopback(host)))
    own = [(e, plain) for e, plain in own_endpoints(case, service) if e.host and e.port in {None, *case.ports(service)}]
    for endpoint, plain in own:
        if not wanted or endpoint.host == "*" or any(same_host(endpoint.host, host) for host in wanted):
            continue
        clues = case.mentions(endpoint.host)[:3]
        score = (0.75 if clues else 0.5) * (0.4 + 0.6 * plain) * case.scope(service)
        cause = f"{endpoint.place.name} is {endpoint.place.value}, but its probe looks at {wanted[0]}."
        step = endpoint.place.set_to(endpoint.with_host(wanted[0]), f"The probe looks at {wanted[0]}.")
        yield from repair(
            case, "listening", score, cause, [step], because=[f"fleet file: probe at {wanted[0]}."], explains=clues
        )


def _speaking_of(case: Case, service: str, ports: tuple[int, int]) -> tuple[Clue, ...]:
    clues = [clue for port in ports if port for clue in case.mentions(str(port))]
    return tuple(dict.fromkeys(clue for clue in clues if clue.service in {service, *case.facts.targets}))[:3]
