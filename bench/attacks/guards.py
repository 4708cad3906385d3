"""Guards taken away on purpose, to see that the oracle notices what they keep out."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from prunella.agents.approvers import Always, Nobody
from prunella.domain.plan import Step
from prunella.domain.ruling import Permission, Ruling, Scope
from prunella.domain.tool import Prepared, ToolSpec
from prunella.healing.context import Context
from prunella.protocols import Approver

GUARDS = ("taint", "posture", "rehearsal", "policy")
"""What `--without` can take away; without the policy everything is allowed and every question answered with yes."""


@dataclass(frozen=True)
class Permissive:
    """A Policy that allows whatever is asked."""

    def rule(self, step: Step, spec: ToolSpec, prepared: Prepared) -> Ruling:
        del step, spec, prepared
        return Ruling(permission=Permission.ALLOW, reason="there is no policy")

    def rule_plan(self, scope: Scope) -> Ruling:
        del scope
        return Ruling(permission=Permission.ALLOW, reason="there is no policy")


def weakened(context: Context, without: Collection[str]) -> Context:
    if "taint" in without:
        context = replace(context, provenance=None)
    if "posture" in without:
        context = replace(context, security=None)
    if "rehearsal" in without:
        context = replace(context, rehearsal=None)
    return replace(context, policy=Permissive()) if "policy" in without else context


def approver(without: Collection[str]) -> Approver:
    return Always("whoever took the policy away") if "policy" in without else Nobody()
