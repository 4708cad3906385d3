"""How well a fleet is guarded right now: by its files, by who runs its services, and by who can reach them."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from prunella.configs.files import state_of
from prunella.configs.reading import read_config
from prunella.domain.facts import ConfigFacts
from prunella.domain.posture import Posture, Stance
from prunella.domain.service import Fleet
from prunella.domain.setting import FileState, Format
from prunella.errors import PrunellaError
from prunella.policy.guards import stances
from prunella.policy.lines import told_in_lines
from prunella.policy.told import told_by
from prunella.redaction.redactor import Redactor
from prunella.world.fleet_world import FleetWorld
from prunella.world.guards_of_files import modes_of, owners_of, rights_of
from prunella.world.guards_of_processes import listening_of, user_of
from prunella.world.listening import listening_now
from prunella.world.paths import declared_of, look_at, way_to
from prunella.world.processes import Processes
from prunella.world.rights import usual_rights

_MOST_S = 20.0
_Part = Awaitable[Iterable[Stance]]


@dataclass(frozen=True)
class FleetPosture:
    """Implements Security for a fleet: its declared files, its processes and their sockets; reads only."""

    world: FleetWorld

    async def posture(self) -> Posture:
        """What cannot be read, or not in time, is not in it."""
        fleet, redactor = self.world.fleet, self.world.redactor
        good = await self._good()
        parts = (
            asyncio.to_thread(_of_files, fleet, _itself, redactor, good),
            asyncio.to_thread(_of_places, fleet, good),
            self._processes(),
        )
        told = await asyncio.gather(*(_in_time(part) for part in parts))
        return Posture(stances=tuple(stance for part in told for stance in part))

    async def _good(self) -> Mapping[Path, FileState]:
        """Nothing where that cannot be read: then no right is known to be meant."""
        with suppress(PrunellaError, OSError):
            return await self.world.good_states(self.world.fleet.services)
        return {}

    async def _processes(self) -> tuple[Stance, ...]:
        names = tuple(self.world.supervised)
        known = await asyncio.gather(*(self.world.status(name) for name in names))
        pids = {name: status.pid for name, status in zip(names, known, strict=True) if status and status.pid}
        return await asyncio.to_thread(_of_processes, self.world.fleet, pids)


async def posture_of_files(fleet: Fleet, as_path: Callable[[Path], Path] | None = None) -> Posture:
    """Of the declared configuration files alone. The fleet's paths may be those of a shadow: `as_path` gives the real
    path that one stands for, by which its guards are called.
    """
    told = await _in_time(asyncio.to_thread(_of_files, fleet, as_path or _itself, Redactor(), {}))
    return Posture(stances=tuple(told))


async def _in_time(part: _Part) -> Iterable[Stance]:
    try:
        async with asyncio.timeout(_MOST_S):
            return await part
    except (TimeoutError, PrunellaError, OSError):
        return ()


def _itself(path: Path) -> Path:
    return path


def _of_processes(fleet: Fleet, pids: Mapping[str, int]) -> tuple[Stance, ...]:
    sockets = listening_now({pid: (name, False) for name, pid in pids.items()}, Processes())
    users = (stance for name, pid in pids.items() for stance in user_of(name, pid))
    return (*users, *listening_of(fleet, sockets))


def _of_places(fleet: Fleet, good: Mapping[Path, FileState]) -> tuple[Stance, ...]:
    """The rights of what services need beside their configuration, and of the folders on the way to all of it."""
    configs = {path for service in fleet.services.values() for path in service.config}
    declared = (path for service in fleet.services.values() for path in declared_of(service))
    places = dict.fromkeys(each for path in declared for each in (*way_to(path, fleet.folder), path))
    return tuple(stance for path in places if path not in configs for stance in _of_place(path, good))


def _of_place(path: Path, good: Mapping[Path, FileState]) -> Iterator[Stance]:
    found = look_at(path)
    if found is None or not found.state.exists:
        return
    subject, better = f"file:{path}", good.get(path)
    if found.state.link is not None:
        yield from rights_of(subject, found.state, path, _itself, better)
        return
    usual = usual_rights(path, good)
    meant = better or (found.state.model_copy(update={"uid": usual.uid, "gid": usual.gid}) if usual else None)
    yield from modes_of(subject, found.state, usual.mode if usual else 0)
    yield from owners_of(subject, found.state, meant)


def _of_files(
    fleet: Fleet, as_path: Callable[[Path], Path], redactor: Redactor, good: Mapping[Path, FileState]
) -> tuple[Stance, ...]:
    paths = dict.fromkeys(path for service in fleet.services.values() for path in service.config)
    found = (
        stance for path in paths for stance in _of_file(path, f"file:{as_path(path)}", as_path, _better(path, good))
    )
    return tuple(
        stance.model_copy(update={"name": redactor.text(stance.name), "says": redactor.text(stance.says)})
        for stance in found
    )


def _better(path: Path, good: Mapping[Path, FileState]) -> FileState | None:
    """With the rights of what a link leads to."""
    found = good.get(path)
    if found is None or found.link is None:
        return found
    led = good.get(Path(os.path.realpath(path)))
    return led and led.model_copy(update={"link": found.link})


def _of_file(
    path: Path, subject: str, as_path: Callable[[Path], Path], better: FileState | None
) -> Iterator[Stance]:  # fmt: skip
    yield from told_by_content(subject, read_config(path))
    try:
        yield from rights_of(subject, state_of(path), path, as_path, better)
    except PrunellaError:
        return


def told_by_content(subject: str, config: ConfigFacts) -> tuple[Stance, ...]:
    """By its settings; line by line where nobody parses it, and by the last part of the keys where it is broken."""
    if config.format is not Format.TEXT and not config.fault:
        return stances(subject, told_by(config.settings, "on" if config.format is Format.INI else ""))
    return stances(subject, told_in_lines(config.text), is_vague=bool(config.fault))
