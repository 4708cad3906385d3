"""Looking at checks for long enough to believe them."""

import inspect
from dataclasses import dataclass

from prunella.domain.goal import Check, Objective
from prunella.domain.report import Reach, Reading, Report
from prunella.errors import Lost, Misuse
from prunella.healing.context import Patience
from prunella.protocols import Clock


@dataclass(frozen=True)
class Sight:
    """One look at the goal's check and at its constraints."""

    report: Report
    neighbours: Report

    def is_good(self, baseline: Report | None) -> bool:
        """Green, and no constraint worse than it was found."""
        return self.report.is_green and not self.neighbours.worse_than(baseline or self.neighbours)

    @property
    def failing(self) -> frozenset[str]:
        return frozenset(r.fingerprint for r in (*self.report.failing, *self.neighbours.failing))


async def look(check: Check | None, name: str = "") -> Report:
    """Ask a check once. One that raises is red, with the reason; no check gives the empty report.

    What makes every further look useless, Misuse and Lost, goes through.
    """
    if check is None:
        return Report()
    name = name or getattr(check, "__name__", "check")
    try:
        seen = check()
        seen = await seen if inspect.isawaitable(seen) else seen
    except (Misuse, Lost):
        raise
    except Exception as error:  # noqa: BLE001 -- a check is the user's code: whatever it raises is a reading
        return Report(readings=(Reading(probe=name, reach=Reach.WRONG, detail=f"{type(error).__name__}: {error}"),))
    if isinstance(seen, Report):
        return seen
    return Report(readings=(Reading(probe=name, reach=Reach.RIGHT if seen else Reach.WRONG, detail=f"says {seen}"),))


async def only(check: Check, probe: str) -> Report:
    """What the check says of one probe; the empty report when it has none of that name."""
    report = await look(check)
    readings = tuple(reading for reading in report.readings if reading.probe == probe)
    return report.model_copy(update={"readings": readings})


async def look_around(check: Check | None, constraints: tuple[Check, ...]) -> Sight:
    """One look at the check and at every constraint."""
    report = await look(check)
    neighbours = [await look(each) for each in constraints]
    return Sight(
        report=report,
        neighbours=Report(
            readings=tuple(reading for each in neighbours for reading in each.readings),
            settled=all(each.settled for each in neighbours),
        ),
    )


async def watch(
    check: Check | None, constraints: tuple[Check, ...], baseline: Report | None, patience: Patience, clock: Clock
) -> Sight:
    """Look until good has held for the window, or bad is settled and stays the same, or the deadline passes.

    Two looks at least, so that one flapping reading decides nothing; one where a second would say the same and no
    window is asked for. At the deadline a green that has not held for
    the window is not believed: the last sight that was not good is returned.
    """
    started = same_since = clock.now()
    sight = await look_around(check, constraints)
    bad = None if sight.is_good(baseline) else sight
    if sight.report.steady and not patience.window_s:
        return sight
    while True:
        await clock.sleep(patience.pause_s)
        earlier, sight = sight, await look_around(check, constraints)
        now, good = clock.now(), sight.is_good(baseline)
        bad = bad if good else sight
        if good != earlier.is_good(baseline) or (not good and sight.failing != earlier.failing):
            same_since = now
        if now - same_since >= _enough(sight, patience, good=good):
            return sight
        if bad and now - started >= patience.deadline_s:
            return bad


def _enough(sight: Sight, patience: Patience, *, good: bool) -> float:
    """For how long, in seconds, a sight must stay the same before it is believed."""
    if good:
        return patience.window_s
    is_settled = sight.report.settled and sight.neighbours.settled
    return patience.same_s if is_settled else patience.deadline_s


async def measure(objective: Objective) -> float:
    """The objective's figure right now."""
    figure = objective.measure()
    return await figure if inspect.isawaitable(figure) else figure
