import asyncio
from collections.abc import Iterator
from itertools import chain, repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.domain.report import Reach, Reading
from prunella.errors import Misuse
from prunella.probes.bounded import Bounded
from prunella.probes.prober import Prober
from prunella.protocols import Probe
from prunella.testing.clock import FakeClock

PAUSE_S = 0.1


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


def prober_of(answers: str) -> tuple[Prober, Scripted, FakeClock]:
    clock = FakeClock()
    probe = Scripted(answers, clock)
    return Prober([probe], pause_s=PAUSE_S), probe, clock


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


@pytest.mark.parametrize(
    ("answers", "green", "looks"),
    [
        ("++", True, 2),
        ("--", False, 2),
        ("-++", True, 3),
        ("+--", False, 3),
        ("+-+-+", False, 5),
        ("-+-+-", False, 5),
    ],
)
async def test_a_first_look_is_confirmed_by_the_next(answers: str, green: bool, looks: int):
    prober, probe, clock = prober_of(answers)
    report = await prober.confirmed_look(clock)
    assert (report.is_green, probe.looks) == (green, looks)
    assert clock.slept == [PAUSE_S] * (looks - 1)


async def test_steady_waits_for_the_whole_window():
    prober, _, clock = prober_of("+")
    begun = clock.now()
    report = await prober.steady(1.0, deadline_s=5.0, clock=clock)
    assert report.is_green
    assert 1.0 <= clock.now() - begun < 1.0 + 2 * PAUSE_S


async def test_one_red_look_begins_the_window_again():
    prober, _, clock = prober_of("+++++-+")
    begun = clock.now()
    assert (await prober.steady(1.0, deadline_s=5.0, clock=clock)).is_green
    assert clock.now() - begun >= 1.0 + 6 * PAUSE_S - 0.001


async def test_a_late_recovery_is_waited_for():
    prober, _, clock = prober_of("-" * 20 + "+")
    assert (await prober.steady(0.5, deadline_s=5.0, clock=clock)).is_green


async def test_red_to_the_end_is_the_last_red():
    prober, probe, clock = prober_of("-")
    begun = clock.now()
    report = await prober.steady(0.5, deadline_s=2.0, clock=clock)
    assert report.readings[0].detail == f"look {probe.looks}"
    assert 2.0 <= clock.now() - begun < 2.0 + 2 * PAUSE_S


async def test_flapping_is_not_steady():
    prober, _, clock = prober_of("+-" * 100)
    assert not (await prober.steady(0.5, deadline_s=3.0, clock=clock)).is_green


async def test_green_just_before_the_deadline_is_not_steady():
    prober, _, clock = prober_of("-" * 18 + "+")
    report = await prober.steady(1.0, deadline_s=2.0, clock=clock)
    assert report.readings[0].detail == "look 18"


async def test_no_window_still_needs_its_looks():
    prober, probe, clock = prober_of("+")
    assert (await prober.steady(0.0, deadline_s=0.0, clock=clock, need_green=3)).is_green
    assert probe.looks == 3


async def test_slow_looks_get_their_number_past_the_deadline():
    clock = FakeClock()
    probe = Scripted("+", clock, takes_s=3.0)
    report = await Prober([probe], pause_s=PAUSE_S).steady(1.0, deadline_s=2.0, clock=clock)
    assert report.is_green
    assert probe.looks == 2


async def test_no_probes_prove_nothing():
    clock = FakeClock()
    report = await Prober([]).steady(1.0, deadline_s=2.0, clock=clock)
    assert (report.is_green, clock.slept) == (False, [])


async def test_a_window_past_the_deadline_is_misuse():
    prober, _, clock = prober_of("+")
    with pytest.raises(Misuse, match="window of 3 s"):
        await prober.steady(3.0, deadline_s=2.0, clock=clock)


@given(st.text("+-", min_size=1, max_size=40))
@settings(max_examples=80, deadline=None)
async def test_steady_is_green_only_after_a_green_window(answers: str):
    prober, probe, clock = prober_of(answers)
    report = await prober.steady(0.35, deadline_s=2.0, clock=clock)
    seen = (answers + answers[-1] * 100)[: probe.looks]
    assert report.is_green is seen.endswith("+" * 5)
    assert "+++++" not in seen[:-1]
