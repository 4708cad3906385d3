"""What every probe keeps. Subclass the suite in a test module; pytest with asyncio runs it."""

import asyncio
from pathlib import Path

from prunella.domain.report import Reach
from prunella.protocols import Probe


class ProbeSuite:
    """Probe: every failure is a reading, none takes longer than allowed, and red says why in one line.

    The subclass provides `right`, `absent` and `silent`.
    """

    timeout_s = 0.3
    margin_s = 1.0
    silent_reach = Reach.SILENT
    absent_reach = Reach.NOBODY

    async def right(self, folder: Path) -> Probe:
        """A probe of something that is well."""
        raise NotImplementedError("A probe's tests say how one is made: override `right`.")

    async def absent(self, folder: Path) -> Probe:
        """A probe of something that is not there; its reach is `absent_reach`."""
        raise NotImplementedError("A probe's tests say how one is made: override `absent`.")

    async def silent(self, folder: Path) -> Probe:
        """A probe, with `timeout_s`, of something that never answers; its reach is `silent_reach`."""
        raise NotImplementedError("A probe's tests say how one is made: override `silent`.")

    async def test_what_is_well_is_green(self, tmp_path: Path) -> None:
        reading = await (await self.right(tmp_path)).look()
        _expect(reading.ok, f"green: {reading}")
        _expect(not reading.body, "a green reading carries no body")

    async def test_it_says_the_same_again(self, tmp_path: Path) -> None:
        probe = await self.right(tmp_path)
        first, second = await probe.look(), await probe.look()
        _expect(first.probe == second.probe and second.ok, "a look changes nothing")

    async def test_what_is_not_there_is_a_reading(self, tmp_path: Path) -> None:
        reading = await (await self.absent(tmp_path)).look()
        _expect(reading.reach is self.absent_reach, f"{self.absent_reach.name}: {reading}")
        _expect(bool(reading.detail) and "\n" not in reading.detail, "one line says why")

    async def test_silence_ends_at_the_timeout(self, tmp_path: Path) -> None:
        probe, loop = await self.silent(tmp_path), asyncio.get_running_loop()
        begun = loop.time()
        reading = await probe.look()
        _expect(loop.time() - begun < self.timeout_s + self.margin_s, "never longer than its timeout")
        _expect(reading.reach is self.silent_reach, f"{self.silent_reach.name}: {reading}")

    async def test_it_can_be_cancelled(self, tmp_path: Path) -> None:
        looking = asyncio.ensure_future((await self.silent(tmp_path)).look())
        await asyncio.sleep(0.02)
        looking.cancel()
        await asyncio.wait({looking}, timeout=self.margin_s)
        _expect(looking.done(), "a cancelled look ends")


def _expect(truth: bool, promise: str) -> None:
    if not truth:
        raise AssertionError(f"Broken promise: {promise}.")
