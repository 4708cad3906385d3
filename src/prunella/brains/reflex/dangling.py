"""A setting that should lead to another service of the fleet and leads nowhere, or to the wrong one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.endpoints import DEFAULT_PORTS, Endpoint, endpoints_of, is_loopback, same_host
from prunella.brains.reflex.listening import expected_ports, own_endpoints
from prunella.brains.reflex.lists import beside
from prunella.brains.reflex.names import distance, is_near, names_service, tokens

_PLAIN_SCHEMES = ("http", "https", "tcp", "redis", "rediss", "postgres", "postgresql", "mysql", "amqp", "amqps", "ws",
                  "wss", "grpc", "mongodb", "nats", "kafka", "smtp", "ldap", "unix", "file")  # fmt: skip


@dataclass(frozen=True)
class Link:
    """An endpoint, the service it is meant for, and how sure (0 to 1) that is."""

    endpoint: Endpoint
    to: str
    surety: float


def candidates(case: Case) -> Iterator[Candidate]:
    for service in case.suspects:
        for link in links_of(case, service):
            yield from chain(_port(case, link), _host(case, link), _scheme(case, link))
        yield from _lone_schemes(case, service)


def links_of(case: Case, service: str) -> tuple[Link, ...]:
    """The endpoints of a service that lead to other services: by their name, by where they lead, or as the only one."""
    refused = _refused(case, service)
    own = {id(e) for e, plain in own_endpoints(case, service) if plain >= 0.5 and e.port not in refused}
    foreign = [e for e in case.endpoints_of(service) if id(e) not in own]
    others = tuple(n for n in case.facts.services if n != service)
    links = [link for e in foreign if (link := _named(case, service, e, others)) or (link := _leading(case, e, others))]
    found = {id(link.endpoint) for link in links}
    links += [link for e in foreign if id(e) not in found and (link := _a_slip_away(case, service, e))]
    exact = [e for link in links if (e := link.endpoint).port_at or (e.host_at and not e.scheme)]
    linked = {link.to for link in links if link.endpoint in exact}
    found = {id(link.endpoint) for link in links}
    orphans = [need for need in case.needs(service) if need not in linked]
    loose = [e for e in foreign if id(e) not in found and e.port and is_loopback(e.host)]
    if len(orphans) == 1:
        links += [Link(e, orphans[0], 0.6 / len(loose)) for e in loose]
    return tuple(links)


def _refused(case: Case, service: str) -> frozenset[int]:
    """Ports where this service knocked and nobody was, none of them its own: it calls there, it does not listen."""
    peers = [
        h.peers for h in case.hints if "refused" in h.topics and h.clue.service == service and h.clue.weight >= 0.6
    ]
    ports = {port for found in peers for _, port in found if not case.listeners(port)}
    is_placed = any(e.port in case.ports(service) for e, _ in own_endpoints(case, service))
    return frozenset(ports - {*case.ports(service)}) if is_placed else frozenset()


def _named(case: Case, service: str, endpoint: Endpoint, others: tuple[str, ...]) -> Link | None:
    for text, surety in ((endpoint.place.key, 0.95), (endpoint.host, 0.9), (endpoint.scheme, 0.6)):
        for group, trust in ((case.needs(service), 1.0), (others, 0.85)):
            named = case.meant_service(text, group) if text else None
            if named:
                return Link(endpoint, named, surety * trust)
    return None


def _leading(case: Case, endpoint: Endpoint, others: tuple[str, ...]) -> Link | None:
    """It already leads where a service answers: nothing to mend in its port, perhaps in its host or scheme."""
    to = next((name for name in others if endpoint.port in case.ports(name)), None)
    return Link(endpoint, to, 0.8) if to and endpoint.port else None


def _a_slip_away(case: Case, service: str, endpoint: Endpoint) -> Link | None:
    """It leads where nobody is, one digit beside the port of a service that is needed."""
    if not endpoint.port or case.listeners(endpoint.port) or not is_loopback(endpoint.host):
        return None
    near = [n for n in case.needs(service) for port in case.ports(n) if distance(str(port), str(endpoint.port)) == 1]
    return Link(endpoint, near[0], 0.8) if len(near) == 1 else None


def _port(case: Case, link: Link) -> Iterator[Candidate]:
    endpoint, place = link.endpoint, link.endpoint.place
    ports = expected_ports(case, link.to)
    speaks_of_port = endpoint.port_at is not None or (bool(endpoint.scheme) and is_loopback(endpoint.host))
    if not ports or endpoint.port in {port for port, _ in ports} or not speaks_of_port:
        return
    if any(listener.service == link.to for listener in case.listeners(endpoint.port or 0)) and not case.ports(link.to):
        return
    if _is_on_its_way(case, link):
        return
    score, because = _weigh_port(case, link)
    clues = _speaking(case, link)
    served = {each.port for each in beside(case, endpoint)}
    ports = tuple(pair for pair in ports if pair[0] not in served)
    for port, _ in sorted(ports, key=lambda pair: _fit(case, link, pair[0])):
        cause = f"{place.name} leads to port {endpoint.port or '(none)'}, but {link.to} is looked for at {port}."
        why = f"{link.to} answers at {port}."
        step = place.set_to(endpoint.with_port(port), why)
        said = [f"fleet file: a probe of {link.to} looks at port {port}.", *because]
        yield from repair(
            case, "dangling", min(0.96, score + 0.08 * bool(clues)), cause, [step], because=said, explains=clues
        )
        score *= 0.7


def _is_on_its_way(case: Case, link: Link) -> bool:
    """It leads to another service that is needed and that knows the way: a balancer in front of the one it names."""
    service, port = link.endpoint.place.service, link.endpoint.port
    between = [name for name in case.needs(service) if port in case.ports(name) and name != link.to]
    return link.to not in case.needs(service) and any(link.to in case.all_needs(name) for name in between)


def _weigh_port(case: Case, link: Link) -> tuple[float, list[str]]:
    """(score, evidence) from who listens where the endpoint leads now."""
    score = 0.8 * link.surety * case.scope(link.endpoint.place.service)
    there = case.listeners(link.endpoint.port or 0)
    if not there:
        return score + 0.08, [f"listeners: nobody listens on {link.endpoint.port}."]
    holder = next((listener.service for listener in there if listener.service), None)
    if holder:
        return score + 0.05, [f"listeners: {holder} listens on {link.endpoint.port}, not {link.to}."]
    return score * 0.7, []


def _fit(case: Case, link: Link, port: int) -> tuple[bool, bool]:
    """Sorts first the port whose probe speaks the endpoint's scheme, then one that somebody listens on."""
    speaks = any(s == link.endpoint.scheme and p == port for s, _, p in case.probed(link.to))
    return (not speaks, not case.listeners(port))


