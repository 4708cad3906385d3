"""What every supervisor keeps. Subclass the suite in a test module; pytest with asyncio runs it."""

import asyncio
import os
import signal
from pathlib import Path

from prunella.errors import Rejected
from prunella.protocols import Supervisor

_SOON_S = 20.0
_POLL_S = 0.05


class SupervisorSuite:
    """Supervisor: idempotent, waits for the outcome, and tells the truth."""

    def make(self, folder: Path) -> Supervisor:
        """A supervisor of a fresh, stopped service that keeps all it needs in `folder`."""
        raise NotImplementedError("A supervisor's tests say how one is made: override `make`.")

    def make_dying(self, folder: Path) -> Supervisor:
        """Of one that says `no licence` when it is started, and ends at once with exit code 3."""
        raise NotImplementedError("A supervisor's tests say how one is made: override `make_dying`.")

    def make_stubborn(self, folder: Path) -> Supervisor:
        """Of one that does not end when it is asked to, and with little patience for that."""
        raise NotImplementedError("A supervisor's tests say how one is made: override `make_stubborn`.")

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

    async def test_a_restart_of_what_is_stopped_starts_it(self, tmp_path: Path) -> None:
        service = self.make(tmp_path)
        try:
            await service.restart()
            _expect((await service.status()).running, "restart ends with a service that runs")
        finally:
            await service.stop()

    async def test_a_killed_one_is_not_said_to_run(self, tmp_path: Path) -> None:
        """Where no process is known, nobody can be killed."""
        service = self.make(tmp_path)
        try:
            await service.start()
            first = (await service.status()).pid
            if first is not None:
                os.kill(first, signal.SIGKILL)
                await _until_another_than(first, service)
                await service.start()
                now = await service.status()
                _expect(now.running and now.pid != first, "a start after a kill brings another process")
        finally:
            await service.stop()

    async def test_one_that_dies_at_once_was_not_started(self, tmp_path: Path) -> None:
        service = self.make_dying(tmp_path)
        try:
            async with asyncio.timeout(_SOON_S):
                await service.start()
        except Rejected as error:
            _expect("no licence" in str(error), f"the refusal tells its last words, not only: {error}")
        else:
            raise AssertionError("Broken promise: start does not return when the service died at once.")
        finally:
            await service.stop()
        _expect(not (await service.status()).running, "what died does not run")

    async def test_a_stubborn_one_is_ended_or_the_refusal_comes_in_time(self, tmp_path: Path) -> None:
        service = self.make_stubborn(tmp_path)
        await service.start()
        async with asyncio.timeout(_SOON_S):
            try:
                await service.stop()
            except Rejected:
                return
        _expect(not (await service.status()).running, "a stop that returns has stopped it")


async def _until_another_than(pid: int, service: Supervisor) -> None:
    async with asyncio.timeout(_SOON_S):
        while (await service.status()).pid == pid:  # noqa: ASYNC110 - processes send no event
            await asyncio.sleep(_POLL_S)


def _expect(truth: bool, promise: str) -> None:
    if not truth:
        raise AssertionError(f"Broken promise: {promise}.")
