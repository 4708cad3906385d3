"""Standing still while agents are paused: nothing new is touched, and nothing that is in hand is cut in two."""

from dataclasses import dataclass

from prunella.domain.evidence import Observation
from prunella.domain.journal import Entry, Outcome
from prunella.domain.plan import Plan, Step
from prunella.domain.tool import Prepared, Risk, ToolSpec
from prunella.errors import Paused
from prunella.protocols import Journal, PauseSwitch, Tool, Toolbox


@dataclass
class Hand:
    """What a run does to the world right now: `is_full` from the call of an effect or an undo until it is settled."""

    is_full: bool = False


@dataclass(frozen=True)
class GatedJournal(Journal):
    """No intent is written while agents are paused, and so nothing new is done. Undo passes."""

    inner: Journal
    switch: PauseSwitch
    hand: Hand

    async def intend(self, run: str, token: int, plan: Plan, step: Step, prepared: Prepared) -> Entry:
        """Raises Paused, beside what the journal raises; nothing was written then."""
        refuse_while_paused(self.switch)
        return await self.inner.intend(run, token, plan, step, prepared)

    async def settle(
        self,
        entry: Entry,
        token: int,
        outcome: Outcome,
        observation: Observation | None,
    ) -> Entry:
        self.hand.is_full = True
        settled = await self.inner.settle(entry, token, outcome, observation)
        self.hand.is_full = outcome is Outcome.UNDOING
        return settled

    async def entries(self, run: str) -> tuple[Entry, ...]:
        return await self.inner.entries(run)

    async def changes_since(self, fleet: str, since: float) -> int:
        return await self.inner.changes_since(fleet, since)


@dataclass(frozen=True)
class HandledTools(Toolbox):
    """Tools whose effects fill the hand; it is empty again when the journal knows how they ended."""

    inner: Toolbox
    hand: Hand

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        return self.inner.specs

    def find(self, step: Step) -> Tool | Observation:
        return self.inner.find(step)

    async def call(self, step: Step) -> Observation:
        found = self.inner.find(step)
        is_look = isinstance(found, Observation) or found.spec.risk is Risk.READ
        self.hand.is_full = self.hand.is_full or not is_look
        return await self.inner.call(step)


def refuse_while_paused(switch: PauseSwitch) -> None:
    """Raises Paused, which says who stopped all agents, and why."""
    pause = switch.pause()
    if pause is not None:
        raise Paused(f"All agents are {pause}. `prunella resume` lets them go on.")
