"""Who may do what: rules, questions, answers."""

from enum import StrEnum

from prunella.domain.frozen import Frozen
from prunella.domain.plan import Plan
from prunella.domain.tool import Prepared


class Autonomy(StrEnum):
    """How much an operator hands over, least first."""

    OBSERVE = "observe"  # look, and say what is wrong
    SUGGEST = "suggest"  # and say what would be done
    ASK = "ask"  # and do it when a human agrees
    AUTO = "auto"  # and do it


class Permission(StrEnum):
    """Mildest first; of two rules the stricter wins."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


class Ruling(Frozen):
    """What the policy says of one step, and by which rule of which file.

    A `final` denial would meet any other plan as well: there is no use in thinking further.
    """

    permission: Permission
    reason: str
    final: bool = False


class ApprovalRequest(Frozen):
    """What a human is asked: the whole plan, what each step would change, and why it needs a yes.

    `prepared` and `rulings` are in the order of the plan's steps. The answer is bound to `plan.key`.
    """

    run: str
    plan: Plan
    prepared: tuple[Prepared, ...]
    rulings: tuple[Ruling, ...]


class Decision(Frozen):
    """A human's answer, or the answer that silence gives. `by` names who said it.

    `plan` is the key of the plan that was asked about. A `final` no wants no other plan either.
    """

    approved: bool
    plan: str
    by: str
    reason: str = ""
    final: bool = False
