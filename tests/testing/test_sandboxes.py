"""The suite finds out a sandbox without walls; with jobs that harm nobody where there are none."""

import asyncio
import tempfile
from pathlib import Path

import pytest

from prunella.domain.sandbox import Job, JobResult
from prunella.protocols import Sandbox
from prunella.testing.conformance import Nonconforming
from prunella.testing.sandboxes import SandboxConformance


class Unwalled:
    """Runs it right here."""

    async def run(self, job: Job) -> JobResult:
        with tempfile.TemporaryDirectory() as folder:
            for path, text in job.files.items():
                (Path(folder) / path).write_text(text)
            process = await asyncio.create_subprocess_exec(
                *job.command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
            )
            stdout, stderr = await process.communicate()
        return JobResult(exit_code=process.returncode or 0, stdout=stdout.decode(), stderr=stderr.decode())


class _OfUnwalled(SandboxConformance):
    async def sandbox(self) -> Sandbox:
        return Unwalled()


async def test_one_that_shows_the_environment_is_found_out():
    with pytest.raises(Nonconforming, match="no variable of the host"):
        await _OfUnwalled().test_the_environment_is_only_what_was_given()


async def test_one_that_reaches_a_server_is_found_out():
    with pytest.raises(Nonconforming, match="no job reaches a server"):
        await _OfUnwalled().test_a_server_of_the_host_is_not_reached()


async def test_one_that_gives_no_files_back_is_found_out():
    with pytest.raises(Nonconforming, match="only plain files come back"):
        await _OfUnwalled().test_links_are_not_followed_on_the_way_back()
