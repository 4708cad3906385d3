"""Whom the rights of files and folders keep out who needs them."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from prunella.domain.facts import PathFacts, ServerFact
from prunella.domain.service import Service
from prunella.domain.setting import FileState
from prunella.world.guards_of_files import user_name
from prunella.world.paths import declared_of, way_to
from prunella.world.processes import Ids
from prunella.world.rights import rights_in, usual_rights

CLOSED = "path.closed"
_READ, _ENTER = 4, 1


def closed_paths(
    service: Service, paths: Iterable[PathFacts], users: Iterable[Ids], good: Mapping[Path, FileState], top: Path
) -> tuple[ServerFact, ...]:
    """What the users that a service's processes run as cannot enter or read; nothing of one that runs as root only.

    Where root is among them, it is root who reads single files: then only declared folders, the ways to them, and
    files in them that are unlike the others there count. Each with the mode and owner that it has, and those that it
    should have ("" for unknown). Blocks.
    """
    known, users = {each.state.path: each for each in paths}, frozenset(users)
    found: dict[Path, ServerFact] = {}
    for user in sorted((each for each in users if each.uid), key=lambda each: each.uid):
        for path, need in _needs(service, known, top, has_root=len(users) > 1 and any(not u.uid for u in users)):
            facts = known.get(path)
            if facts and not _may(user, facts.state, need):
                found.setdefault(path, _told(service, facts, user, good))
    return tuple(fact for fact in found.values() if _is_amiss(fact, known, service))


def _needs(
    service: Service, known: Mapping[Path, PathFacts], top: Path, *, has_root: bool
) -> Iterator[tuple[Path, int]]:  # fmt: skip
    """(path, what has to be possible), the ways first."""
    for path in declared_of(service):
        facts = known.get(Path(os.path.realpath(path))) or known.get(path)
        if facts is None or not facts.state.exists or (has_root and not facts.is_folder):
            continue
        real = facts.state.path
        yield from ((folder, _ENTER) for folder in way_to(real, top))
        yield real, _ENTER if facts.is_folder else _READ
        if facts.is_folder:
            yield from _within(real, known)


def _within(folder: Path, known: Mapping[Path, PathFacts]) -> Iterator[tuple[Path, int]]:
    for path, facts in known.items():
        if path.parent == folder and facts.state.link is None:
            yield path, _ENTER if facts.is_folder else _READ


def _may(user: Ids, state: FileState, need: int) -> bool:
    """By the bits alone; what else the system may grant is not known here."""
    if not state.exists or state.link is not None:
        return True
    if user.uid == state.uid:
        return bool(state.mode >> 6 & need)
    return bool(state.mode >> 3 & need if state.gid in user.gids else state.mode & need)


def _told(service: Service, facts: PathFacts, user: Ids, good: Mapping[Path, FileState]) -> ServerFact:
    state, usual = facts.state, usual_rights(facts.state.path, good, service.config)
    name, has = user_name(user.uid).partition(" ")[0], rights_in(state)
    deed = "enter" if facts.is_folder else "read"
    meant = f"; by {usual.where} it would be {usual.shown}" if usual and usual.shown != has.shown else ""
    return ServerFact(
        code=CLOSED, service=service.name,
        text=f"{service.name}'s user {name} cannot {deed} {state.path}, which is {has.shown}{meant}",
        fields={
            "path": str(state.path), "user": name, "mode": f"{state.mode:04o}", "owner": has.owner,
            "usual_mode": f"{usual.mode:04o}" if usual else "", "usual_owner": usual.owner if usual else "",
            "known_from": usual.where if usual else "",
        },
    )  # fmt: skip


def _is_amiss(fact: ServerFact, known: Mapping[Path, PathFacts], service: Service) -> bool:
    """What lies in a declared folder may well be for others; it counts where it is unlike what is usual there."""
    path = Path(fact.fields["path"])
    meant = {*declared_of(service), *map(Path, map(os.path.realpath, declared_of(service)))}
    on_the_way = any(path in each.parents for each in meant)
    is_unlike = (fact.fields["mode"], fact.fields["owner"]) != (fact.fields["usual_mode"], fact.fields["usual_owner"])
    return path in meant or on_the_way or (is_unlike and bool(fact.fields["usual_mode"]) and path in known)
