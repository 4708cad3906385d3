"""A brain whose words are fit to be shown and kept."""

from typing import assert_never

from prunella.domain.brief import Brief
from prunella.domain.plan import Answer, Considered, LookUp, Plan, Proposal, Step, Unsure
from prunella.domain.usage import Usage
from prunella.protocols import Brain
from prunella.redaction.redactor import Redactor


class Discreet:
    """Takes secrets out of what `brain` says, and leaves what it wants done as it is. Implements Brain."""

    def __init__(self, brain: Brain, redactor: Redactor) -> None:
        self._brain, self._redactor = brain, redactor

    @property
    def name(self) -> str:
        return self._brain.name

    @property
    def usage(self) -> Usage:
        return self._brain.usage

    async def propose(self, brief: Brief) -> Proposal:
        proposal, text = await self._brain.propose(brief), self._redactor.text
        match proposal:
            case Plan():
                return self._plan(proposal)
            case LookUp():
                return proposal.model_copy(update={"steps": self._steps(proposal.steps)})
            case Answer():
                return proposal.model_copy(update={"text": text(proposal.text)})
            case Unsure():
                return proposal.model_copy(update={"why": text(proposal.why)})
            case _:
                assert_never(proposal)

    def _plan(self, plan: Plan) -> Plan:
        text = self._redactor.text
        others = (Considered(plan=text(each.plan), why_not=text(each.why_not)) for each in plan.considered)
        return plan.model_copy(
            update={
                "cause": text(plan.cause),
                "because": tuple(text(reason) for reason in plan.because),
                "steps": self._steps(plan.steps),
                "considered": tuple(others),
            }
        )

    def _steps(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(step.model_copy(update={"why": self._redactor.text(step.why)}) for step in steps)
