"""What every supervisor keeps. Subclass the suite in a test module; pytest with asyncio runs it."""

import asyncio
from pathlib import Path

from prunella.protocols import Supervisor


class SupervisorSuite:
    """Supervisor: idempotent, waits for the outcome, and tells the truth."""

    def make(self, folder: Path) -> Supervisor:
        """A supervisor of a fresh, stopped service that keeps all it needs in `folder`."""
        raise NotImplementedError("A supervisor's tests say how one is made: override `make`.")

    async def test_a_fresh_service_is_stopped(self, tmp_path: Path) -> None:
        status = await self.make(tmp_path).status()
        _expect(not status.running and status.pid is None, "a stopped service has no pid")

    async def test_start_and_stop_wait_for_the_outcome(self, tmp_path: Path) -> None:
        service = self.make(tmp_path)
        try:
            await service.start()
            _expect((await service.status()).running, "start returns when it runs")
        finally:
            await service.stop()
        _expect(not (await service.status()).running, "stop returns when it does not run")

    async def test_starting_twice_leaves_the_first_one_alone(self, tmp_path: Path) -> None:
        service = self.make(tmp_path)
        try:
            await service.start()
            first = await service.status()
            await service.start()
            second = await service.status()
        finally:
            await service.stop()
        _expect((first.pid, first.started) == (second.pid, second.started), "the second start does nothing")

    async def test_stopping_what_is_stopped_does_nothing(self, tmp_path: Path) -> None:
        service = self.make(tmp_path)
        await service.stop()
        await service.stop()
        _expect(not (await service.status()).running, "it is still stopped")

    async def test_it_can_be_started_again(self, tmp_path: Path) -> None:
        service = self.make(tmp_path)
        try:
            await service.start()
            await service.stop()
            await service.start()
            _expect((await service.status()).running, "a stop is not for ever")
        finally:
            await service.stop()

    async def test_the_service_outlives_a_cancelled_look(self, tmp_path: Path) -> None:
        service = self.make(tmp_path)
        try:
            await service.start()
            looking = asyncio.ensure_future(service.status())
            await asyncio.sleep(0)
            looking.cancel()
            await asyncio.wait({looking})
            _expect((await service.status()).running, "a look changes nothing, however it ends")
        finally:
            await service.stop()


def _expect(truth: bool, promise: str) -> None:
    if not truth:
        raise AssertionError(f"Broken promise: {promise}.")
