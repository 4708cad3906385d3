import asyncio
import os
from pathlib import Path

import pytest

from prunella.domain.service import Service
from prunella.domain.supervisor import CommandSupervisor, ProcessSupervisor
from prunella.errors import Rejected
from prunella.supervisors.command import CommandService
from prunella.supervisors.factory import supervisor_for
from prunella.supervisors.process import ProcessService
from prunella.testing.supervisors import SupervisorSuite

START = "sleep 60 & echo $! > pid"
STOP = "kill $(cat pid) && rm pid"
STATUS = "test -f pid && kill -0 $(cat pid)"


def service_of(folder: Path, restart: str | None = None, **commands: str) -> CommandService:
    shell = {"start": START, "stop": STOP, "status": STATUS, **commands}
    spec = CommandSupervisor(
        start=("sh", "-c", shell["start"]),
        stop=("sh", "-c", shell["stop"]),
        status=("sh", "-c", shell["status"]),
        restart=("sh", "-c", restart) if restart else None,
        cwd=folder,
        timeout_s=1.0,
    )
    return CommandService(spec, service="web", output=folder / "web.out", settle_s=0.2)


class TestConformance(SupervisorSuite):
    def make(self, folder: Path) -> CommandService:
        return service_of(folder)

    def make_dying(self, folder: Path) -> CommandService:
        return service_of(folder, start="echo no licence; exit 3", stop="true")

    def make_stubborn(self, folder: Path) -> CommandService:
        return service_of(folder, stop="true")


async def test_a_start_that_lies_is_caught(tmp_path: Path):
    with pytest.raises(Rejected, match="start of web returned 0 but status says stopped"):
        await service_of(tmp_path, start="true").start()


async def test_a_stop_that_lies_is_caught(tmp_path: Path):
    service = service_of(tmp_path, stop="true")
    await service.start()
    with pytest.raises(Rejected, match="stop of web returned 0 but status says running"):
        await service.stop()
    await service_of(tmp_path).stop()


async def test_a_failing_start_tells_its_output(tmp_path: Path):
    with pytest.raises(Rejected, match=r"(?s)start of web failed: .*exit code 3\..*no licence"):
        await service_of(tmp_path, start="echo no licence; exit 3").start()


async def test_a_hanging_start_ends_at_its_timeout(tmp_path: Path):
    with pytest.raises(Rejected, match="no answer within 1 s"):
        await service_of(tmp_path, start="sleep 60").start()


async def test_a_status_that_cannot_be_asked_is_no_answer(tmp_path: Path):
    with pytest.raises(Rejected, match="Nobody can tell whether web runs"):
        await service_of(tmp_path, status="exec no-such-command-here").status()


async def test_a_slow_start_is_given_time(tmp_path: Path):
    service = service_of(tmp_path, start=f"(sleep 0.1; {START}) >/dev/null 2>&1 &")
    await service.start()
    assert (await service.status()).running
    await service.stop()


async def test_a_restart_of_its_own_is_used(tmp_path: Path):
    service = service_of(tmp_path, restart=f"touch restarted; {STOP}; {START}")
    await service.start()
    first = (tmp_path / "pid").read_text()
    await service.restart()
    assert (tmp_path / "restarted").exists()
    assert (tmp_path / "pid").read_text() != first
    await service.stop()


async def test_without_one_restart_is_stop_and_start(tmp_path: Path):
    service = service_of(tmp_path)
    await service.start()
    first = (tmp_path / "pid").read_text()
    await service.restart()
    assert (tmp_path / "pid").read_text() != first
    await service.stop()


async def test_a_daemon_goes_on_writing_after_its_start_returned(tmp_path: Path):
    chatty = "(while true; do echo tick || exit; sleep 0.05; done) & echo $! > pid"
    service = service_of(tmp_path, start=chatty)
    await service.start()
    begun = service.output.stat().st_size
    await asyncio.sleep(0.3)
    assert service.output.stat().st_size > begun
    assert (await service.status()).running
    assert service.output.stat().st_mode & 0o777 == 0o600
    await service.stop()


def test_the_factory_follows_the_declaration(tmp_path: Path):
    process = ProcessSupervisor(command=("sleep", "1"), cwd=tmp_path)
    command = CommandSupervisor(start=("a",), stop=("b",), status=("c",), cwd=tmp_path)
    built = [
        supervisor_for(Service(name="x", folder=tmp_path, supervisor=spec), tmp_path / "f.toml", tmp_path, os.getcwd)
        for spec in (None, process, command)
    ]
    assert [type(each) for each in built] == [type(None), ProcessService, CommandService]
