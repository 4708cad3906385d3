import pytest

from prunella.domain.sandbox import JobLimits, JobResult
from prunella.sandbox.trial import faults_of

SOUND = """network lo
Uid: 61000
CapEff: 0000000000000000
CapBnd: 0000000000000000
NoNewPrivs: 1
Seccomp: 2
memory.max 536870912
pids.max 74
done
"""


def faults(before: str = "", after: str = "", exit_code: int = 0) -> str:
    return faults_of(JobResult(exit_code=exit_code, stdout=SOUND.replace(before, after), stderr="sh?"), JobLimits())


def test_walls_that_stand_are_no_fault():
    assert faults() == ""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("network lo", "network lo\nnetwork eth0", "networks eth0"),
        ("done", "wrote /\ndone", "write where it must not"),
        ("Uid: 61000", "Uid: 0", "was root"), ("CapEff: 0000000000000000", "CapEff: 00000000a80425fb", "had rights"),
        ("NoNewPrivs: 1", "NoNewPrivs: 0", "had rights"), ("Seccomp: 2", "Seccomp: 0", "seccomp is off"),
        ("536870912", "max", "not limited"), ("536870912", "9223372036854771712", "not limited"),
        ("pids.max 74", "pids.max max", "not limited"), ("memory.max 536870912\n", "", "not limited"),
        ("done", "", "ended with 0"),
    ],
)  # fmt: skip
def test_every_gap_is_told(before: str, after: str, said: str):
    assert said in faults(before, after)


def test_an_image_without_a_shell_is_told():
    assert faults(exit_code=127) == "a trial job ended with 127 : sh?"
