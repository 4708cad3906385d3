"""Disks that are full: deleted files that are still held, logs that grew, and the talkativeness that fills them."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.names import tokens
from prunella.brains.reflex.places import Place
from prunella.brains.reflex.values import from_witnesses
from prunella.brains.reflex.waking import refresh
from prunella.domain.facts import DiskFacts, HeldFile, PathFacts
from prunella.domain.plan import Plan, Step

_NEARLY_FULL = 0.9
_WORTH_IT = 0.1
_TALKATIVE = frozenset({"debug", "trace", "all", "silly", "verbose", "finest"})
_NO_SPACE = re.compile(
    r"no space left|ENOSPC|disk (?:is )?full|MISCONF|could not (?:write|extend)|quota", re.IGNORECASE
)


def candidates(case: Case) -> Iterator[Candidate]:
    for disk in full_disks(case):
        clues = tuple(clue for clue in case.clues if speaks_of_space(clue.line))[:3]
        yield from _let_go(case, disk, clues)
        yield from _rotate(case, disk, clues)


def full_disks(case: Case) -> tuple[DiskFacts, ...]:
    """Those nearly out of space or inodes."""
    return tuple(disk for disk in case.facts.disks if _is_full(disk))


def speaks_of_space(line: str) -> bool:
    """That there is none left, in the words of systems and servers."""
    return _NO_SPACE.search(line) is not None


def disk_of(path: Path, disks: Iterable[DiskFacts]) -> DiskFacts | None:
    """The innermost one that the path lies on."""
    holding = [disk for disk in disks if path.is_relative_to(disk.mount)]
    return max(holding, key=lambda disk: len(disk.mount.parts), default=None)


def cannot_be_written(case: Case, candidate: Candidate) -> DiskFacts | None:
    """The read-only disk on which one of its edits would be made; None for none."""
    arguments = (step.arguments for step in candidate.edits)
    disks = (disk_of(Path(str(a.get("file", a.get("path", "/")))), case.facts.disks) for a in arguments)
    return next((disk for disk in disks if disk is not None and disk.read_only), None)


def _is_full(disk: DiskFacts) -> bool:
    space = disk.total > 0 and 1 - disk.free / disk.total >= _NEARLY_FULL
    return space or (disk.inodes > 0 and 1 - disk.free_inodes / disk.inodes >= _NEARLY_FULL)


def _let_go(case: Case, disk: DiskFacts, clues: tuple[Clue, ...]) -> Iterator[Candidate]:
    """Who holds deleted files there opens its files anew: by a reload, else by a restart."""
    held = [each for each in case.facts.held if disk_of(each.path, case.facts.disks) == disk and each.service]
    for name in dict.fromkeys(each.service for each in held if each.service in case.facts.services):
        own = [each for each in held if each.service == name]
        share = sum(each.size for each in own) / max(disk.total, 1)
        step = refresh(case, name or "", why="It opens its files anew.")
        if step is None or share < _WORTH_IT:
            continue
        cause = f"{'; '.join(_shown(each) for each in own[:3])}, so that {disk.mount} is full."
        because = (f"disks: {disk.mount} has {disk.free // 1024} kB of {disk.total // 1024} kB left.",)
        plan = Plan(cause=cause, because=(*because, *map(str, clues)), steps=(step,))
        yield Candidate(plan, min(0.95, 0.75 + share / 2), "space", clues)


def _shown(held: HeldFile) -> str:
    return f"{held.path} was deleted and is held open by {held.service} (pid {held.pid}), {held.size // 1024} kB"


def _rotate(case: Case, disk: DiskFacts, clues: tuple[Clue, ...]) -> Iterator[Candidate]:
    """The largest logs there are emptied; who writes them says less from now on, where it says all."""
    for name in case.facts.services:
        logs = [each for each in _logs_of(case, name) if disk_of(each.state.path, case.facts.disks) == disk]
        large = sorted((each for each in logs if each.size >= _WORTH_IT * disk.total), key=lambda each: -each.size)
        if not large:
            continue
        writers = _writers(case, large[0].state.path)
        quiet = [step for place in _loud(case, writers) if (step := _quieter(case, place))]
        empty = [
            Step(tool="files.rotate_log", arguments={"path": str(each.state.path)}, why="It fills its disk.")
            for each in large[:3]
        ]
        what = ", ".join(f"{each.state.path} ({each.size // 1024} kB)" for each in large[:3])
        loud = "; ".join(place.name for place in _loud(case, writers))
        cause = f"The disk {disk.mount} is full of logs: {what}" + (f", since {loud} tells too much." if loud else ".")
        share = sum(each.size for each in large) / max(disk.total, 1)
        score = min(0.93, (0.75 if quiet else 0.65) + share / 4)
        yield from repair(case, "space", score, cause, [*quiet, *empty], explains=clues)


def _logs_of(case: Case, name: str) -> tuple[PathFacts, ...]:
    """Its logs, and those that were rotated away; of all services only the first one's that writes there."""
    logs = case.service(name).service.logs
    lying = (each for each in case.service(name).paths if not each.is_folder and each.state.link is None)
    return tuple(each for each in lying if any(_is_of(each.state.path, log) for log in logs))


def _is_of(path: Path, log: Path) -> bool:
    return path == log or (path.parent == log.parent and path.name.startswith((f"{log.name}.", f"{log.name}-")))


def _writers(case: Case, path: Path) -> tuple[str, ...]:
    services = case.facts.services.items()
    return tuple(name for name, facts in services if any(_is_of(path, log) for log in facts.service.logs))


def _loud(case: Case, names: tuple[str, ...]) -> tuple[Place, ...]:
    """Settings that say how much is logged, and say everything."""
    places = (place for name in names for place in case.places_of(name))
    speaking = {"level", "loglevel", "verbosity", "log", "logging"}
    return tuple(p for p in places if speaking & set(tokens(p.key)) and p.value.lower() in _TALKATIVE)


def _quieter(case: Case, place: Place) -> Step | None:
    """As on a better day, else as is usual."""
    known = next((guess.value for guess in from_witnesses(case, place) if guess.value.lower() not in _TALKATIVE), "")
    usual = "INFO" if place.value.isupper() else "info"
    return place.set_to(known or usual, f"{place.value} fills the disk.")
