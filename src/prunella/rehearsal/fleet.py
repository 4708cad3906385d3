"""Rehearsal of plans for a fleet, and the cause of what was healed, shown on a shadow."""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from prunella.cancelling import to_the_end
from prunella.domain.journal import Entry
from prunella.domain.plan import Plan
from prunella.domain.posture import Posture
from prunella.domain.rehearsal import CauseShown, Certainty, Rehearsed, Trial
from prunella.domain.service import Fleet
from prunella.domain.tool import Prepared
from prunella.errors import PrunellaError
from prunella.rehearsal.carrying import ToolsOf, carry_out
from prunella.rehearsal.cause import Cause
from prunella.rehearsal.enclosure import Enclosure
from prunella.rehearsal.privacy import private_folder
from prunella.rehearsal.rooms import Files
from prunella.rehearsal.shadow import Shadow, content, make_shadow, owners_of
from prunella.rehearsal.sights import Sight, Sights, against, trials
from prunella.rehearsal.telling import PREFLIGHT, parse_sight, preflight_sight, title
from prunella.rehearsal.trying import KINDS, PATIENT, QUICK, Memory, Patience, Trying
from prunella.world.fleet_world import FleetWorld

PostureOf = Callable[[Fleet], Awaitable[Posture]]
_FOLDER = "shadows"
_SAID_CHARS = 600
_VALUES = frozenset({"value", "new"})