def _host(case: Case, link: Link) -> Iterator[Candidate]:
    endpoint, place = link.endpoint, link.endpoint.place
    if (
        not endpoint.host
        or endpoint.host_at is None
        or (names_service(endpoint.host, link.to) and not _unresolved(case, link))
    ):
        return
    hosts = tuple(dict.fromkeys(host for _, host, _ in case.probed(link.to)))
    if not hosts or any(same_host(endpoint.host, host) for host in hosts):
        return
    clues = case.mentions(endpoint.host)[:3]
    slip = any(is_near(endpoint.host, known) for known in ("localhost", "127.0.0.1", *hosts))
    score = (0.6 + 0.25 * slip + 0.1 * bool(clues)) * link.surety * case.scope(place.service)
    cause = f"{place.name} leads to the host {endpoint.host}, but {link.to} is looked for at {hosts[0]}."
    near = _right_host(case, link, hosts)
    step = place.set_to(endpoint.with_host(near), f"{link.to} answers at {near}.")
    yield from repair(
        case,
        "dangling",
        score,
        cause,
        [step],
        because=[f"fleet file: a probe of {link.to} asks {hosts[0]}."],
        explains=clues,
    )


def _right_host(case: Case, link: Link, hosts: tuple[str, ...]) -> str:
    """What a reference has in this setting, if that leads there; else what was probably meant."""
    place = link.endpoint.place
    known = [s for r in case.references(place.file) for s in r.settings if s.key == place.key and s.value]
    earlier = [e.host for s in known for e in endpoints_of(replace(place, value=s.value or ""))]
    usual = next((name for name in ("localhost", *hosts) if is_near(link.endpoint.host, name)), hosts[0])
    return next((host for host in earlier if host and any(same_host(host, h) for h in hosts)), usual)


