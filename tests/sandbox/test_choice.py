"""A sandbox is what its name says, found where the environment says; none is ever taken instead unasked."""

import hashlib
import json
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from prunella.domain.sandbox import Job, JobResult
from prunella.errors import Misuse
from prunella.sandbox.addresses import address_of
from prunella.sandbox.bubblewrap import Bubblewrap
from prunella.sandbox.choice import FirstThatIsolates, sandbox_for
from prunella.sandbox.container import ContainerSandbox
from prunella.sandbox.e2b import E2bSandbox


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("bubblewrap", Bubblewrap), ("docker:python:3.12", ContainerSandbox), ("podman:x", ContainerSandbox),
        ("e2b", E2bSandbox), (["e2b:mine"], E2bSandbox), (("bubblewrap", "e2b"), FirstThatIsolates),
    ],
)  # fmt: skip
def test_a_name_is_a_sandbox(spec: str | list[str], kind: type):
    assert type(sandbox_for(spec, {})) is kind


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("dokcer:x", "Did you mean docker?"), ("none", "is no sandbox"), ("", "is no sandbox"),
        ([], "No sandbox is named"),
        ("docker", "docker:IMAGE"), ("docker:", "docker:IMAGE"), ("bubblewrap:x", "is no sandbox"),
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused(spec: str | list[str], said: str):
    with pytest.raises(Misuse, match=said):
        sandbox_for(spec, {})


class Said:
    """A sandbox that isolates, or does not."""

    def __init__(self, name: str, *, isolates: bool) -> None:
        self.name, self.isolates, self.tried = name, isolates, 0

    async def ready(self) -> str:
        self.tried += 1
        if not self.isolates:
            raise Misuse(f"{self.name} is missing.")
        return self.name

    async def run(self, job: Job) -> JobResult:
        await self.ready()
        return JobResult(exit_code=0, stdout=self.name, stderr="")


async def test_of_several_the_first_that_isolates_runs_everything():
    missing, first, second = Said("a", isolates=False), Said("b", isolates=True), Said("c", isolates=True)
    chosen = FirstThatIsolates((missing, first, second))
    assert [(await chosen.run(Job(command=("x",)))).stdout for _ in range(2)] == ["b", "b"]
    assert (missing.tried, second.tried, await chosen.ready()) == (1, 0, "b")


async def test_where_none_isolates_every_reason_is_told():
    with pytest.raises(Misuse, match=r"(?s)a is missing\..*b is missing\."):
        await FirstThatIsolates((Said("a", isolates=False), Said("b", isolates=False))).run(Job(command=("x",)))


async def test_a_key_is_read_where_the_variable_leads(tmp_path: Path):
    (tmp_path / "key").write_text("e2b_of_the_file\n")
    for given, key in (("plain", "plain"), (f"file:{tmp_path / 'key'}", "e2b_of_the_file"), ("env:OTHER", "there")):
        sandbox = sandbox_for("e2b", {"E2B_API_KEY": given, "OTHER": "there"})
        assert isinstance(sandbox, E2bSandbox)
        assert await sandbox.key() == key
    with pytest.raises(Misuse, match="Code of others is not run"):
        await sandbox_for("e2b", {"E2B_API_KEY": f"file:{tmp_path / 'none'}"}).ready()


def context(folder: Path, name: str, host: str) -> None:
    key = hashlib.sha256(name.encode()).hexdigest()
    meta = folder / "contexts" / "meta" / key / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}))
    (folder / "contexts" / "tls" / key / "docker").mkdir(parents=True)


def test_docker_is_where_its_command_line_would_look(tmp_path: Path):
    folder = tmp_path / ".docker"
    context(folder, "far", "tcp://far:2376")
    (folder / "config.json").write_text('{"currentContext": "far"}')
    home = {"HOME": str(tmp_path)}

    def url(environ: Mapping[str, str]) -> str:
        return address_of("docker", home | dict(environ)).url

    assert url({"DOCKER_HOST": "tcp://x:1"}) == "tcp://x:1"
    assert url({}) == "tcp://far:2376"
    assert str(address_of("docker", home).certificates).endswith("/docker")
    assert url({"DOCKER_CONTEXT": "default", "XDG_RUNTIME_DIR": "/none"}).startswith("unix://")
    secured = address_of("docker", home | {"DOCKER_HOST": "tcp://x:1", "DOCKER_TLS_VERIFY": "1"})
    assert secured.certificates == folder
    with pytest.raises(Misuse, match="context 'gone' is not there"):
        url({"DOCKER_CONTEXT": "gone"})


def test_a_broken_configuration_of_docker_is_none(tmp_path: Path):
    (tmp_path / "config.json").write_text("{")
    environ = {"DOCKER_CONFIG": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    assert address_of("docker", environ).url.startswith("unix:///")


def test_podman_is_where_its_service_listens(tmp_path: Path):
    assert address_of("podman", {"CONTAINER_HOST": "unix:///x"}).url == "unix:///x"
    assert address_of("podman", {"XDG_RUNTIME_DIR": str(tmp_path)}).url.endswith("podman/podman.sock")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"DOCKER_HOST": "unix:///no/such.sock"}, "does not answer"),
        ({"DOCKER_HOST": "ssh://x"}, "behind ssh"),
        ({"DOCKER_HOST": "tcp://127.0.0.1:1"}, "does not answer"),
    ],
)
async def test_a_daemon_that_is_not_there_is_said(environ: dict[str, str], said: str):
    with pytest.raises(Misuse, match=f"Code of others is not run: .*{said}"):
        await sandbox_for("docker:x", environ).run(Job(command=("true",)))


async def test_one_that_listens_and_never_answers_holds_up_nobody(tmp_path: Path):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "s"))
        silent.listen()
        sandbox = ContainerSandbox("x", address_of("docker", {"DOCKER_HOST": f"unix://{tmp_path / 's'}"}), answer_s=0.3)
        with pytest.raises(Misuse, match="does not answer"):
            await sandbox.ready()
