import time

from prunella.clock import SystemClock
from prunella.protocols import Clock
from prunella.testing.clock import FakeClock


async def test_the_system_clock_tells_and_takes_real_time():
    clock: Clock = SystemClock()
    before = clock.now()
    assert abs(before - time.time()) < 1
    await clock.sleep(0.02)
    assert clock.now() - before >= 0.015


async def test_the_fake_clock_stands_still_and_sleeps_at_once():
    clock = FakeClock(10.0)
    begun = time.monotonic()
    await clock.sleep(3600)
    await clock.sleep(-1)
    clock.advance(0.5)
    assert clock.now() == 3610.5
    assert clock.slept == [3600, -1]
    assert time.monotonic() - begun < 1
