from pathlib import Path

from prunella.domain.probe import CommandProbe
from prunella.domain.report import Reach, Reading
from prunella.probes.command import CommandLook
from prunella.protocols import Probe
from prunella.testing.probes import ProbeSuite


def probe_of(folder: Path, *command: str, expect: int = 0, timeout_s: float = 5.0) -> Probe:
    return CommandLook(CommandProbe(name="journey", command=command, cwd=folder, expect=expect, timeout_s=timeout_s))


async def look(folder: Path, script: str, expect: int = 0) -> Reading:
    return await probe_of(folder, "sh", "-c", script, expect=expect).look()


class TestConformance(ProbeSuite):
    async def right(self, folder: Path) -> Probe:
        return probe_of(folder, "true")

    async def absent(self, folder: Path) -> Probe:
        return probe_of(folder, "no-such-program")

    async def silent(self, folder: Path) -> Probe:
        return probe_of(folder, "sleep", "60", timeout_s=self.timeout_s)


async def test_another_exit_code_is_wrong_and_quotes_the_output(tmp_path: Path):
    reading = await look(tmp_path, "echo checkout failed; exit 4")
    assert (reading.reach, reading.detail) == (Reach.WRONG, "exit code 4, expected 0")
    assert reading.body == "checkout failed"


async def test_a_failure_can_be_expected(tmp_path: Path):
    assert (await look(tmp_path, "exit 4", expect=4)).ok
    assert (await look(tmp_path, "true", expect=4)).reach is Reach.WRONG


async def test_long_output_is_quoted_from_its_last_lines(tmp_path: Path):
    reading = await look(tmp_path, "seq 1 1000; exit 1")
    lines = reading.body.splitlines()
    assert len(reading.body) <= 500
    assert lines[-1] == "1000"
    assert int(lines[0]) + len(lines) - 1 == 1000


async def test_one_endless_line_is_quoted_from_its_end(tmp_path: Path):
    reading = await look(tmp_path, "head -c 9000 /dev/zero | tr '\\0' x; exit 1")
    assert reading.body == "x" * 500


async def test_silence_quotes_what_was_said_before(tmp_path: Path):
    reading = await probe_of(tmp_path, "sh", "-c", "echo waiting for ledger; sleep 60", timeout_s=0.3).look()
    assert (reading.reach, reading.detail, reading.body) == (
        Reach.SILENT,
        "no answer within 0.3 s",
        "waiting for ledger",
    )
