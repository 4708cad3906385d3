import asyncio
from collections.abc import Iterator
from itertools import chain, repeat

import pytest

from prunella.domain.report import Reach, Reading
from prunella.probes.bounded import Bounded
from prunella.probes.prober import Prober
from prunella.protocols import Probe
from prunella.testing.clock import FakeClock


class Scripted(Probe):
    """Answers green for `+` and red for `-`, the last one for ever. A look takes `takes_s` of the clock's time."""

    def __init__(self, answers: str, clock: FakeClock | None = None, takes_s: float = 0.0) -> None:
        self._answers: Iterator[str] = chain(answers, repeat(answers[-1]))
        self._clock, self._takes_s = clock, takes_s
        self.looks = 0

    async def look(self) -> Reading:
        self.looks += 1
        if self._clock:
            self._clock.advance(self._takes_s)
        reach = Reach.RIGHT if next(self._answers) == "+" else Reach.WRONG
        return Reading(probe="p", reach=reach, detail=f"look {self.looks}")


class Hanging(Probe):
    async def look(self) -> Reading:
        return await asyncio.Event().wait() and await Hanging().look()


class Deaf(Probe):
    """Hangs, and does not even end when it is cancelled."""

    def __init__(self) -> None:
        self.enough = asyncio.Event()

    async def look(self) -> Reading:
        while not self.enough.is_set():
            try:
                await self.enough.wait()
            except asyncio.CancelledError:
                continue
        raise RuntimeError("too late for anybody")


class Raising(Probe):
    def __init__(self, error: BaseException) -> None:
        self._error = error

    async def look(self) -> Reading:
        raise self._error


class Meeting(Probe):
    """Answers only when `count` of them look at the same time."""

    def __init__(self, barrier: asyncio.Barrier) -> None:
        self._barrier = barrier

    async def look(self) -> Reading:
        await self._barrier.wait()
        return Reading(probe="m", reach=Reach.RIGHT, detail="met")


def bounded(probe: Probe, timeout_s: float = 0.05) -> Probe:
    return Bounded(probe, name="app: p", service="app", timeout_s=timeout_s)


async def test_all_look_at_once_in_their_order():
    barrier = asyncio.Barrier(3)
    prober = Prober([Bounded(Meeting(barrier), name=name, service=None, timeout_s=2) for name in "cab"])
    report = await prober.look()
    assert [(reading.probe, reading.ok) for reading in report.readings] == [("c", True), ("a", True), ("b", True)]


@pytest.mark.parametrize(
    ("probe", "reach", "detail"),
    [
        (Hanging(), Reach.SILENT, "no answer within 0.05 s"),
        (Raising(KeyError("x")), Reach.NOBODY, "the probe itself failed: KeyError: 'x'"),
        (Raising(asyncio.CancelledError()), Reach.NOBODY, "the probe itself was cancelled"),
    ],
)
async def test_a_broken_probe_is_a_reading_and_harms_no_other(probe: Probe, reach: Reach, detail: str):
    report = await Prober([bounded(probe), Scripted("+")]).look()
    broken, other = report.readings
    assert (broken.probe, broken.service, broken.reach, broken.detail) == ("app: p", "app", reach, detail)
    assert other.ok


async def test_a_probe_that_ignores_its_end_is_left_behind():
    deaf = Deaf()
    reading = await bounded(deaf).look()
    assert reading.reach is Reach.SILENT
    deaf.enough.set()
    await asyncio.sleep(0)


async def test_a_probe_of_somebody_else_is_bounded_too():
    report = await Prober([Hanging(), Raising(ValueError())], timeout_s=0.05).look()
    assert [reading.probe for reading in report.readings] == ["Hanging 1", "Raising 2"]
    assert not any(reading.ok for reading in report.readings)


async def test_a_look_that_is_cancelled_cancels_its_probes():
    ended = asyncio.Event()

    class Noticing(Probe):
        async def look(self) -> Reading:
            try:
                return await Hanging().look()
            finally:
                ended.set()

    looking = asyncio.create_task(Prober([bounded(Noticing(), 60)]).look())
    await asyncio.sleep(0.01)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    await asyncio.wait_for(ended.wait(), 1)
