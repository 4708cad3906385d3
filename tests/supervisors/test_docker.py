"""What can be told without a daemon; those with one are heavy."""

from pathlib import Path

import pytest

from prunella.domain.supervisor import DockerSupervisor
from prunella.errors import Rejected
from prunella.supervisors.docker import DockerService
from prunella.supervisors.running_on import RunningOn


def service(folder: Path, host: str, timeout_s: float = 5.0) -> DockerService:
    pytest.importorskip("docker", reason="docker's library is not installed: pip install 'prunella[docker]'")
    spec = DockerSupervisor(container="app", host=host, cwd=folder, timeout_s=timeout_s)
    return DockerService(spec, service="app", running_on=RunningOn(folder / "runs", str))


async def test_a_daemon_that_is_down_says_what_to_do(tmp_path: Path):
    with pytest.raises(Rejected, match=r"docker does not answer at unix://.*Start its daemon"):
        await service(tmp_path, f"unix://{tmp_path}/none.sock").status()


async def test_a_host_that_is_no_docker_is_refused(tmp_path: Path):
    with pytest.raises(Rejected, match="docker does not answer at what"):
        await service(tmp_path, "what://is/this").status()
