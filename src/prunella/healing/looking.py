"""Looking at checks for long enough to believe them."""

import asyncio
import inspect
import math
from dataclasses import dataclass

from prunella.domain.goal import Check, Objective
from prunella.domain.report import Reach, Reading, Report
from prunella.errors import Lost, Misuse
from prunella.healing.context import Patience
from prunella.protocols import Clock
from prunella.redaction.redactor import Redactor

_REDACTOR = Redactor()


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
        return frozenset(r.outline for r in (*self.report.failing, *self.neighbours.failing))


async def look(check: Check | None, name: str = "", most_s: float = math.inf) -> Report:
    """Ask a check once. One that raises is red, with the reason, and so is one that takes longer than `most_s`; no
    check gives the empty report. What it says leaves without the secrets that can be recognised.

    What makes every further look useless, Misuse and Lost, goes through.
    """
    if check is None:
        return Report()
    name = name or getattr(check, "__name__", "check")
    try:
        async with asyncio.timeout(most_s if math.isfinite(most_s) else None):
            seen = check()
            seen = await seen if inspect.isawaitable(seen) else seen
    except (Misuse, Lost):
        raise
    except TimeoutError as error:
        detail = f"no answer within {most_s:g} s" if math.isfinite(most_s) else f"TimeoutError: {error}"
        return _one(Reading(probe=name, reach=Reach.SILENT, detail=detail))
    except Exception as error:  # noqa: BLE001 -- a check is the user's code: whatever it raises is a reading
        return _one(Reading(probe=name, reach=Reach.WRONG, detail=f"{type(error).__name__}: {error}"))
    if isinstance(seen, Report):
        return seen.model_copy(update={"readings": tuple(map(_discreet, seen.readings))})
    return _one(Reading(probe=name, reach=Reach.RIGHT if seen else Reach.WRONG, detail=f"says {seen}"))


def _one(reading: Reading) -> Report:
    return Report(readings=(_discreet(reading),))


def _discreet(reading: Reading) -> Reading:
    detail, body = _REDACTOR.text(reading.detail), _REDACTOR.text(reading.body)
    if (detail, body) == (reading.detail, reading.body):
        return reading
    return reading.model_copy(update={"detail": detail, "body": body})


async def only(check: Check, probe: str) -> Report:
    """What the check says of one probe; the empty report when it has none of that name."""
    report = await look(check)
    readings = tuple(reading for reading in report.readings if reading.probe == probe)
    return report.model_copy(update={"readings": readings})


async def look_around(check: Check | None, constraints: tuple[Check, ...], most_s: float = math.inf) -> Sight:
    """One look at the check and at every constraint, none of them longer than `most_s`."""
    report = await look(check, most_s=most_s)
    neighbours = [await look(each, most_s=most_s) for each in constraints]
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
    sight = await look_around(check, constraints, patience.look_s)
    bad = None if sight.is_good(baseline) else sight
    if sight.report.steady and not patience.window_s:
        return sight
    while True:
        await clock.sleep(patience.pause_s)
        earlier, sight = sight, await look_around(check, constraints, patience.look_s)
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


async def measure(objective: Objective, most_s: float) -> float | None:
    """The objective's figure right now; None when it raises, or takes longer than `most_s`."""
    try:
        async with asyncio.timeout(most_s):
            figure = objective.measure()
            return await figure if inspect.isawaitable(figure) else figure
    except (Misuse, Lost):
        raise
    except Exception:  # noqa: BLE001 -- it is the user's code: whatever it raises, there is no figure
        return None
