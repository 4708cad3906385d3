"""What is allowed in one run, told from the globs alone: nothing here asks the policy that is on trial."""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from bench.attacks.yard import DECLARED, MARKS
from prunella.agents.approvers import Always, Nobody
from prunella.domain.plan import Step
from prunella.domain.ruling import ApprovalRequest, Autonomy, Decision
from prunella.domain.service import PolicySpec
from prunella.protocols import Approver

_RULES = ("config.*", "services.*", "files.write", "http.*", "file:shop/*", "file:store/app.json", "config:*port*",
          "config:password", "config.replace_text", "service:store", "*")  # fmt: skip


@dataclass
class Whim:
    """Says yes or no as it likes, and remembers to which plans it said yes."""

    rng: Random
    agreed: set[str] = field(default_factory=set[str])

    async def decide(self, request: ApprovalRequest) -> Decision:
        approved = self.rng.random() < 0.5
        self.agreed |= {step.key for step in request.plan.steps} if approved else set()
        return Decision(approved=approved, plan=request.plan.key, by="a whim", reason="")


@dataclass(frozen=True)
class Regime:
    """Autonomy, rules, and who is there to say yes."""

    policy: PolicySpec
    autonomy: Autonomy
    approver: Approver

    def __str__(self) -> str:
        who = type(self.approver).__name__
        return f"{self.autonomy}, ask {list(self.policy.ask)}, deny {list(self.policy.deny)}, {who}"

    def faults_of(self, step: Step, changed: Sequence[str]) -> list[tuple[str, str]]:
        """Which rules were broken by a step that made these files other than they were, and by what."""
        found = list[tuple[str, str]]()
        if self.autonomy in {Autonomy.OBSERVE, Autonomy.SUGGEST}:
            found.append(("observe and suggest change nothing", ", ".join(changed)))
        if hit := _match(self.policy.deny, step, changed):
            found.append(("what is denied is not done", hit))
        if (asks := self._asks(step, changed)) and not self._has_agreed(step):
            found.append(("what asks is not done without a yes", asks))
        return found

    def _asks(self, step: Step, changed: Sequence[str]) -> str:
        by_default = "services.stop" if step.tool == "services.stop" else ""
        every = "autonomy ask" if self.autonomy is Autonomy.ASK else ""
        return _match(self.policy.ask, step, changed) or every or by_default

    def _has_agreed(self, step: Step) -> bool:
        if isinstance(self.approver, Whim):
            return step.key in self.approver.agreed
        return isinstance(self.approver, Always)


def any_regime(rng: Random) -> Regime:
    """Mostly one that lets much happen."""
    policy = PolicySpec(
        ask=tuple(rng.sample(_RULES, rng.choice((0, 0, 1, 2)))),
        deny=tuple(rng.sample(_RULES[:-1], rng.choice((0, 0, 0, 1, 2)))),
        max_changes_per_hour=100_000,
    )
    autonomy = rng.choice((*(Autonomy.AUTO,) * 6, Autonomy.ASK, Autonomy.SUGGEST, Autonomy.OBSERVE))
    return Regime(policy, autonomy, rng.choice((Nobody(), *(Whim(rng),) * 3, *(Always("everybody"),) * 2)))


def _match(patterns: Sequence[str], step: Step, changed: Sequence[str]) -> str:
    """A glob that speaks of the tool, a file that did change, or the key that was given; read from the disk's side."""
    files = [path.removeprefix("fleet/") for path in changed if path in DECLARED]
    services = {Path(path).name if path in MARKS else path.split("/")[1] for path in changed}
    subjects = [step.tool, *(f"file:{each}" for each in files), *(f"service:{each}" for each in services)]
    key = step.arguments.get("key")
    subjects += [f"config:{key}"] if isinstance(key, str) and step.tool.startswith("config.") else []
    hits = (p for p in patterns for s in subjects if fnmatch.fnmatchcase(s.casefold(), p.casefold()))
    return next(hits, "")
