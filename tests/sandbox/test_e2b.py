"""E2B's SDK speaks to a stand-in on loopback: what is asked of the service, and what is made of its answers.

The service itself was never asked: it needs a key and the internet.
"""

import asyncio
import shlex

import pytest

from prunella.domain.sandbox import Job, JobLimits
from prunella.errors import Misuse, Rejected, Transient
from prunella.sandbox.bubblewrap import Bubblewrap
from prunella.sandbox.e2b import E2bPlace, E2bSandbox
from prunella.sandbox.parcel import pack
from tests.sandbox.e2b_stand_in import StandIn, serving

KEY = "e2b_" + "5" * 40


async def key() -> str:
    return KEY


def sandbox_at(service: StandIn, template: str = "tools") -> E2bSandbox:
    return E2bSandbox(key, template, E2bPlace(api_url=service.url, sandbox_url=service.url, http_version="1.1"))


async def test_a_job_has_a_machine_of_its_own_and_gives_back_what_it_wrote():
    back = pack({"given": "as it was", "out.txt": "new"}, 1)
    with serving(StandIn(stdout=b"hi\n", stderr=b"err\n", exit_code=3, files=back)) as service:
        job = Job(command=("echo", "a b"), files={"given": "as it was"}, stdin="in", environ={"A": "1 2"})
        result = await sandbox_at(service).run(job)
    assert (result.exit_code, result.stdout, result.stderr, result.stopped) == (3, "hi\n", "err\n", "")
    assert result.files == {"out.txt": "new"}
    made, *_ = service.named("POST /v2/sandboxes")
    asked = made.json
    assert (asked["templateID"], asked["allow_internet_access"], asked["timeout"]) == ("tools", False, 140)
    assert {name.lower(): value for name, value in made.headers.items()}["x-api-key"] == KEY
    assert b"as it was" in service.named("POST /files")[0].body
    assert len(service.named("DELETE /sandboxes/sb1")) == 1


async def test_the_command_that_is_sent_does_its_work(sandbox: Bubblewrap):
    """The very line, run by another shell."""
    with serving(StandIn()) as service:
        code = "import os, sys; print(sys.stdin.read(), os.environ, *sys.argv[1:])"
        command = ("python3", "-c", code, "a 'b'", "$HOME")
        await sandbox_at(service).run(Job(command=command, stdin="in", environ={"A": "1 2"}))
    (line,) = (each for each in service.commands if "ulimit" in each)
    stdin = next(part for part in shlex.split(line) if part.startswith(".stdin-"))
    wide = JobLimits(processes=200, cpu_s=60, memory_mb=1024, file_mb=32)
    result = await sandbox.run(Job(command=("sh", "-c", line), files={stdin: "in"}, limits=wide))
    assert result.stdout.startswith("in environ({"), result.stderr
    assert result.stdout.endswith("a 'b' $HOME\n")
    assert "'A': '1 2'" in result.stdout


@pytest.mark.parametrize(("floods", "stopped"), [(False, "wall time 0.5 s"), (True, "output 16 MB")])
async def test_one_that_does_not_end_is_ended_with_its_machine(floods: bool, stopped: str):
    with serving(StandIn(stdout=b"first\n", lasts_s=30, floods=floods)) as service:
        limits = JobLimits(wall_s=20 if floods else 0.5)
        result = await sandbox_at(service).run(Job(command=("true",), limits=limits))
        assert (result.exit_code, result.stopped) == (-9, stopped)
        assert result.stdout.startswith("first\n")
        assert len(result.stdout) < 21_000
        assert len(service.named("DELETE /sandboxes/sb1")) == 1


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.5])
async def test_cancelling_ends_the_machine(after_s: float):
    with serving(StandIn(lasts_s=30)) as service:
        running = asyncio.create_task(sandbox_at(service).run(Job(command=("true",))))
        await asyncio.sleep(after_s)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert len(service.named("DELETE /sandboxes/sb1")) == len(service.named("POST /v2/sandboxes"))


@pytest.mark.parametrize(("status", "kind"), [(401, Misuse), (404, Misuse), (500, Transient), (429, Transient)])
async def test_a_service_that_refuses_is_told_without_the_key(status: int, kind: type[Exception]):
    with serving(StandIn(refuses=status)) as service, pytest.raises(kind) as raised:
        await sandbox_at(service).run(Job(command=("true",)))
    assert KEY not in str(raised.value)


async def test_nobody_there_is_told():
    with serving(StandIn()) as service:
        pass
    with pytest.raises(Transient, match="E2B did not do it"):
        await sandbox_at(service).run(Job(command=("true",)))


async def test_without_a_key_nothing_is_asked():
    async def none() -> str:
        return ""

    with serving(StandIn()) as service, pytest.raises(Misuse, match="E2B wants a key"):
        await E2bSandbox(none, place=E2bPlace(api_url=service.url)).ready()
    assert service.arrived == []


async def test_what_cannot_be_laid_out_costs_nothing():
    with serving(StandIn()) as service:
        for job in (Job(command=("true", "\0")), Job(command=("true",), files={"../x": "x"})):
            with pytest.raises(Rejected):
                await sandbox_at(service).run(job)
    assert service.arrived == []


def test_it_never_shows_its_key():
    assert "key" not in repr(E2bSandbox(key))
