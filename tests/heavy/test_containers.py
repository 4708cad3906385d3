"""docker and podman, started for real, keep what every sandbox promises, and leave nothing behind."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator

import pytest

from prunella.domain.sandbox import Job
from prunella.errors import Misuse
from prunella.protocols import Sandbox
from prunella.sandbox.addresses import Address, Engine
from prunella.sandbox.container import ContainerSandbox
from prunella.sandbox.leftovers import LABEL
from prunella.testing.sandboxes import SandboxConformance
from tests.heavy.engines import IMAGE, client, docker_daemon, podman_service

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def docker_address() -> Iterator[str]:
    with docker_daemon() as address:
        yield address


@pytest.fixture(scope="module")
def podman_address() -> Iterator[str]:
    with podman_service() as address:
        yield address


class _Containers(SandboxConformance):
    """What is more than conformance: what stays at the daemon."""

    engine: Engine
    address: str

    async def sandbox(self) -> Sandbox:
        return ContainerSandbox(IMAGE, Address(self.address), self.engine)

    def construction(self) -> str:
        return (
            "from prunella.sandbox.addresses import Address\nfrom prunella.sandbox.container import ContainerSandbox\n"
            f"sandbox = ContainerSandbox({IMAGE!r}, Address({self.address!r}), {self.engine!r})"
        )

    def containers(self, *, stopped: bool = True) -> list[str]:
        """Those of ours that run, or all."""
        with client(self.address) as api:
            return [each["Id"] for each in api.containers(all=stopped, filters={"label": LABEL})]

    async def test_no_container_stays(self) -> None:
        await self.run("print(1)")
        assert self.containers() == []

    async def test_no_container_of_one_that_was_killed_stays(self) -> None:
        program = (
            "import asyncio\nfrom prunella.domain.sandbox import Job\n"
            f"{self.construction()}\nasyncio.run(sandbox.run(Job(command=('sleep', '15'))))"
        )
        other = subprocess.Popen([sys.executable, "-c", program])  # noqa: ASYNC220 - it returns at once
        try:
            await self._until(some=True, stopped=False)
        finally:
            other.kill()
            other.wait()
        await self._until(some=False, stopped=True)

    async def test_what_the_dead_made_and_never_started_is_swept(self) -> None:
        make = (
            "import sys\nfrom prunella.sandbox.leftovers import LABEL, owner\nfrom tests.heavy.engines import client\n"
            f"with client(sys.argv[1]) as api: api.create_container({IMAGE!r}, ['true'], labels={{LABEL: owner()}})"
        )
        await asyncio.to_thread(subprocess.run, [sys.executable, "-c", make, self.address], check=True, timeout=60)
        with client(self.address) as api:
            others = api.create_container(IMAGE, ["true"], labels={LABEL: "another machine/1/2"})["Id"]
            try:
                assert len(self.containers()) == 2
                await ContainerSandbox(IMAGE, Address(self.address), self.engine).ready()
                assert self.containers() == [others]
            finally:
                api.remove_container(others)

    async def test_an_image_that_is_not_here_is_not_fetched(self) -> None:
        sandbox = ContainerSandbox("no/such:9", Address(self.address), self.engine)
        with pytest.raises(Misuse, match=f"Fetch it with `{self.engine} pull no/such:9`"):
            await sandbox.run(Job(command=("true",)))

    async def _until(self, *, some: bool, stopped: bool) -> None:
        for _ in range(200):
            if bool(self.containers(stopped=stopped)) is some:
                return
            await asyncio.sleep(0.1)
        pytest.fail("no container appeared" if some else f"left behind: {self.containers()}")


class TestDocker(_Containers):
    engine = "docker"

    @pytest.fixture(autouse=True)
    def _at(self, docker_address: str) -> None:
        self.address = docker_address


class TestPodman(_Containers):
    engine = "podman"
    refuses_user_namespaces = False  # podman's own list of system calls allows them

    @pytest.fixture(autouse=True)
    def _at(self, podman_address: str) -> None:
        self.address = podman_address


del SandboxConformance
