"""All probes at once, and when what they say counts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from prunella.domain.report import Report
from prunella.errors import Misuse
from prunella.probes.bounded import Bounded
from prunella.protocols import Clock, Probe

_CONFIRMING_LOOKS = 5


@dataclass(frozen=True)
class _Streak:
    """How long the looks have been green without a break; `since` None: the last one was not."""

    since: float | None = None
    looks: int = 0

    def after(self, report: Report, now: float) -> "_Streak":
        if not report.is_green:
            return _Streak()
        return _Streak(now if self.since is None else self.since, self.looks + 1)

    def lasts(self, now: float) -> float:
        return 0.0 if self.since is None else now - self.since


class Prober:
    """Looks through all probes at once; a probe that hangs or raises is a reading like any other."""

    def __init__(self, probes: Sequence[Probe], *, timeout_s: float = 30.0, pause_s: float = 0.08) -> None:
        """`timeout_s` bounds the probes that are not bounded yet; `pause_s` stands between two looks."""
        self._probes = tuple(_bounded(probe, number, timeout_s) for number, probe in enumerate(probes, start=1))
        self._pause_s = pause_s

    async def look(self) -> Report:
        """One look; it may be a blip. The readings stand in the order of the probes."""
        return Report(readings=tuple(await asyncio.gather(*(probe.look() for probe in self._probes))))

    async def confirmed_look(self, clock: Clock) -> Report:
        """What is the matter now: looks until two in a row agree on green or not, five times at most.

        The last report; when the looks never agreed, the last that was not green.
        """
        red = report = await self.look()
        for _ in range(_CONFIRMING_LOOKS - 1):
            await clock.sleep(self._pause_s)
            earlier, report = report, await self.look()
            if report.is_green is earlier.is_green:
                return report
            red = earlier if report.is_green else report
        return red

    async def steady(self, window_s: float, *, deadline_s: float, clock: Clock, need_green: int = 2) -> Report:
        """Whether all stays well: green when every look of a whole window was, `need_green` of them at least.

        Looks as fast as it may. Not steady after `deadline_s`: the last report that failed. Raises Misuse when the
        window does not fit before the deadline.
        """
        if window_s > deadline_s:
            raise Misuse(f"A window of {window_s:g} s does not fit into {deadline_s:g} s.")
        if not self._probes:
            return Report()
        begun, streak, failing = clock.now(), _Streak(), None
        while True:
            report = await self.look()
            now = clock.now()
            streak = streak.after(report, now)
            if streak.looks >= need_green and streak.lasts(now) >= window_s:
                return report
            failing = failing if report.is_green else report
            if failing and now - begun >= deadline_s and streak.lasts(now) < window_s:
                return failing
            await clock.sleep(self._pause_s)


def _bounded(probe: Probe, number: int, timeout_s: float) -> Bounded:
    if isinstance(probe, Bounded):
        return probe
    name = f"{type(probe).__name__} {number}"
    return Bounded(probe, name=name, service=None, timeout_s=timeout_s)
