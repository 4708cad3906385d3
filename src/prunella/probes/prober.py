"""All probes at once."""

import asyncio
from collections.abc import Sequence

from prunella.domain.report import Report
from prunella.probes.bounded import Bounded
from prunella.protocols import Probe


class Prober:
    """Looks through all probes at once; a probe that hangs or raises is a reading like any other."""

    def __init__(self, probes: Sequence[Probe], *, timeout_s: float = 30.0) -> None:
        """`timeout_s` bounds the probes that are not bounded yet."""
        self._probes = tuple(_bounded(probe, number, timeout_s) for number, probe in enumerate(probes, start=1))

    async def look(self) -> Report:
        """One look; it may be a blip. The readings stand in the order of the probes."""
        return Report(readings=tuple(await asyncio.gather(*(probe.look() for probe in self._probes))))


def _bounded(probe: Probe, number: int, timeout_s: float) -> Bounded:
    if isinstance(probe, Bounded):
        return probe
    name = f"{type(probe).__name__} {number}"
    return Bounded(probe, name=name, service=None, timeout_s=timeout_s)
