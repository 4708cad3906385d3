"""The reflex rung: looks, thinks of every repair that follows from what it sees, proposes the likeliest."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice

from prunella.brains.reflex import (
    addresses,
    advice,
    agreements,
    bounds,
    certificates,
    credentials,
    dangling,
    disks_junk,
    exhausted,
    figures,
    filepaths,
    hunks,
    keys,
    known_good,
    listening,
    locations,
    missing,
    pools,
    processes_supervised,
    releases,
    retype,
    rights,
    routes,
    runbooks,
    servers_admission,
    servers_binding,
    servers_data,
    servers_known,
    servers_queues,
    servers_redis,
    servers_sessions,
    servers_settings,
    shadowed,
    space,
    stale,
    stopped,
    switches,
    syntax,
    textmends,
    wording,
)
from prunella.brains.reflex.candidate import Candidate
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.leave import worth_trying
from prunella.brains.reflex.ranking import rank
from prunella.brains.reflex.space import cannot_be_written
from prunella.brains.reflex.trying import can_be_made
from prunella.brains.reflex.verdict import considered, why_unsure
from prunella.domain.brief import Brief
from prunella.domain.facts import Facts
from prunella.domain.plan import Plan, Unsure
from prunella.domain.usage import Usage

MECHANISMS: tuple[Callable[[Case], Iterable[Candidate]], ...] = (
    runbooks.candidates,
    syntax.candidates,
    textmends.candidates,
    wording.candidates,
    known_good.candidates,
    hunks.candidates,
    listening.candidates,
    dangling.candidates,
    pools.candidates,
    certificates.candidates,
    rights.candidates,
    releases.candidates,
    disks_junk.candidates,
    space.candidates,
    exhausted.candidates,
    addresses.candidates,
    advice.candidates,
    missing.candidates,
    retype.candidates,
    keys.candidates,
    agreements.candidates,
    bounds.candidates,
    credentials.candidates,
    servers_binding.candidates,
    servers_known.candidates,
    servers_sessions.candidates,
    servers_data.candidates,
    servers_admission.candidates,
    servers_redis.candidates,
    servers_queues.candidates,
    servers_settings.candidates,
    shadowed.candidates,
    processes_supervised.candidates,
    filepaths.candidates,
    routes.candidates,
    locations.candidates,
    figures.candidates,
    switches.candidates,
    stopped.candidates,
    stale.candidates,
)
LEAST_SCORE = 0.1
PLAIN = 0.5
SHOWN = 6


class Reflex:
    """A `Brain` without a model. `observe` takes the picture that it thinks about; thinking touches nothing."""

    name = "reflex"

    def __init__(self, observe: Callable[[], Awaitable[Facts]]) -> None:
        self._observe = observe

    @property
    def usage(self) -> Usage:
        return Usage()

    async def propose(self, brief: Brief) -> Plan | Unsure:
        """The likeliest plan that was not tried, with what else was considered; Unsure when nothing follows."""
        facts = await self._observe()
        return await asyncio.to_thread(think, facts, brief)


def think(facts: Facts, brief: Brief) -> Plan | Unsure:
    """Pure: the proposal that follows from these facts."""
    case = Case(facts, brief)
    ranked = think_of_all(case)
    if not ranked:
        return why_unsure(case)
    best = ranked[0]
    return best.plan.model_copy(update={"considered": considered(best, ranked[1:])})


def think_of_all(case: Case) -> tuple[Candidate, ...]:
    """Every candidate worth a trial, best first.

    None at all where the plain repair lies on a read-only disk: what else might be done would not be the repair.
    """
    found = [candidate for mechanism in MECHANISMS for candidate in mechanism(case)]
    ranked, is_worth = rank(case, found), worth_trying(case, found, LEAST_SCORE)
    if ranked and ranked[0].score >= PLAIN and cannot_be_written(case, ranked[0]):
        return ()
    likely = (c for c in ranked if is_worth(c) and not cannot_be_written(case, c))
    return tuple(islice((c for c in islice(likely, 60) if can_be_made(case, c)), SHOWN))
