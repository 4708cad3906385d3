"""Containers of a real docker daemon, started for the tests."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from prunella.domain.supervisor import DockerSupervisor
from prunella.errors import Rejected
from prunella.supervisors.docker import DockerService
from prunella.supervisors.running_on import RunningOn
from prunella.testing.supervisors import SupervisorSuite
from tests.heavy.engines import IMAGE, client, docker_daemon

pytestmark = pytest.mark.heavy

SLEEPING = ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done"]
DYING = ["sh", "-c", "echo no licence; exit 3"]
STUBBORN = ["sh", "-c", "trap '' TERM; while true; do sleep 0.1; done"]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with docker_daemon() as found:
        yield found


class TestDocker(SupervisorSuite):
    @pytest.fixture(autouse=True)
    def _at(self, address: str) -> Iterator[None]:
        self.address, self.made = address, list[str]()
        yield
        with client(address) as api:
            for each in self.made:
                api.remove_container(each, force=True)

    def make(self, folder: Path) -> DockerService:
        return self.serving(folder, SLEEPING)

    def make_dying(self, folder: Path) -> DockerService:
        return self.serving(folder, DYING)

    def make_stubborn(self, folder: Path) -> DockerService:
        return self.serving(folder, STUBBORN)

    def serving(self, folder: Path, command: list[str], name: str = "payments") -> DockerService:
        with client(self.address) as api:
            settings = api.create_host_config(network_mode="none")
            made = api.create_container(IMAGE, command, name=name, host_config=settings)
        self.made.append(made["Id"])
        return self.service(folder, name)

    def service(self, folder: Path, name: str) -> DockerService:
        spec = DockerSupervisor(container=name, host=self.address, cwd=folder)
        running_on = RunningOn(folder / "state/app.json", lambda: "d1")
        return DockerService(spec, service="app", running_on=running_on)

    async def test_a_missing_one_brings_the_nearest(self, tmp_path: Path) -> None:
        self.make(tmp_path)
        with pytest.raises(Rejected, match=r"no container paymnts\. Did you mean payments\?"):
            await self.service(tmp_path, "paymnts").status()

    async def test_what_happened_to_it_is_told(self, tmp_path: Path) -> None:
        app = self.make(tmp_path)
        await app.start()
        status = await app.status()
        assert (status.config, status.pid is not None, status.started is not None) == ("d1", True, True)
        os.kill(status.pid or 0, signal.SIGKILL)
        await app.stop()
        assert "payments is exited, exit code 137" in (await app.status()).detail

    async def test_a_paused_one_does_not_run_and_is_woken(self, tmp_path: Path) -> None:
        app = self.make(tmp_path)
        await app.start()
        with client(self.address) as api:
            api.pause("payments")
        assert not (await app.status()).running
        await app.start()
        assert (await app.status()).running
        with client(self.address) as api:
            api.pause("payments")
        await app.stop()
        assert not (await app.status()).running

    async def test_one_whose_program_is_missing_says_so(self, tmp_path: Path) -> None:
        app = self.serving(tmp_path, ["/no/such/program"])
        with pytest.raises(Rejected, match=r"docker refuses start of app: .*no/such/program"):
            await app.start()


del SupervisorSuite