@dataclass
class FleetRehearsal:
    """A Rehearsal. Nothing of the fleet is written, no port of this machine is taken, and no process stays.

    `tools_of` makes the tools that change configuration over a world like `world`, and no others: steps of tools that
    it does not make have no shadow. `posture_of` reads a shadow's posture from its fleet, whose paths point at it.
    A rehearsal takes `limit_s` at most, the showing of a cause `cause_limit_s`; what has no time left says nothing.
    """

    world: FleetWorld
    tools_of: ToolsOf
    posture_of: PostureOf | None = None
    limit_s: float = 10.0
    cause_limit_s: float = 10.0
    enclosure: Enclosure = field(default_factory=Enclosure)
    _remembered: Memory = field(default_factory=Memory)

    async def rehearse(self, plan: Plan, prepared: tuple[Prepared, ...]) -> Rehearsed:
        try:
            async with self._trying(self.limit_s) as trying:
                return await self._rehearse(plan, prepared, trying)
        except (PrunellaError, OSError) as error:
            return Rehearsed(trials=(self._told(Trial(name="the rehearsal", ok=None, detail=str(error))),))

    async def show_cause(self, entries: tuple[Entry, ...]) -> CauseShown:
        try:
            async with self._trying(self.cause_limit_s) as trying:
                return await Cause(self.world, trying).show(entries)
        except (PrunellaError, OSError) as error:
            return CauseShown(certainty=Certainty.PLAUSIBLE, detail=self.world.redactor.text(str(error)))

    async def _rehearse(self, plan: Plan, prepared: tuple[Prepared, ...], trying: Trying) -> Rehearsed:
        touched = _touched(self.world.fleet, prepared)
        shadow = await to_the_end(asyncio.to_thread(make_shadow, self.world, touched, trying.folder / "tree"))
        stopped = await carry_out(plan, shadow, self.tools_of)
        changed = shadow.changed()
        difference = self.world.redactor.text(shadow.difference())
        if stopped is not None:
            return Rehearsed(trials=(self._told(stopped),), difference=difference)
        found = self._parsed(shadow, changed)
        if all(trial.ok is not False for trial in found):
            found += await self._tried(plan, changed, trying, _started(prepared))
        return Rehearsed(
            trials=tuple(self._told(trial) for trial in found),
            difference=difference,
            posture=await self._posture(shadow),
        )

    def _parsed(self, shadow: Shadow, changed: Files) -> tuple[Trial, ...]:
        names = {Path(os.path.realpath(path)): path for path in shadow.paths}
        present, planned = dict[str, Sight](), dict[str, Sight]()
        for real, data in changed.items():
            path = names.get(real, real)
            before, after = (parse_sight(path, each, self.world.fleet.folder) for each in (content(real), data))
            if after is not None:
                planned[str(path)] = after
            if before is not None:
                present[str(path)] = before
        return trials(present, planned)

    async def _tried(self, plan: Plan, changed: Files, trying: Trying, started: frozenset[str]) -> tuple[Trial, ...]:
        """What speaks against the plan and may yet pass is looked at again, with patience: it may be slow only.

        `started` are the services that the plan starts, which nobody does against their pre-flight.
        """
        values = _values(plan)
        present, planned = await self._seen(changed, trying, QUICK)
        reasons = against(present, planned, values)
        if reasons and all(sight.firmness < 2 for sight in reasons) and not trying.is_late:
            present, planned = await self._seen(changed, trying, PATIENT)
        useless = [await self._barred(name, present, planned) for name in sorted(started)]
        found = {trial.name: trial for trial in (*trials(present, planned, values), *filter(None, useless))}
        return tuple(found.values())

    async def _barred(self, name: str, present: Sights, planned: Sights) -> Trial | None:
        """The plan starts a service whose pre-flight it leaves red, with the very error that it has in the world."""
        trial = title(PREFLIGHT, self.world.fleet.services[name])
        before, after = present.get(trial), planned.get(trial)
        if before is None or after is None or after.ok is not False or before.sign != after.sign:
            return None
        real = await self.world.preflight(name)
        if real is None or real.ok or preflight_sight(trial, "", real, missed=False).sign != after.sign:
            return None
        return Trial(name=trial, ok=False, detail=f"it stays red with the plan, with the same error: {after.said}")

    async def _seen(self, changed: Files, trying: Trying, patience: Patience) -> tuple[Sights, Sights]:
        """All at once: the world as it is, and with the plan."""
        owners, states = owners_of(changed, self.world.fleet), tuple[Files, ...](({}, changed))
        looks = [trying.see(service, files, KINDS, patience) for service in owners for files in states]
        seen = await asyncio.gather(*looks)
        return _merged(seen[::2]), _merged(seen[1::2])

    async def _posture(self, shadow: Shadow) -> Posture | None:
        if self.posture_of is None:
            return None
        try:
            return shadow.of_the_world(await self.posture_of(shadow.world.fleet))
        except (PrunellaError, OSError):
            return None

    @asynccontextmanager
    async def _trying(self, limit_s: float) -> AsyncGenerator[Trying]:
        home = self.world.state_folder.resolve()
        deadline = asyncio.get_running_loop().time() + limit_s
        with private_folder(home / _FOLDER) as folder:
            yield Trying(folder, self.enclosure, deadline, frozenset({home}), self._remembered)

    def _told(self, trial: Trial) -> Trial:
        text = self.world.redactor.text
        detail = text(trial.detail)
        short = detail if len(detail) <= _SAID_CHARS else f"{detail[:_SAID_CHARS]} …"
        return trial.model_copy(update={"name": text(trial.name), "detail": short})


def _merged(some: Iterable[Sights]) -> Sights:
    return {name: sight for each in some for name, sight in each.items()}


def _touched(fleet: Fleet, prepared: Iterable[Prepared]) -> tuple[str, ...]:
    """The services that the plan names, and those whose files it touches."""
    names = {name for each in prepared for name in each.touches}
    return tuple(
        name
        for name, service in fleet.services.items()
        if f"service:{name}" in names or any(f"file:{path}" in names for path in (*service.config, *service.paths))
    )


def _started(prepared: Iterable[Prepared]) -> frozenset[str]:
    """The services that steps are about which write no file."""
    deeds = (each.touches for each in prepared if not any(name.startswith("file:") for name in each.touches))
    named = (name for touches in deeds for name in touches if name.startswith("service:"))
    return frozenset(name.removeprefix("service:") for name in named)


def _values(plan: Plan) -> tuple[str, ...]:
    """What the plan sets, as an error would quote it."""
    return tuple(str(value) for step in plan.steps for name, value in step.arguments.items() if name in _VALUES)
