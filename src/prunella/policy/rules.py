"""The `[policy]` of a fleet file, applied to one step."""

from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from prunella.domain.plan import Step
from prunella.domain.ruling import Autonomy, Permission, Ruling
from prunella.domain.service import PolicySpec
from prunella.domain.tool import Prepared, Risk, ToolSpec
from prunella.policy.subjects import Subjects, subjects_of

ASKED_BY_DEFAULT = ("services.stop",)
"""Tools whose effect people notice for as long as nobody undoes it."""


@dataclass(frozen=True)
class Rules:
    """A Policy. Pure; a stricter rule never allows more.

    In this order: `deny`; what only reads is allowed; autonomy observe or suggest denies; `ask`; what a tool says must
    be asked; what cannot be put back asks; autonomy ask asks; tools of ASKED_BY_DEFAULT ask unless `allow` names them;
    the rest is allowed.
    A rule that denies or asks holds when it matches anything of a step, one that allows when it covers all of it.
    """

    spec: PolicySpec
    autonomy: Autonomy
    fleet_path: Path

    def rule(self, step: Step, spec: ToolSpec, prepared: Prepared) -> Ruling:
        subjects = subjects_of(step, prepared, self.fleet_path.parent)
        if spec.risk is Risk.READ:
            return self._denied(step, subjects) or _allow(f"{step.tool} only reads.")
        return self._forbidden(step, subjects) or self._asked(step, spec, prepared, subjects) or self._allowed()

    def _denied(self, step: Step, subjects: Subjects) -> Ruling | None:
        if pattern := self._match(self.spec.deny, subjects):
            return _deny(f'deny = "{pattern}" in {self.fleet_path} forbids {step.tool}.')
        return None

    def _forbidden(self, step: Step, subjects: Subjects) -> Ruling | None:
        if denied := self._denied(step, subjects):
            return denied
        match self.autonomy:
            case Autonomy.OBSERVE:
                return _deny(f"Autonomy is observe ({self._origin()}): nothing is changed, only reported.", final=True)
            case Autonomy.SUGGEST:
                return _deny(f"Autonomy is suggest ({self._origin()}): the plan is shown, not carried out.", final=True)
            case Autonomy.ASK | Autonomy.AUTO:
                return None
            case _:
                assert_never(self.autonomy)

    def _asked(self, step: Step, spec: ToolSpec, prepared: Prepared, subjects: Subjects) -> Ruling | None:
        if pattern := self._match(self.spec.ask, subjects):
            return _ask(f'ask = "{pattern}" in {self.fleet_path} asks before {step.tool}.')
        if prepared.must_ask:
            return _ask(f"{step.tool} always asks here: {prepared.must_ask}.")
        if spec.risk is Risk.IRREVERSIBLE or not prepared.reversible:
            return _ask(f"{step.tool} cannot be put back{f': {prepared.note}' if prepared.note else ''}.")
        if self.autonomy is Autonomy.ASK:
            return _ask(f"Autonomy is ask ({self._origin()}): every change asks.")
        if step.tool in ASKED_BY_DEFAULT and not subjects.covered_by(self.spec.allow, self.fleet_path.parent):
            return _ask(f"{step.tool} asks unless `allow` in {self.fleet_path} names it.")
        return None

    def _allowed(self) -> Ruling:
        return _allow(f"Autonomy is auto ({self._origin()}), and no rule is against it.")

    def _match(self, patterns: tuple[str, ...], subjects: Subjects) -> str | None:
        folder = self.fleet_path.parent
        return next((pattern for pattern in patterns if subjects.touched_by(pattern, folder)), None)

    def _origin(self) -> str:
        is_declared = self.spec.autonomy is self.autonomy
        return f"[policy] of {self.fleet_path}" if is_declared else "for this run"


def _allow(reason: str) -> Ruling:
    return Ruling(permission=Permission.ALLOW, reason=reason)


def _ask(reason: str) -> Ruling:
    return Ruling(permission=Permission.ASK, reason=reason)


def _deny(reason: str, *, final: bool = False) -> Ruling:
    return Ruling(permission=Permission.DENY, reason=reason, final=final)
