"""Law 5 for a fleet: where each value of a step stands, looked up at each call."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from prunella.configs.reading import read_config
from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Step
from prunella.domain.ruling import Permission, Ruling
from prunella.domain.setting import SettingChange
from prunella.domain.tool import Prepared, Risk, ToolSpec
from prunella.errors import PrunellaError
from prunella.policy.taint import Filled, Origin, rule_values
from prunella.policy.words import leaf, normal, tokens
from prunella.redaction.assignments import REDACTED, is_harmless
from prunella.redaction.keys import is_secret_key
from prunella.world.asking import ask_server
from prunella.world.fleet_world import FleetWorld
from prunella.world.listening import who_listens
from prunella.world.origins import Sources, read_sources, read_versions
from prunella.world.origins_address import is_about_addresses
from prunella.world.origins_place import nearby_values
from prunella.world.origins_server import catalog_values, declared_values
from prunella.world.origins_setting import Lookup
from prunella.world.origins_text import TextLookup
from prunella.world.references import versions_of

SECRET = "secret:"  # noqa: S105 -- the prefix of a reference, not a secret
_MOST_SHOWN = 80
_MOST_REMOVED = 2
_LOOK_S = 5.0


@dataclass(frozen=True)
class FleetProvenance:
    """Implements Provenance. `goal` is the operator's own text; nothing that was read or thought is remembered."""

    world: FleetWorld
    goal: str

    async def rule(self, step: Step, spec: ToolSpec, prepared: Prepared) -> Ruling:
        if spec.risk is Risk.READ:
            return Ruling(permission=Permission.ALLOW, reason=f"{step.tool} only reads.")
        listening = await self._listening() if _takes_ports(prepared) else {}
        sources = await asyncio.to_thread(read_sources, self.goal, self.world.fleet, listening)
        reversible = prepared.reversible and spec.risk is not Risk.IRREVERSIBLE
        if not (prepared.changes or prepared.is_opaque):
            nearby = await self._nearby(step)
            return rule_values(step.tool, self._arguments(step, spec, sources, nearby), reversible=reversible)
        path = _path_of(prepared)
        if path is None or not sources.owners(path):
            reason = f"{step.tool} would write {path or 'a file'}, which the fleet does not declare as configuration."
            return Ruling(permission=Permission.ASK, reason=reason)
        if prepared.is_opaque and not prepared.hunks:
            return Ruling(permission=Permission.ASK, reason=f"{step.tool} would write what is no text to {path}.")
        lookup = await self._lookup(path, sources)
        return await asyncio.to_thread(self._rule_edit, step, prepared, lookup, reversible)

    async def _lookup(self, path: Path, sources: Sources) -> Lookup:
        good: dict[Path, bytes] = {}
        for name in sources.owners(path):
            good |= await self.world.known_good.newest(self.world.good_name(name))
        known = await asyncio.to_thread(versions_of, path, good)
        return Lookup(sources, read_config(path), await asyncio.to_thread(read_versions, path, known))

    def _rule_edit(self, step: Step, prepared: Prepared, lookup: Lookup, reversible: bool) -> Ruling:
        there = {setting.key for setting in lookup.now.settings}
        filled = [self._setting(step, each, lookup, each.key in there) for each in prepared.changes]
        complaints = list(_emptied(filled, len(there)))
        if prepared.is_opaque:
            text = TextLookup(lookup, prepared.changes if not lookup.now.fault else ())
            complaints += text.complaints(prepared.hunks)
            if lookup.now.fault:
                filled = [replace(each, origin=each.origin or Origin("its own words")) for each in filled]
            filled += [self._discreet(each) for each in text.filled(prepared.hunks)]
        return rule_values(step.tool, filled, complaints=complaints, reversible=reversible)

    def _setting(self, step: Step, change: SettingChange, lookup: Lookup, exists: bool) -> Filled:
        origin = _secret(step, change) or lookup.origin_of(change)
        return Filled(
            place=f"{lookup.sources.short(change.path)} {change.key}",
            shown=self._shown(change.key, change.after),
            key=change.key,
            before=change.before,
            after=change.after,
            exists=exists or change.before is not None,
            origin=origin,
        )

    def _shown(self, key: str, value: str | None) -> str:
        if value is None:
            return "(removed)"
        if is_secret_key(key) and not is_harmless(value):
            return REDACTED
        return self._cut(value)

    def _discreet(self, filled: Filled) -> Filled:
        return replace(filled, shown=self._cut(filled.shown))

    def _cut(self, value: str) -> str:
        shown = self.world.redactor.text(value)
        return repr(shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}…")

    async def _nearby(self, step: Step) -> dict[str, Origin]:
        """What the places that a step names vouch for: themselves, what lies near them, and their usual rights."""
        named = step.arguments.get("path")
        if not isinstance(named, str):
            return await self._of_server(step)
        good = await self.world.good_states(self.world.fleet.services)
        logs = {name: self.world.log_paths(service) for name, service in self.world.fleet.services.items()}
        return await asyncio.to_thread(lambda: dict(nearby_values(self.world.fleet, named, good, logs)))

    async def _of_server(self, step: Step) -> dict[str, Origin]:
        """Asked anew: what was read before may have been written by anybody since."""
        service = self.world.fleet.services.get(str(step.arguments.get("service", "")))
        if service is None or service.connect is None:
            return {}
        told = await ask_server(service, self.world.environ, self.world.redactor)
        good = await self.world.known_good.newest(self.world.good_name(service.name))
        declared = await asyncio.to_thread(lambda: dict(declared_values(service, step.arguments, good)))
        return {**dict(catalog_values(told)), **declared}

    def _arguments(
        self, step: Step, spec: ToolSpec, sources: Sources, nearby: Mapping[str, Origin]
    ) -> Iterator[Filled]:  # fmt: skip
        """Every text among the arguments; figures and switches of a tool's own are no values of the world."""
        known = {**dict(_known(sources)), **nearby}
        for name, value in _texts(step.arguments):
            origin = known.get(value) or _listed(spec, name, value)
            yield Filled(f"{step.tool} {name}", self._shown(name, value), after=value, origin=origin)

    async def _listening(self) -> dict[str, frozenset[int]]:
        """The ports of each service's own process, without strays; empty when that cannot be told."""
        if not self.world.supervised:
            return {}
        try:
            async with asyncio.timeout(_LOOK_S):
                found = await who_listens(self.world.supervised)
        except (PrunellaError, TimeoutError, OSError):
            return {}
        names = {each.service for each in found if each.service and not each.is_stray}
        return {n: frozenset(e.port for e in found if e.service == n and not e.is_stray) for n in names}


