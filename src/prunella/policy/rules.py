"""The `[policy]` of a fleet file, applied to one step and to a whole plan."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from prunella.domain.plan import Step
from prunella.domain.ruling import Autonomy, Ruling, Scope
from prunella.domain.service import PolicySpec
from prunella.domain.tool import Prepared, Risk, ToolSpec
from prunella.fleet.policy import HEADER
from prunella.fleet.wording import rule_text
from prunella.policy.autonomy import Level, levels_of
from prunella.policy.defaults import DEFAULTS, Default
from prunella.policy.places import Places
from prunella.policy.reach import weigh_reach
from prunella.policy.subjects import Subjects, subjects_of
from prunella.policy.weighing import Weighed, allow, ask, deny, first_word, strictest_word
from prunella.policy.window import weigh_freezes, weigh_windows


@dataclass(frozen=True)
class Rules:
    """A Policy. Pure; a stricter rule never allows more.

    In this order: `deny`; what only reads is allowed; autonomy observe or suggest denies; `ask`; what a tool says must
    be asked; what cannot be put back asks; autonomy ask asks; DEFAULTS ask unless `allow` speaks for the step; the rest
    is allowed. The autonomy of a step is the least of the run's, its tool's, and that of each service it touches,
    also through a file of that service.
    A rule that denies or asks holds when it matches anything of a step, one that allows when it covers all of it.
    """

    spec: PolicySpec
    autonomy: Autonomy
    fleet_path: Path

    def rule(self, step: Step, spec: ToolSpec, prepared: Prepared) -> Ruling:
        return first_word(self.weigh(step, spec, prepared))

    def rule_plan(self, scope: Scope) -> Ruling:
        """Every reason of the strictest word: a freeze denies for good, a limit denies, a closed window asks."""
        return strictest_word(self.weigh_plan(scope))

    def weigh(self, step: Step, spec: ToolSpec, prepared: Prepared) -> Iterator[Weighed]:
        """Every rule in order, each with what it says of the step; the first that says something decides."""
        subjects = subjects_of(step, prepared, self.fleet_path.parent, self.spec.files)
        yield from self._listed("deny", self.spec.deny, step, subjects)
        if spec.risk is Risk.READ:
            yield Weighed("what only reads is allowed", "", allow(f"{step.tool} only reads."))
            return
        levels = levels_of(self.spec, self.autonomy, subjects, self._places)
        yield from (_weighed(level) for level in levels if level.is_hands_off)
        yield from self._listed("ask", self.spec.ask, step, subjects)
        yield from _inherent(step, spec, prepared)
        yield from (_weighed(level) for level in levels if not level.is_hands_off)
        yield from (self._default(each, step, subjects) for each in DEFAULTS)
        yield Weighed("the rest is allowed", "", self._allowed(levels))

    def weigh_plan(self, scope: Scope) -> Iterator[Weighed]:
        """Every rule about plans as a whole, each with what it says of this one."""
        yield from weigh_freezes(self.spec.freezes, scope.at, self._places)
        yield from weigh_reach(self.spec, scope, self._places)
        yield from weigh_windows(self.spec.windows, scope.at, self._places)

    @property
    def _places(self) -> Places:
        return Places(self.fleet_path, self.spec.lines)

    def _listed(self, key: str, patterns: tuple[str, ...], step: Step, subjects: Subjects) -> Iterator[Weighed]:
        for pattern in patterns:
            rule = rule_text(key, pattern)
            place, is_met = self._places.place(rule), subjects.touched_by(pattern, self.fleet_path.parent)
            told = f"{rule} in {place}"
            says = deny(f"{told} forbids {step.tool}.") if key == "deny" else ask(f"{told} asks before {step.tool}.")
            yield Weighed(rule, place, says if is_met else None)

    def _default(self, default: Default, step: Step, subjects: Subjects) -> Weighed:
        rule, place = f"by default {default.what} asks", self._places.place(HEADER)
        if not default.is_met(step, subjects):
            return Weighed(rule, "")
        if pattern := subjects.covered_by(self.spec.allow, self.fleet_path.parent):
            lifted = rule_text("allow", pattern)
            return Weighed(f"{rule}, lifted by {lifted}", self._places.place(lifted))
        return Weighed(
            rule, "", ask(f"{step.tool} asks by default ({default.what}) unless `allow` in {place} names it.")
        )

    def _allowed(self, levels: tuple[Level, ...]) -> Ruling:
        return allow(f"Autonomy is auto ({levels[-1].origin}), and no rule is against it.")


def _weighed(level: Level) -> Weighed:
    """Less than auto has its say; a hand that is kept off the whole run is kept off any other plan as well."""
    told = f"Autonomy{level.of} is {level.autonomy} ({level.origin})"
    match level.autonomy:
        case Autonomy.OBSERVE:
            says = deny(f"{told}: nothing is changed, only reported.", final=level.is_for_all)
        case Autonomy.SUGGEST:
            says = deny(f"{told}: the plan is shown, not carried out.", final=level.is_for_all)
        case Autonomy.ASK:
            says = ask(f"{told}: every change asks.", final=level.is_for_all)
        case Autonomy.AUTO:
            says = None
        case _:
            assert_never(level.autonomy)
    return Weighed(level.rule, level.place, says)


def _inherent(step: Step, spec: ToolSpec, prepared: Prepared) -> Iterator[Weighed]:
    """What is asked whatever is allowed."""
    note = f": {prepared.note}" if prepared.note else ""
    final = spec.risk is Risk.IRREVERSIBLE or not prepared.reversible
    must = ask(f"{step.tool} always asks here: {prepared.must_ask}.") if prepared.must_ask else None
    yield Weighed("what its tool finds grave asks", "", must)
    yield Weighed("what cannot be put back asks", "", ask(f"{step.tool} cannot be put back{note}.") if final else None)