def _unresolved(case: Case, link: Link) -> bool:
    lines = {id(clue) for clue in case.mentions(link.endpoint.host)}
    return any("unresolved" in hint.topics and id(hint.clue) in lines for hint in case.hints)


def _scheme(case: Case, link: Link) -> Iterator[Candidate]:
    endpoint, place = link.endpoint, link.endpoint.place
    wanted = _right_scheme(case, link)
    if wanted is None:
        return
    clues = tuple(h.clue for h in case.hints if h.topics & {"scheme", "tls"})[:2]
    cause = f"{place.name} is {place.value}, whose scheme is not the one that {link.to} speaks: {wanted}."
    step = place.set_to(endpoint.with_scheme(wanted), f"{link.to} speaks {wanted}.")
    score = (0.75 + 0.15 * bool(clues)) * max(link.surety, 0.8) * case.scope(place.service)
    yield from repair(case, "dangling", score, cause, [step], because=[], explains=clues)


def _lone_schemes(case: Case, service: str) -> Iterator[Candidate]:
    """A scheme in a setting of its own, where an error shows it in a URL to a service that speaks plainly."""
    lone = [p for p in case.places_of(service) if tokens(p.leaf)[-1:] == ("scheme",) and p.value.lower() == "https"]
    for hint in case.hints if lone else ():
        ports = {port for host, port in hint.peers if is_loopback(host) and f"https://{host}:{port}" in hint.clue.line}
        if hint.clue.service != service or not hint.topics & {"tls", "scheme"}:
            continue
        for peer in case.needs(service):
            spoken = {scheme for scheme, _, port in case.probed(peer) if port in ports}
            for place in lone if spoken == {"http"} and len(lone) == 1 else ():
                cause = f"{place.name} is {place.value}, but {peer} speaks http."
                step = place.set_to("http", f"{peer} speaks http.")
                score = 0.85 * hint.clue.weight * case.scope(service)
                yield from repair(case, "dangling", score, cause, [step], explains=[hint.clue])


def _right_scheme(case: Case, link: Link) -> str | None:
    """The scheme to write instead; None when the present one may be right."""
    endpoint, spoken = link.endpoint, {scheme for scheme, _, _ in case.probed(link.to)} - {"tcp"}
    topics = {topic for hint in case.hints for topic in hint.topics}
    if not endpoint.scheme:
        is_url = bool({"url", "uri"} & set(tokens(endpoint.place.key))) and endpoint.host and endpoint.port
        return next(iter(spoken), "http") if is_url and "scheme" in topics else None
    if endpoint.scheme not in _PLAIN_SCHEMES and "+" not in endpoint.scheme:
        near = [s for s in (*spoken, *DEFAULT_PORTS) if is_near(endpoint.scheme, s)]
        return near[0] if near else next(iter(spoken), None)
    mark = endpoint.place.value[slice(*endpoint.scheme_at)] if endpoint.scheme_at else "://"
    if not mark.endswith("://") and endpoint.scheme in spoken:
        return endpoint.scheme
    if endpoint.scheme == "https" and spoken == {"http"} and topics & {"tls", "scheme"} and is_loopback(endpoint.host):
        return "http"
    return "https" if endpoint.scheme == "http" and spoken == {"https"} else None


def _speaking(case: Case, link: Link) -> tuple[Clue, ...]:
    port = str(link.endpoint.port or "")
    return case.mentions(port)[:3] if port else ()
