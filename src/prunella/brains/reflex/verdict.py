"""What is said beside a plan, or instead of one."""

from collections.abc import Iterator

from prunella.brains.reflex.addresses import foreign_holders
from prunella.brains.reflex.candidate import Candidate
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.space import disk_of, full_disks
from prunella.domain.facts import DiskFacts
from prunella.domain.plan import Considered, Unsure
from prunella.domain.supervisor import ProcessSupervisor

_SHOWN = 4


def considered(best: Candidate, others: tuple[Candidate, ...]) -> tuple[Considered, ...]:
    """The next few repairs in words, and why each was not chosen first."""
    return tuple(Considered(plan=_in_words(c), why_not=_why_not(best, c)) for c in others[:_SHOWN])


def _in_words(candidate: Candidate) -> str:
    return "; ".join(str(step) for step in candidate.plan.steps)


def _why_not(best: Candidate, other: Candidate) -> str:
    if other.mechanism == "combined":
        return "It changes more than one thing; one repair at a time shows which was needed."
    if len(other.plan.steps) > len(best.plan.steps):
        return f"It changes more: {len(other.plan.steps)} steps rather than {len(best.plan.steps)}."
    if other.touched & best.touched:
        return f"Less speaks for this value ({other.score:.2f} rather than {best.score:.2f})."
    return f"The evidence is weaker ({other.score:.2f} rather than {best.score:.2f}): {other.plan.cause}"


def why_unsure(case: Case) -> Unsure:
    """What was seen, what was ruled out, and what lies outside of our reach."""
    return Unsure(why=" ".join(_findings(case)) or "There is nothing to go by: no service, no error, no difference.")


def _findings(case: Case) -> Iterator[str]:
    yield "No repair follows from what was read."
    for name in case.suspects:
        yield _state_of(case, name)
    yield from (f"{holder[0].upper()}{holder[1:]}." for holder in foreign_holders(case))
    yield from _surroundings(case)
    yield from _shadows(case)
    strangers = _strangers(case)
    if strangers:
        yield f"Outside of this fleet, and out of reach: {', '.join(strangers)}."
    if case.brief.tried:
        yield f"{len(case.brief.tried)} other plans were tried or rejected."
    worst = [clue for clue in case.clues if clue.weight >= 0.8][:3]
    if worst:
        yield "Last seen: " + " | ".join(str(clue)[:200] for clue in worst)


def _state_of(case: Case, name: str) -> str:
    facts, running = case.service(name), case.is_running(name)
    state = "is running" if running else "is not running" if running is False else "is in an unknown state"
    checked = "" if facts.preflight is None else f", its pre-flight is {'green' if facts.preflight.ok else 'red'}"
    broken = [c.path.name for c in facts.files if c.fault]
    parsed = f", {', '.join(broken)} cannot be read" if broken else ", its files parse" if facts.files else ""
    differs = any(r.changes for r in case.facts.references if name in case.owners(r.file))
    return f"{name} {state}{checked}{parsed}{', and differs from what was good' if differs else ''}."


def _surroundings(case: Case) -> Iterator[str]:
    """What is amiss around the services that no repair of ours can put right: disks, held files, rights, servers."""
    for disk in case.facts.disks:
        if disk.read_only:
            yield f"The file system {disk.mount} is mounted read-only; nothing on it can be mended before it is not."
    for disk in full_disks(case):
        left = f"{disk.free // 1024} of {disk.total // 1024} kB left"
        yield f"The disk {disk.mount} is full ({left}); {_large_on(case, disk)}."
    told = [fact.text for name in case.suspects for fact in case.service(name).server]
    yield from (f"{text[0].upper()}{text[1:]}." for text in dict.fromkeys(told) if text)


def _large_on(case: Case, disk: DiskFacts) -> str:
    """The largest files there that are known of, whoever may remove them."""
    lying = {each.state.path: each.size for facts in case.facts.services.values() for each in facts.paths}
    there = {path: size for path, size in lying.items() if size and disk_of(path, case.facts.disks) == disk}
    largest = sorted(there, key=lambda path: -there[path])[:3]
    return "largest there: " + (", ".join(f"{path} ({there[path] // 1024} kB)" for path in largest) or "nothing known")


def _shadows(case: Case) -> Iterator[str]:
    """Variables that the supervisor sets and that no file can overrule."""
    for name in case.suspects:
        supervisor = case.service(name).service.supervisor
        if isinstance(supervisor, ProcessSupervisor):
            for place in case.places_of(name):
                given = supervisor.env.get(place.leaf)
                if given is not None and given != place.value:
                    yield f"The fleet file sets {place.leaf} for {name}, which shadows {place.name}."


def _strangers(case: Case) -> tuple[str, ...]:
    """Peers in error text that no service of the fleet answers for."""
    known = {port for name in case.facts.services for port in case.ports(name)}
    peers = [
        f"{host or 'port'}:{port}"
        for h in case.hints
        if "refused" in h.topics
        for host, port in h.peers
        if port not in known
    ]
    return tuple(dict.fromkeys(peers))[:3]
