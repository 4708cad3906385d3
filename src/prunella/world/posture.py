"""How well a fleet is guarded right now: by its files, by who runs its services, and by who can reach them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from prunella.configs.files import state_of
from prunella.configs.reading import read_config
from prunella.domain.facts import ConfigFacts
from prunella.domain.posture import Posture, Stance
from prunella.domain.service import Fleet, Listener
from prunella.domain.setting import Format
from prunella.errors import PrunellaError
from prunella.policy.guards import stances
from prunella.policy.lines import told_in_lines
from prunella.policy.told import told_by
from prunella.redaction.redactor import Redactor
from prunella.supervisors.ports import family_of, listeners
from prunella.world.fleet_world import FleetWorld
from prunella.world.guards_of_files import rights_of
from prunella.world.guards_of_processes import listening_of, user_of

_MOST_S = 20.0
_Part = Awaitable[Iterable[Stance]]


@dataclass(frozen=True)
class FleetPosture:
    """Implements Security for a fleet: its declared files, its processes and their sockets; reads only."""

    world: FleetWorld

    async def posture(self) -> Posture:
        """What cannot be read, or not in time, is not in it."""
        fleet, redactor = self.world.fleet, self.world.redactor
        parts = (asyncio.to_thread(_of_files, fleet, _itself, redactor), self._processes())
        told = await asyncio.gather(*(_in_time(part) for part in parts))
        return Posture(stances=tuple(stance for part in told for stance in part))

    async def _processes(self) -> tuple[Stance, ...]:
        names = tuple(self.world.supervised)
        known = await asyncio.gather(*(self.world.status(name) for name in names))
        pids = {name: status.pid for name, status in zip(names, known, strict=True) if status and status.pid}
        return await asyncio.to_thread(_of_processes, self.world.fleet, pids)


async def posture_of_files(fleet: Fleet, as_path: Callable[[Path], Path] | None = None) -> Posture:
    """Of the declared configuration files alone. The fleet's paths may be those of a shadow: `as_path` gives the real
    path that one stands for, by which its guards are called.
    """
    told = await _in_time(asyncio.to_thread(_of_files, fleet, as_path or _itself, Redactor()))
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
    owners = {member: name for name, pid in pids.items() for member in family_of(pid)}
    sockets = [
        Listener(host=each.host, port=each.port, pid=each.pid, service=owners.get(each.pid or 0))
        for each in listeners()
    ]
    users = (stance for name, pid in pids.items() for stance in user_of(name, pid))
    return (*users, *listening_of(fleet, sockets))


def _of_files(fleet: Fleet, as_path: Callable[[Path], Path], redactor: Redactor) -> tuple[Stance, ...]:
    paths = dict.fromkeys(path for service in fleet.services.values() for path in service.config)
    found = (stance for path in paths for stance in _of_file(path, f"file:{as_path(path)}", as_path))
    return tuple(
        stance.model_copy(update={"name": redactor.text(stance.name), "says": redactor.text(stance.says)})
        for stance in found
    )


def _of_file(path: Path, subject: str, as_path: Callable[[Path], Path]) -> Iterator[Stance]:
    yield from told_by_content(subject, read_config(path))
    try:
        yield from rights_of(subject, state_of(path), path, as_path)
    except PrunellaError:
        return


def told_by_content(subject: str, config: ConfigFacts) -> tuple[Stance, ...]:
    """By its settings; line by line where nobody parses it, and by the last part of the keys where it is broken."""
    if config.format is not Format.TEXT and not config.fault:
        return stances(subject, told_by(config.settings, "on" if config.format is Format.INI else ""))
    return stances(subject, told_in_lines(config.text), is_vague=bool(config.fault))
