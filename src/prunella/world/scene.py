"""What lies and runs around the services of a fleet: sockets, paths, disks, held files, and what is amiss with them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prunella.domain.facts import DiskFacts, HeldFile, PathFacts, ServerFact, ServiceFacts
from prunella.domain.setting import FileState
from prunella.domain.supervisor import Listener
from prunella.world.access import closed_paths
from prunella.world.certificates import certificate_facts
from prunella.world.disks import disks_of, is_nearly_full
from prunella.world.disposables import disposable_facts, lying
from prunella.world.held import held_files
from prunella.world.listening import Roots, listening_now, owners_of
from prunella.world.paths import paths_of
from prunella.world.processes import Processes, environment_of, ids_of
from prunella.world.shadowing import shadowed_settings


@dataclass(frozen=True)
class Scene:
    """`paths` and `amiss` are by service, of those that were looked at closely; of all others `amiss` tells
    what is disposable on a full disk.
    """

    listeners: tuple[Listener, ...] = ()
    disks: tuple[DiskFacts, ...] = ()
    held: tuple[HeldFile, ...] = ()
    paths: Mapping[str, tuple[PathFacts, ...]] = field(default_factory=dict[str, tuple[PathFacts, ...]])
    amiss: Mapping[str, tuple[ServerFact, ...]] = field(default_factory=dict[str, tuple[ServerFact, ...]])


@dataclass(frozen=True)
class Sight:
    """What to look at: all `pictures`, closely those of `near`. `logs` are the files that each service writes to."""

    pictures: Mapping[str, ServiceFacts]
    near: Collection[str]
    roots: Roots
    logs: Mapping[str, tuple[Path, ...]]
    good: Mapping[Path, FileState]
    top: Path


def look_around(sight: Sight, processes: Processes) -> Scene:
    """Blocks."""
    owners = owners_of(sight.roots, processes)
    pids: dict[str, list[int]] = {}
    for pid, (name, is_stray) in owners.items():
        if not is_stray:
            pids.setdefault(name, []).append(pid)
    paths = {name: paths_of(sight.pictures[name].service, sight.top, sight.logs.get(name, ())) for name in sight.near}
    junk = {name: lying(picture.service) for name, picture in sight.pictures.items()}
    disks = disks_of((*_places(sight), *(path for files in junk.values() for path in files)))
    told = {name: disposable_facts(sight.pictures[name].service, junk[name], disks, processes) for name in junk}
    amiss = {name: _amiss(sight, name, paths[name], pids.get(name, [])) for name in sight.near}
    return Scene(
        listeners=listening_now(sight.roots, processes),
        disks=disks,
        held=held_files(owners, _devices(disks)),
        paths=paths,
        amiss={name: (*amiss.get(name, ()), *told[name]) for name in junk},
    )


def _places(sight: Sight) -> Iterable[Path]:
    services = [facts.service for facts in sight.pictures.values()]
    declared = (path for each in services for path in (each.folder, *each.paths, *each.config))
    return dict.fromkeys((*declared, *(path for each in sight.logs.values() for path in each)))


def _devices(disks: Iterable[DiskFacts]) -> frozenset[int]:
    found: set[int] = set()
    for disk in disks:
        if is_nearly_full(disk):
            found.add(disk.mount.stat().st_dev)
    return frozenset(found)


def _amiss(sight: Sight, name: str, paths: tuple[PathFacts, ...], pids: list[int]) -> tuple[ServerFact, ...]:
    picture = sight.pictures[name]
    users = {ids for pid in pids if (ids := ids_of(pid)) is not None}
    return (
        *closed_paths(picture.service, paths, users, sight.good, sight.top),
        *shadowed_settings(picture, environment_of(min(pids)) if pids else {}),
        *certificate_facts(picture.service, paths),
    )