def _emptied(filled: list[Filled], settings: int) -> Iterator[str]:
    """One setting may go without an origin, but not most of a file."""
    gone = [each for each in filled if each.after is None and each.origin is None]
    if len(gone) > max(_MOST_REMOVED, settings // 2):
        yield f"{len(gone)} of {settings} settings would go, which no better time lacked"


def _takes_ports(prepared: Prepared) -> bool:
    return prepared.is_opaque or any(is_about_addresses(each.key, each.after or "") for each in prepared.changes)


def _path_of(prepared: Prepared) -> Path | None:
    files = [touch.removeprefix("file:") for touch in prepared.touches if touch.startswith("file:")]
    return Path(files[0]) if len(files) == 1 else None


def _secret(step: Step, change: SettingChange) -> Origin | None:
    """A declared secret that goes where its name says; anywhere else it would be carried out."""
    reference = str(step.arguments.get("value", ""))
    name = reference.removeprefix(SECRET)
    if not reference.startswith(SECRET):
        return None
    ours, theirs = tokens(leaf(change.key)), tokens(name)
    is_meant = normal(change.key) == normal(name) or ours[-len(theirs) :] == theirs or theirs[-len(ours) :] == ours
    return Origin(f"the declared secret {name}", is_own=True) if is_meant and ours and theirs else None


def _known(sources: Sources) -> Iterator[tuple[str, Origin]]:
    """Words of the goal, then what the fleet file names: services, files, values."""
    yield from ((word, Origin("the goal", is_own=True)) for word in sources.goal_words)
    if sources.goal:
        yield sources.goal, Origin("the goal", is_own=True)
    for each in sources.declared:
        yield each.value, Origin(each.where)
    for name, service in sources.fleet.services.items():
        yield name, Origin(sources.fleet.path.name)
        for path in service.config:
            yield from ((text, Origin(sources.fleet.path.name)) for text in (str(path), sources.short(path), path.name))


def _listed(spec: ToolSpec, name: str, value: str) -> Origin | None:
    """One of the choices that the tool's own contract lists."""
    properties = spec.parameters.get("properties")
    contract = properties.get(name.partition(".")[0]) if isinstance(properties, dict) else None
    choices = contract.get("enum") if isinstance(contract, dict) else None
    return Origin(f"the contract of {spec.name}") if isinstance(choices, list) and value in choices else None


def _texts(arguments: Mapping[str, JsonValue], within: str = "") -> Iterator[tuple[str, str]]:
    """(name, text) of every text that is not empty, however deep; the names of tables are texts as well."""
    for name, value in arguments.items():
        yield from _inner(f"{within}{name}", value)


def _inner(name: str, value: JsonValue) -> Iterator[tuple[str, str]]:
    match value:
        case str() if value:
            yield name, value
        case list():
            for each in value:
                yield from _inner(name, each)
        case dict():
            yield from ((name, key) for key in value)
            yield from _texts(cast("Mapping[str, JsonValue]", value), f"{name}.")
        case _:
            return
