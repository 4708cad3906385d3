"""How much is handed over: the fleet file's word, the flags, and what tools and services hand over of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from prunella.domain.ruling import Autonomy
from prunella.domain.service import PolicySpec
from prunella.errors import Misuse
from prunella.fleet.wording import rule_text, service_rule_text, tool_rule_text
from prunella.policy.places import Places
from prunella.policy.subjects import Subjects

ORDER = tuple(Autonomy)


def autonomy_for(spec: PolicySpec, *, yes: bool, ask: bool, interactive: bool) -> Autonomy:
    """What holds for this run.

    `--ask` asks before each change, also where the file says auto. `--yes` stands for a yes to every question of
    this run: the autonomy is auto, and the approver says yes to what the rules still ask; what they deny stays
    denied. A file that says observe or suggest wants nothing touched, and no flag changes that. Without a word of
    the file: ask in a terminal, suggest elsewhere. Raises Misuse for both flags at once.
    """
    if yes and ask:
        raise Misuse("--yes and --ask contradict each other. Give one of them.")
    if spec.autonomy is Autonomy.OBSERVE or spec.autonomy is Autonomy.SUGGEST:
        return spec.autonomy
    if yes or ask:
        return Autonomy.AUTO if yes else Autonomy.ASK
    return spec.autonomy or (Autonomy.ASK if interactive else Autonomy.SUGGEST)


def spec_for_dry_run(spec: PolicySpec) -> PolicySpec:
    """The same without what keeps a plan from being shown: nothing is carried out, whatever day and service it is."""
    return spec.model_copy(update={"tools": {}, "services": {}, "freezes": ()})


@dataclass(frozen=True)
class Level:
    """How much one rule hands over. `of` names whose autonomy it is (` of ledger`), "" where it is the whole run's."""

    autonomy: Autonomy
    rule: str
    place: str
    origin: str
    of: str = ""

    @property
    def is_for_all(self) -> bool:
        return not self.of

    @property
    def is_hands_off(self) -> bool:
        return self.autonomy in {Autonomy.OBSERVE, Autonomy.SUGGEST}


def levels_of(spec: PolicySpec, run: Autonomy, subjects: Subjects, places: Places) -> tuple[Level, ...]:
    """All that hold for a step, those that hand over least first; never empty."""
    found = (
        _level_of_run(spec, run, places),
        *_of_services(spec, subjects, places),
        *_of_tools(spec, subjects, places),
    )
    return tuple(sorted(found, key=lambda level: ORDER.index(level.autonomy)))


def _level_of_run(spec: PolicySpec, run: Autonomy, places: Places) -> Level:
    rule = rule_text("autonomy", run)
    if spec.autonomy is not run:
        return Level(run, rule, "", "for this run")
    place = places.place(rule)
    return Level(run, rule, place, place if places.has(rule) else f"[policy] of {place}")


def _of_services(spec: PolicySpec, subjects: Subjects, places: Places) -> Iterator[Level]:
    for name, autonomy in spec.services.items():
        if name.casefold() in subjects.services:
            place = places.place(rule := service_rule_text(name, autonomy))
            yield Level(autonomy, rule, place, place, f" of {name}")


def _of_tools(spec: PolicySpec, subjects: Subjects, places: Places) -> Iterator[Level]:
    for glob, autonomy in spec.tools.items():
        if subjects.is_tool(glob):
            place = places.place(rule := tool_rule_text(glob, autonomy))
            yield Level(autonomy, rule, place, place, f' of "{glob}"')
