"""A large model plans in tasks, a small one turns each into calls; the whole is one plan, vetted like any other."""

from typing import Annotated

from pydantic import BaseModel, Field

from prunella.brains.budget import overspent
from prunella.brains.roles.asking import question, shaped
from prunella.domain.brief import Brief
from prunella.domain.plan import Answer, LookUp, Plan, Proposal, Step, Unsure
from prunella.domain.tool import Risk, ToolSpec
from prunella.domain.usage import Usage
from prunella.errors import Transient
from prunella.protocols import Brain

_MOST_TASKS = 8
_MOST_TRIES = 2  # of the actor at one outline, before the planner is asked again


class Outline(BaseModel):
    """A plan in words: tasks in order, each one call of one tool, with every value that it needs."""

    cause: str
    because: list[str] = []
    tasks: Annotated[list[str], Field(min_length=1, max_length=_MOST_TASKS)]


Moment = tuple[str, int, int]


class Delegating:
    """A brain of two: `planner` thinks, `actor` calls. Where the actor is at a loss, the planner makes the calls.

    An outline serves while the trouble is the same and nothing of it was carried out: a rejected call goes back to the
    actor before the planner is asked again.
    """

    def __init__(self, planner: Brain, actor: Brain) -> None:
        self._planner, self._actor = planner, actor
        self._outline: tuple[Moment, Outline] | None = None
        self._tries = 0

    @property
    def name(self) -> str:
        return self._planner.name

    @property
    def usage(self) -> Usage:
        return self._planner.usage + self._actor.usage

    async def propose(self, brief: Brief) -> Proposal:
        """A plan by both, or what the planner says instead; a goal that wants words is the planner's alone.

        Raises Transient when the planner cannot be had.
        """
        if brief.wants_words:
            return await self._planner.propose(brief)
        outline = await self._outlined(brief)
        if not isinstance(outline, Outline):
            return outline
        self._tries += 1
        steps = await self._carried_out(outline, brief)
        if isinstance(steps, LookUp | Unsure):
            return steps
        if not steps:
            return await self._planner.propose(brief)
        return Plan(cause=outline.cause, because=tuple(outline.because), steps=steps)

    async def _outlined(self, brief: Brief) -> Outline | Proposal:
        moment = (brief.trouble, brief.ground, len(brief.attempts))
        if self._outline is not None and self._outline[0] == moment and self._tries < _MOST_TRIES:
            return self._outline[1]
        proposal = await self._planner.propose(_for_planner(brief))
        outline = shaped(proposal.text, Outline) if isinstance(proposal, Answer) else None
        if outline is None:
            return await self._planner.propose(brief) if isinstance(proposal, Answer | Plan) else proposal
        self._outline, self._tries = (moment, outline), 0
        return outline

    async def _carried_out(self, outline: Outline, brief: Brief) -> tuple[Step, ...] | LookUp | Unsure:
        """The calls of all tasks; empty when the actor is at a loss with one of them, Unsure when the money is out."""
        steps: list[Step] = []
        before = self.usage
        for task in outline.tasks:
            stall = overspent(brief, self.usage - before)
            if stall is not None:
                return Unsure(why=stall[1], reason=stall[0])
            proposal = await self._acted(task, outline, steps, brief)
            match proposal:
                case Plan():
                    steps += proposal.steps
                case LookUp() if any(step.key not in brief.looked for step in proposal.steps):
                    return proposal
                case _:
                    return ()
        return tuple(steps)

    async def _acted(self, task: str, outline: Outline, steps: list[Step], brief: Brief) -> Proposal:
        done = "".join(f"\nPlanned before it: {step}" for step in steps)
        goal = f"{task}\n(One task of this plan; make just the call for it. The cause: {outline.cause}){done}"
        try:
            return await self._actor.propose(brief.model_copy(update={"goal": goal, "attempts": ()}))
        except Transient as error:
            return Unsure(why=str(error))


def _for_planner(brief: Brief) -> Brief:
    """It may look, and answers with tasks; the tools that change something are told in words."""
    readers = tuple(spec for spec in brief.tools if spec.risk is Risk.READ)
    deeds = "\n".join(f"- {_in_a_line(spec)}" for spec in brief.tools if spec.risk is not Risk.READ)
    goal = (
        f"{brief.goal}\n\nPlan it as tasks for somebody who carries them out, one call of one tool each, with every "
        f"value that is needed (file, key, value). They have these tools:\n{deeds}"
    )
    return brief.model_copy(update={"goal": question(goal, Outline), "tools": readers, "wants_words": True})


def _in_a_line(spec: ToolSpec) -> str:
    first = spec.description.partition("\n")[0]
    properties = spec.parameters.get("properties", {})
    names = ", ".join(properties) if isinstance(properties, dict) else ""
    return f"{spec.name}({names}): {first}"
