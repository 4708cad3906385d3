"""Disks that are full, with files on them that the operator declared disposable: the fewest that make room go."""

from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.servers_told import is_offered, on_server, said_so
from prunella.brains.reflex.space import disk_of, full_disks, speaks_of_space
from prunella.brains.reflex.waking import in_order, wake
from prunella.domain.facts import DiskFacts, ServerFact
from prunella.domain.plan import Step
from prunella.domain.probe import DiskProbe
from prunella.world.disposables import DISPOSABLE

_TOOL = "files.discard"
_ROOM = 0.2
"""The share of a disk that is free afterwards: less fills up again before anybody looks."""
_MOST = 8
_SURE, _LIKELY, _SOME = 0.93, 0.7, 0.5


def candidates(case: Case) -> Iterator[Candidate]:
    for disk in full_disks(case):
        junk = sorted(_junk_on(case, disk), key=lambda fact: (-_size(fact), fact.fields["path"]))
        clues = tuple(clue for clue in case.clues if speaks_of_space(clue.line))[:3]
        if junk and is_offered(case, _TOOL, "") and (clues or _is_noticed(case, disk)):
            yield from _make_room(case, disk, junk, clues)


def _make_room(case: Case, disk: DiskFacts, junk: list[ServerFact], clues: tuple[Clue, ...]) -> Iterator[Candidate]:
    wanted = max(_ROOM, _probed_share(case, disk)) * disk.total - disk.free
    freed = list(accumulate(map(_size, junk)))
    enough = next((number for number, size in enumerate(freed, 1) if size >= wanted), len(junk))
    chosen = junk[: min(enough, _MOST)]
    gain = freed[len(chosen) - 1]
    score = _SURE if gain >= wanted else _LIKELY if gain >= wanted / 4 else _SOME
    what = ", ".join(f"{fact.fields['path']} ({_size(fact) // 1024} kB)" for fact in chosen[:3])
    more = f" and {len(chosen) - 3} more" if len(chosen) > 3 else ""
    cause = f"The disk {disk.mount} is full ({disk.free // 1024} kB left) of what is disposable: {what}{more}."
    steps = [
        Step(tool=_TOOL, arguments={"path": fact.fields["path"]}, why="It is disposable, and its disk is full.")
        for fact in chosen
    ]
    because = (f"disks: {disk.mount} has {disk.free // 1024} kB of {disk.total // 1024} kB left.", said_so(chosen[0]))
    then = tuple(_after(case, disk))
    yield from repair(case, "junk", score, cause, steps, because=because, explains=clues, then=then)


def _after(case: Case, disk: DiskFacts) -> Iterator[Step]:
    """What is down and lies there, or needs what does, is started; what could not save there saves."""
    lying = [name for name in case.facts.services if _lies_on(case, name, disk)]
    needing = [name for name in case.facts.targets if set(case.all_needs(name)) & set(lying)]
    for name in in_order(case, dict.fromkeys((*lying, *needing))):
        if case.is_running(name) is False and case.service(name).service.supervisor is not None:
            yield wake(case, name)
        elif name in lying and _refuses_writes(case, name) and is_offered(case, "redis.save", name):
            yield on_server("redis.save", name, "A snapshot that succeeds makes it take writes again.")


def _lies_on(case: Case, name: str, disk: DiskFacts) -> bool:
    """Something that it needs or writes, as far as a mount that lies below one of its folders."""
    service = case.service(name).service
    places = (*service.paths, *service.logs, *map(Path, _junk_of(case, name, disk)))
    return any(disk_of(place, case.facts.disks) == disk or disk.mount.is_relative_to(place) for place in places)


def _refuses_writes(case: Case, name: str) -> bool:
    facts = case.service(name).server
    return any(f.code == "redis.save-failed" and f.fields.get("stops_writes") == "yes" for f in facts)


def _junk_on(case: Case, disk: DiskFacts) -> Iterator[ServerFact]:
    """Each file once, whoever declares it."""
    found = (fact for name in case.facts.services for fact in case.service(name).server if fact.code == DISPOSABLE)
    there = {fact.fields["path"]: fact for fact in found if fact.fields["mount"] == str(disk.mount)}
    yield from there.values()


def _junk_of(case: Case, name: str, disk: DiskFacts) -> Iterator[str]:
    return (fact.fields["path"] for fact in _junk_on(case, disk) if fact.service == name)


def _is_noticed(case: Case, disk: DiskFacts) -> bool:
    """A probe of that disk is red."""
    red = {(reading.service, reading.probe) for reading in case.brief.report.failing}
    return any((name, probe.name) in red for name, probe in _probes_of(case, disk))


def _probed_share(case: Case, disk: DiskFacts) -> float:
    """What the strictest probe of that disk wants free, and a little more."""
    return max((min(probe.free / 100 + 0.05, 1.0) for _, probe in _probes_of(case, disk)), default=0.0)


def _probes_of(case: Case, disk: DiskFacts) -> Iterator[tuple[str, DiskProbe]]:
    for name, facts in case.facts.services.items():
        for probe in facts.service.probes:
            if isinstance(probe, DiskProbe) and disk_of(probe.path, case.facts.disks) == disk:
                yield name, probe


def _size(fact: ServerFact) -> int:
    return int(fact.fields["size"])
