"""Who may do what: rules, questions, answers."""

from enum import StrEnum

from prunella.domain.evidence import Evidence
from prunella.domain.frozen import Frozen
from prunella.domain.plan import Plan
from prunella.domain.posture import Downgrade
from prunella.domain.rehearsal import Rehearsed
from prunella.domain.tool import Prepared, Risk


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

    A `final` word would meet any other plan as well: where it is a denial there is no use in thinking further.
    """

    permission: Permission
    reason: str
    final: bool = False


def stricter(one: Ruling, other: Ruling) -> Ruling:
    """The first where both are as strict; a final denial is the strictest."""
    order = list(Permission)
    return max(one, other, key=lambda ruling: (order.index(ruling.permission), ruling.final))


class ApprovalRequest(Frozen):
    """What a human is asked: the whole plan, what each step would change, and why it needs a yes.

    `prepared`, `rulings` and `risks` are in the order of the plan's steps; `concerns` are about the whole plan. The
    answer is bound to `plan.key`, and to `world`: resource name → digest, as the plan was vetted. `asked` and `expires`
    are seconds since the epoch; from `expires` on (None: never) the answer is no. `id` is what the loop calls the
    question, the same each time it is put. `downgrades` are the guards that the plan would weaken.
    """

    run: str
    plan: Plan
    prepared: tuple[Prepared, ...]
    rulings: tuple[Ruling, ...]
    risks: tuple[Risk, ...] = ()
    concerns: tuple[Ruling, ...] = ()
    goal: str = ""
    evidence: tuple[Evidence, ...] = ()
    rehearsed: Rehearsed | None = None
    downgrades: tuple[Downgrade, ...] = ()
    world: dict[str, str] = {}
    asked: float = 0.0
    expires: float | None = None
    id: str = ""


class Scope(Frozen):
    """How far a whole plan reaches. `at` is now, seconds since the epoch; `changes_last_hour` those of the fleet."""

    steps: int
    services: tuple[str, ...] = ()
    written_bytes: int = 0
    rows: int = 0
    changes_last_hour: int = 0
    at: float = 0.0


class Decision(Frozen):
    """A human's answer, or the answer that silence gives. `by` names who said it.

    `plan` is the key of the plan that was asked about. A `final` no wants no other plan either. `edited` is the plan
    that is wanted instead (`approved` False); it is vetted like any other.
    """

    approved: bool
    plan: str
    by: str
    reason: str = ""
    final: bool = False
    edited: Plan | None = None


class Question(Frozen):
    """A question as it is kept. `id` tells it from others of its run, and is the same however often it is put.

    `request` is redacted, so that `plan` alone is the key of the plan that is asked about. `answer` None: it waits;
    `answered` is when that ended, seconds since the epoch.
    """

    id: str
    plan: str
    request: ApprovalRequest
    answer: Decision | None = None
    answered: float | None = None

    @property
    def run(self) -> str:
        return self.request.run
