"""What lies around services on paper: their paths, disks and held files, and what can be reloaded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prunella.brains.reflex.brain import think
from prunella.domain.brief import Brief
from prunella.domain.facts import DiskFacts, Facts, HeldFile, PathFacts, Reference, ServerFact
from prunella.domain.plan import Plan, Unsure
from prunella.domain.setting import FileState
from tests.brains.reflex.paper import ROOT, Unit, brief_of, facts_of


@dataclass(frozen=True)
class Around:
    """By service: its paths, logs and what is amiss with it; `reloads` are those that declare a reload."""

    paths: Mapping[str, tuple[PathFacts, ...]] = field(default_factory=dict[str, tuple[PathFacts, ...]])
    amiss: Mapping[str, tuple[ServerFact, ...]] = field(default_factory=dict[str, tuple[ServerFact, ...]])
    logs: Mapping[str, tuple[Path, ...]] = field(default_factory=dict[str, tuple[Path, ...]])
    disks: tuple[DiskFacts, ...] = ()
    held: tuple[HeldFile, ...] = ()
    good: tuple[FileState, ...] = ()
    reloads: frozenset[str] = frozenset()


def scene(units: Mapping[str, Unit], target: str, around: Around, references: tuple[Reference, ...] = ()) -> Facts:
    facts = facts_of(units, target, references)
    services = dict(facts.services)
    for name, each in services.items():
        declared = {"logs": around.logs.get(name, ()), "reload": ("reload",) if name in around.reloads else None}
        seen = {"service": each.service.model_copy(update=declared), "server": around.amiss.get(name, ())}
        services[name] = each.model_copy(update={**seen, "paths": around.paths.get(name, ())})
    found = {"services": services, "disks": around.disks, "held": around.held, "good_paths": around.good}
    return facts.model_copy(update=found)


def first(facts: Facts, brief: Brief) -> Plan:
    """The first proposal, which there has to be."""
    proposal = think(facts, brief)
    assert isinstance(proposal, Plan), proposal
    return proposal


def none_at_all(facts: Facts, brief: Brief) -> Unsure:
    proposal = think(facts, brief)
    assert isinstance(proposal, Unsure), proposal
    return proposal


def calls(plan: Plan) -> list[tuple[str, ...]]:
    """Each step as its tool and its arguments, paths below the root without it."""
    return [(s.tool, *(str(v).replace(f"{ROOT}/", "") for v in s.arguments.values())) for s in plan.steps]


def proposed(units: Mapping[str, Unit], target: str, around: Around, *tried: Plan) -> list[tuple[str, ...]]:
    """The steps of the first proposal."""
    return calls(first(scene(units, target, around), brief_of(units, tried)))


def file_at(
    path: str, mode: int = 0o644, *, link: str | None = None, is_folder: bool = False, size: int = 1
) -> PathFacts:
    state = FileState(path=ROOT / path, exists=True, mode=mode, link=link)
    return PathFacts(state=state, is_folder=is_folder, size=size)
