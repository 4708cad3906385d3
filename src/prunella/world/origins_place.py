"""Which paths, modes, owners and targets of links the declared places of a fleet vouch for."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from prunella.domain.service import Fleet
from prunella.domain.setting import FileState
from prunella.policy.taint import Origin
from prunella.world.disposables import disposer_of
from prunella.world.paths import look_at, paths_of
from prunella.world.places import Places
from prunella.world.rights import KNOWN_GOOD, usual_rights


def nearby_values(
    fleet: Fleet, named: str, good: Mapping[Path, FileState], logs: Mapping[str, tuple[Path, ...]]
) -> Iterator[tuple[str, Origin]]:  # fmt: skip
    """(text, where it is from) of all that a step about the path `named` may be given. Blocks.

    A file that others may write, or that a stranger owns, is vouched for by nobody.
    """
    places = Places(fleet)
    path = places.at(named)
    if disposer_of(fleet, path):
        yield named, Origin(f"`disposable` in {fleet.path.name}")
    service = places.owner_of(path) or places.writer_of(path, logs)
    if service is None:
        return
    yield named, Origin(fleet.path.name)
    usual = usual_rights(path, good, fleet.services[service].config)
    if usual is not None:
        yield from ((text, Origin(usual.where)) for text in (f"{usual.mode:04o}", f"{usual.mode:o}", usual.owner))
        yield f"{usual.uid}:{usual.gid}", Origin(usual.where)
    if path in good and good[path].link:
        yield str(good[path].link), Origin(KNOWN_GOOD, is_own=True)
    if places.declarer_of(path):
        yield from _lying_near(fleet, service, path)


def _lying_near(fleet: Fleet, service: str, path: Path) -> Iterator[tuple[str, Origin]]:
    near = paths_of(fleet.services[service].model_copy(update={"config": ()}), fleet.folder)
    for each in near:
        if each.state.exists and not each.is_folder and _is_trusted(each.state, path):
            short = str(each.state.path).removeprefix(f"{fleet.folder}/")
            yield from ((text, Origin(f"what lies beside {path.name}")) for text in (str(each.state.path), short))


def _is_trusted(state: FileState, path: Path) -> bool:
    there = look_at(path)
    owners = {os.geteuid(), 0} | ({there.state.uid} if there and there.state.exists else set[int]())
    return state.link is None and state.uid in owners and not state.mode & stat.S_IWOTH
