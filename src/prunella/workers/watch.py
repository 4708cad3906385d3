"""Watching a fleet: one incident per cause, one heal at a time, and a picture of every good day."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from prunella.domain.report import Reading
from prunella.domain.run import RunRecord, Verdict
from prunella.domain.service import Fleet
from prunella.probes.damping import Pulse
from prunella.protocols import Clock, Probe

_LOOK_S = 0.2  # how often it is asked whether there is something to do
_MOST_RETRIES_APART = 16
_AGAIN_S = 3.0  # until it is tried again where somebody else was at work
_HURRY = 4  # what fails is looked at so many times within the damping


@dataclass(frozen=True)
class Watched:
    """One probe of a service, and how often it looks."""

    service: str
    probe: Probe
    every_s: float


class Healing(Protocol):
    """What a watch asks of the outside."""

    async def heal(self, services: tuple[str, ...]) -> RunRecord | None:
        """Bring it to its end. None: not now (somebody else holds a service, a question waits)."""
        ...

    async def keep_good(self) -> None:
        """Take the picture of what is green."""
        ...

    async def survey(self) -> Mapping[str, str]:
        """Resource → digest of all that an operator may edit."""
        ...

    def tell(self, reading: Reading) -> None:
        """A probe says otherwise than before."""
        ...


@dataclass(frozen=True)
class _Given:
    """An incident that is not healed: what it looked like then, how often it was tried (0: it could not be begun)."""

    symptom: str
    world: str
    at: float
    tries: int


@dataclass
class Watch:
    """Looks through all probes, each as often as it is declared, until it is cancelled."""

    fleet: Fleet
    watched: tuple[Watched, ...]
    healing: Healing
    clock: Clock
    _pulses: dict[int, Pulse] = field(default_factory=dict[int, Pulse])
    _given: dict[tuple[str, ...], _Given] = field(default_factory=dict[tuple[str, ...], _Given])
    _kept: str = ""

    def __post_init__(self) -> None:
        self._pulses = {number: Pulse(self.fleet.watch.damping_s) for number in range(len(self.watched))}

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(len(self.watched)):
                group.create_task(self._follow(number))
            group.create_task(self._tend())

    async def _follow(self, number: int) -> None:
        watched, pulse = self.watched[number], self._pulses[number]
        while True:
            reading = await watched.probe.look()
            if pulse.note(reading, self.clock.now()):
                self.healing.tell(reading)
            hurry = max(self.fleet.watch.damping_s / _HURRY, _LOOK_S)
            await self.clock.sleep(min(watched.every_s, hurry) if pulse.is_failing else watched.every_s)

    async def _tend(self) -> None:
        while True:
            for incident in tuple(self._incidents()):
                if await self._is_due(incident):
                    await self._take_up(incident)
                    break
            else:
                await self._keep_what_is_good()
            await self.clock.sleep(_LOOK_S)

    def _incidents(self) -> Iterator[tuple[str, ...]]:
        """The services of each incident: what is red, and what fails and is tied to it."""
        failing = self._services(lambda pulse: pulse.is_red or pulse.is_failing)
        told: set[str] = set()
        for name in self._services(lambda pulse: pulse.is_red):
            if name not in told:
                group = self.fleet.tied((name,), among=failing)
                told.update(group)
                yield group

    def _services(self, fits: Callable[[Pulse], bool]) -> tuple[str, ...]:
        found = {watched.service for number, watched in enumerate(self.watched) if fits(self._pulses[number])}
        return tuple(name for name in self.fleet.services if name in found)

    async def _is_due(self, group: tuple[str, ...]) -> bool:
        """It is new, looks otherwise, somebody edited something, or enough time went by."""
        given = self._given.get(group)
        if given is None or given.symptom != self._symptom(group):
            return True
        apart = self.fleet.watch.retry_s * min(2 ** (given.tries - 1), _MOST_RETRIES_APART) if given.tries else _AGAIN_S
        return self.clock.now() - given.at >= apart or given.world != await self._world()

    async def _take_up(self, group: tuple[str, ...]) -> None:
        symptom = self._symptom(group)
        ended = await self.healing.heal(group)
        if ended is None:
            self._given[group] = _Given(symptom, await self._world(), self.clock.now(), 0)
            return
        for number, watched in enumerate(self.watched):
            if watched.service in ended.services:
                self._pulses[number].forget()
        before = self._given.pop(group, None)
        if ended.verdict in {Verdict.ACHIEVED, Verdict.NOTHING_TO_DO}:
            return
        tries = before.tries + 1 if before is not None and before.symptom == symptom else 1
        self._given[group] = _Given(symptom, await self._world(), self.clock.now(), tries)

    def _symptom(self, group: tuple[str, ...]) -> str:
        """What fails, and how far it gets; numbers and wording may differ each time."""
        pulses = (self._pulses[number] for number, watched in enumerate(self.watched) if watched.service in group)
        failing = (pulse.reading for pulse in pulses if pulse.reading is not None and pulse.is_failing)
        return " ".join(sorted(f"{each.probe} {each.reach.name}" for each in failing))

    async def _keep_what_is_good(self) -> None:
        """As often as something that matters was edited, once all was green for a while."""
        if not all(pulse.is_green for pulse in self._pulses.values()):
            return
        self._given.clear()
        world = await self._world()
        if world != self._kept:
            await self.healing.keep_good()
            self._kept = world

    async def _world(self) -> str:
        return hashlib.sha256(repr(sorted((await self.healing.survey()).items())).encode()).hexdigest()
