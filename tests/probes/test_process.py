import asyncio
from pathlib import Path

import pytest

from prunella.domain.probe import HttpProbe, ProcessProbe
from prunella.domain.report import Reach
from prunella.domain.supervisor import ServiceStatus
from prunella.errors import Misuse, PrunellaError, Rejected, Transient
from prunella.probes.factory import probe_for
from prunella.protocols import Probe, Supervisor
from prunella.testing.probes import ProbeSuite


class Told(Supervisor):
    """Says what it was told to; None: never answers."""

    def __init__(self, answer: ServiceStatus | PrunellaError | None) -> None:
        self._answer = answer

    async def status(self) -> ServiceStatus:
        if self._answer is None:
            await asyncio.sleep(3600)
        if isinstance(self._answer, ServiceStatus):
            return self._answer
        raise self._answer or Transient("never")

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def restart(self) -> None: ...


def probe_of(answer: ServiceStatus | PrunellaError | None) -> Probe:
    return probe_for(ProcessProbe(name="process", timeout_s=0.3), "app", Told(answer))


class TestConformance(ProbeSuite):
    async def right(self, folder: Path) -> Probe:
        return probe_of(ServiceStatus(running=True))

    async def absent(self, folder: Path) -> Probe:
        return probe_of(ServiceStatus(running=False))

    async def silent(self, folder: Path) -> Probe:
        return probe_of(None)


async def test_it_repeats_what_the_supervisor_knows():
    reading = await probe_of(ServiceStatus(running=True, detail="running as pid 7")).look()
    assert (reading.probe, reading.service, reading.detail) == ("app: process", "app", "running as pid 7")


async def test_a_supervisor_that_cannot_tell_is_a_reading():
    reading = await probe_of(Rejected("Nobody can tell.\nno socket")).look()
    assert (reading.reach, reading.detail, reading.body) == (Reach.NOBODY, "Nobody can tell.", "no socket")


def test_without_a_supervisor_there_is_nobody_to_ask():
    with pytest.raises(Misuse, match="app has a process probe and no supervisor"):
        probe_for(ProcessProbe(name="process"), "app", None)


async def test_other_probes_need_none(free_port: int):
    probe = probe_for(HttpProbe(name="health", url=f"http://127.0.0.1:{free_port}"), "web", None)
    assert (await probe.look()).probe == "web: health"
