"""Rungs in order, cheapest first. A rung that stalls, doubts, talks nonsense or is away is left for the next."""

from collections.abc import Sequence
from dataclasses import dataclass

from prunella.brains.budget import overspent
from prunella.brains.stalls import Stall, in_circles, spent, stuck, tries_of
from prunella.domain.brief import Brief
from prunella.domain.plan import Climb, ClimbReason, Proposal, Unsure
from prunella.domain.run import EventKind
from prunella.domain.usage import Usage
from prunella.errors import Misuse, Transient
from prunella.protocols import Brain, Emit
from prunella.silence import silent


@dataclass(frozen=True)
class Rung:
    """A brain on a ladder. One that `persists` is not left because two of its plans failed alike: each of them follows
    from another thought. Only its spent attempts, its doubt or its repeating itself end it.
    """

    brain: Brain
    persists: bool = False


class Ladder:
    """A brain made of brains. What it decides follows from the brief alone, so that a restart changes nothing.

    The rung that answered stays the current one while the trouble is the same; another trouble starts at the bottom.
    """

    def __init__(self, rungs: Sequence[Rung | Brain], emit: Emit = silent) -> None:
        if not rungs:
            raise Misuse("A ladder needs at least one rung: name a brain, such as `reflex`.")
        self.rungs = tuple(each if isinstance(each, Rung) else Rung(each) for each in rungs)
        self._emit = emit
        names = [rung.brain.name for rung in self.rungs]
        if twice := {name for name in names if names.count(name) > 1}:
            raise Misuse(f"The ladder names {', '.join(sorted(twice))} twice. Name each rung once.")

    @property
    def name(self) -> str:
        return " → ".join(rung.brain.name for rung in self.rungs)

    @property
    def usage(self) -> Usage:
        """Spent by all rungs since they were made."""
        return sum((rung.brain.usage for rung in self.rungs), Usage())

    async def propose(self, brief: Brief) -> Proposal:
        """The first proposal that is of use, with the climbs up to it. Never raises Transient; Unsure holds the reasons
        of every rung that was asked.
        """
        climbed: list[Climb] = []
        before = self.usage
        for place in range(self._start(brief), len(self.rungs)):
            rung = self.rungs[place]
            stall = overspent(brief, self.usage - before) if climbed else None
            if stall is not None:
                climbed.append(self._climb(place, brief, stall))
                break
            proposal, stall = await self._ask(rung, brief, is_last=place + 1 == len(self.rungs))
            if stall is None and not isinstance(proposal, Unsure):
                return proposal.model_copy(update={"by": rung.brain.name, "climbed": tuple(climbed)})
            climbed.append(self._climb(place, brief, stall or _doubt_of(proposal)))
        told = [f"{each.rung}: {each.detail}" if len(self.rungs) > 1 else each.detail for each in climbed]
        return Unsure(
            why="\n".join(told),
            reason=climbed[-1].why,
            by=climbed[-1].rung,
            climbed=tuple(climbed),
        )

    def _start(self, brief: Brief) -> int:
        """Where the run stood with this trouble; the bottom for a new one, and the top when all gave up on it."""
        names = [rung.brain.name for rung in self.rungs]
        last = next((each.to for each in reversed(brief.climbs) if each.trouble == brief.trouble), "")
        return names.index(last) if last in names else 0

    async def _ask(self, rung: Rung, brief: Brief, *, is_last: bool) -> tuple[Proposal, Stall | None]:
        """On the last rung, plans that failed alike are no reason yet to wake a human."""
        name = rung.brain.name
        stall = spent(brief, name) or (None if is_last or rung.persists else stuck(brief, name))
        if stall is not None:
            return Unsure(why=stall[1]), stall
        left = brief.spent.model_copy(update={"attempts": tries_of(brief, name)})
        try:
            proposal = await rung.brain.propose(brief.model_copy(update={"spent": left}))
        except Transient as error:
            return Unsure(why=str(error)), (ClimbReason.UNAVAILABLE, str(error))
        return proposal, None if is_last else in_circles(brief, proposal)

    def _climb(self, place: int, brief: Brief, stall: Stall) -> Climb:
        rung = self.rungs[place].brain.name
        to = self.rungs[place + 1].brain.name if place + 1 < len(self.rungs) else ""
        climb = Climb(rung=rung, to=to, why=stall[0], detail=stall[1], trouble=brief.trouble)
        self._emit(EventKind.CLIMB, "plan", str(climb), **climb.model_dump(mode="json"))
        return climb


def _doubt_of(proposal: Proposal) -> Stall:
    return (proposal.reason, proposal.why) if isinstance(proposal, Unsure) else (ClimbReason.DOUBT, "")
