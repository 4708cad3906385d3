"""Puts a fault back on a shadow, sees it fail, and finds out which part of it that takes."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prunella.domain.frozen import JsonValue
from prunella.domain.journal import Entry
from prunella.domain.rehearsal import CauseShown, Certainty
from prunella.errors import PrunellaError
from prunella.rehearsal.faults import Part, Spoilt, parts_of, put_back, spoilt_files
from prunella.rehearsal.least import Least, least_failing
from prunella.rehearsal.rooms import Files
from prunella.rehearsal.shadow import owners_of
from prunella.rehearsal.sights import Sight, Sights, tells_apart
from prunella.rehearsal.telling import parse_sight
from prunella.rehearsal.trying import KINDS, PATIENT, QUICK, Patience, Trying
from prunella.world.fleet_world import FleetWorld

_MOST_TRIALS = 10  # beside the two with all of the fault, and with none of it
_QUOTED = 120


@dataclass(frozen=True)
class Cause:
    """What is shown of one run's repair."""

    world: FleetWorld
    trying: Trying

    async def show(self, entries: Iterable[Entry]) -> CauseShown:
        files = spoilt_files(entries)
        if not files:
            return CauseShown(certainty=Certainty.PLAUSIBLE, detail="No configuration was changed.")
        parts = parts_of(files)
        healed, spoilt = await asyncio.gather(self._see(files, {}), self._see(files, put_back(parts)))
        telling = tells_apart(healed, spoilt)
        if telling and all(sight.firmness == 0 for sight in telling.values()):
            telling = tells_apart(healed, await self._see(files, put_back(parts), KINDS, PATIENT))
        if not telling:
            return CauseShown(
                certainty=Certainty.PLAUSIBLE, needed=self._told(parts), detail=self._alike(healed, spoilt)
            )
        least = await self._least(files, parts, telling)
        shown = self._shown(healed, telling)
        if least.is_least:
            return CauseShown(certainty=Certainty.DEMONSTRATED, needed=self._told(least.parts), detail=shown)
        late = f"{shown} Which of them it takes was not found out in time."
        return CauseShown(certainty=Certainty.PLAUSIBLE, needed=self._told(least.parts), detail=late)

    async def _see(
        self, files: tuple[Spoilt, ...], state: Files, kinds: frozenset[str] = KINDS, patience: Patience = QUICK
    ) -> Sights:
        owners = owners_of((file.real for file in files), self.world.fleet)
        folder = self.world.fleet.folder
        parsed = {str(file.path): parse_sight(file.path, state.get(file.real, file.now), folder) for file in files}
        seen = await asyncio.gather(*(self.trying.see(service, state, kinds, patience) for service in owners))
        tried = {name: sight for each in seen for name, sight in each.items()}
        return {name: sight for name, sight in parsed.items() if sight is not None} | tried

    async def _least(
        self, files: tuple[Spoilt, ...], parts: tuple[Part, ...], telling: Mapping[str, Sight]
    ) -> Least[Part]:
        """A part fails when all that failed with the whole fails, and says the same."""
        kinds = frozenset(kind for kind in KINDS if any(sight.kind == kind for sight in telling.values()))

        async def fails(some: tuple[Part, ...]) -> bool:
            try:
                seen = await self._see(files, put_back(some), kinds)
            except PrunellaError:
                return False
            return all(_is_same(seen.get(name), sight) for name, sight in telling.items())

        return await least_failing(parts, fails, _MOST_TRIALS, lambda: self.trying.is_late)

    def _shown(self, healed: Sights, telling: Mapping[str, Sight]) -> str:
        """One line for each check that tells them apart."""
        lines = (
            f"{sight.trial}: with the fault {sight.said}; without it {healed[n].said}." for n, sight in telling.items()
        )
        return self.world.redactor.text(" ".join(dict.fromkeys(lines)))

    def _alike(self, healed: Sights, spoilt: Sights) -> str:
        if not spoilt:
            return "Nothing of it can be tried on a shadow."
        reds = (f"{sight.trial}: {sight.said}" for sight in healed.values() if sight.ok is not True)
        said = "; ".join(dict.fromkeys(reds))
        why = f" Not green on a shadow even when healed: {said}" if said else ""
        return self.world.redactor.text(f"A shadow fares the same with the fault as without it.{why}")

    def _told(self, parts: Iterable[Part]) -> tuple[str, ...]:
        return tuple(self._in_words(part) for part in parts)

    def _in_words(self, part: Part) -> str:
        name = str(part.file.path).removeprefix(f"{self.world.fleet.folder}/")
        if part.setting is None:
            return f"{name}: its whole text"
        fact: dict[str, JsonValue] = {
            "key": part.setting.key, "before": part.setting.before, "after": part.setting.after
        }  # fmt: skip
        told = self.world.redactor.value(fact)
        before, after = (told["before"], told["after"]) if isinstance(told, dict) else (None, None)
        return self.world.redactor.text(f"{name} {part.setting.key}: {_value(before)} → {_value(after)}")


def _is_same(sight: Sight | None, other: Sight) -> bool:
    return sight is not None and sight.ok is False and sight.sign == other.sign


def _value(value: JsonValue) -> str:
    text = "(not there)" if value is None else str(value)
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"
