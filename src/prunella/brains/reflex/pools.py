"""Several settings that lead to the instances of one service: those where nobody is go where an instance is left."""

from collections.abc import Iterator
from dataclasses import dataclass

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.dangling import links_of
from prunella.brains.reflex.endpoints import Endpoint, is_loopback
from prunella.brains.reflex.listening import expected_ports
from prunella.brains.reflex.lists import lists_of
from prunella.brains.reflex.names import tokens


@dataclass(frozen=True)
class Pool:
    """Settings of one list or block, in its order; `to` is the service whose instances they lead to."""

    service: str
    to: str
    members: tuple[Endpoint, ...]

    def dead(self, case: Case) -> tuple[Endpoint, ...]:
        """Those that lead to this machine where nobody listens."""
        return tuple(e for e in self.members if e.port and is_loopback(e.host) and not case.listeners(e.port))

    def unserved(self, case: Case) -> tuple[int, ...]:
        """The ports of instances that are up and that nothing in the service leads to."""
        used = {each.port for each in case.endpoints_of(self.service)}
        alike = [name for name in case.needs(self.service) if name != self.to and _is_alike(name, self.to)]
        homes = dict.fromkeys(port for name in (self.to, *alike) for port, _ in expected_ports(case, name))
        return tuple(port for port in homes if port not in used and case.listeners(port))


def candidates(case: Case) -> Iterator[Candidate]:
    for service in case.suspects:
        for pool in pools_of(case, service):
            yield from _lead_home(case, pool)
            yield from _drop(case, pool)


def pools_of(case: Case, service: str) -> tuple[Pool, ...]:
    """The lists of a service with two members or more, of which one at least is known to lead to another service."""
    meant = {(id(link.endpoint.place)): link.to for link in links_of(case, service)}
    found: list[Pool] = []
    for members in lists_of(case, service):
        to = [meant[id(e.place)] for e in members if id(e.place) in meant]
        if len(members) > 1 and to:
            found.append(Pool(service, to[0], members))
    return tuple(found)


def _is_alike(one: str, other: str) -> bool:
    """Services of one name but for what tells instances apart: `web-1` and `web-2`, `web` and `web-b`."""
    return tokens(one)[:1] == tokens(other)[:1]


def _lead_home(case: Case, pool: Pool) -> Iterator[Candidate]:
    """One repair of all members that are lost, each to an instance of its own."""
    wanted = {port for name in case.facts.services for port in case.ports(name)}
    lost, homes = tuple(each for each in pool.dead(case) if each.port not in wanted), pool.unserved(case)
    if not lost or not homes:
        return
    pairs = list(zip(lost, homes, strict=False))
    steps = [e.place.set_to(e.with_port(port), f"An instance of {pool.to} answers at {port}.") for e, port in pairs]
    steps += [e.place.removed(f"There is no further instance of {pool.to}.") for e in lost[len(pairs) :]]
    cause = f"{'; '.join(e.place.name for e in lost)} lead to ports where nobody listens, not to {pool.to}."
    because = [f"fleet file: {pool.to} is looked for at {port}, where somebody listens." for port in homes]
    score = (0.95 - 0.05 * (len(lost) > len(homes))) * case.scope(pool.service)
    yield from repair(case, "pools", score, cause, steps, because=because, explains=_speaking(case, lost))


def _drop(case: Case, pool: Pool) -> Iterator[Candidate]:
    """A member that belongs to nobody, where all instances there are have their place in the list."""
    lost = pool.dead(case)
    wanted = {port for name in case.facts.services for port in case.ports(name)}
    strangers = tuple(each for each in lost if each.port not in wanted)
    if not strangers or len(strangers) < len(lost) or pool.unserved(case) or len(lost) == len(pool.members):
        return
    clues = _speaking(case, strangers)
    steps = [e.place.removed(f"No instance of {pool.to} is, or ought to be, at {e.port}.") for e in strangers]
    cause = f"{'; '.join(e.place.name for e in strangers)} leads to a port where nobody listens or should listen."
    because = [f"listeners: nobody listens on {each.port}." for each in strangers]
    score = (0.9 if clues else 0.35) * case.scope(pool.service)
    yield from repair(case, "pools", score, cause, steps, because=because, explains=clues)


def _speaking(case: Case, lost: tuple[Endpoint, ...]) -> tuple[Clue, ...]:
    return tuple(dict.fromkeys(clue for each in lost for clue in case.mentions(str(each.port))))[:3]
