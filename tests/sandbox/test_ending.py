import signal

import pytest

from prunella.domain.sandbox import JobLimits
from prunella.sandbox.ending import blamed, exit_code_of


@pytest.mark.parametrize(
    ("status", "exit_code"), [(0, 0), (1, 1), (127, 127), (128, 128), (137, -9), (139, -11), (255, 255)]
)
def test_a_signal_is_told_as_python_tells_it(status: int, exit_code: int):
    assert exit_code_of(status) == exit_code


@pytest.mark.parametrize(
    ("exit_code", "stderr", "limit"),
    [
        (1, "MemoryError", "memory 512 MB"),
        (1, "sh: 1: Cannot fork", "64 processes"),
        (2, "cat: write error: No space left on device", "room in the folder, for files of 16 MB"),
        (-signal.SIGXCPU, "", "CPU time 10 s"),
        (-signal.SIGXFSZ, "", "file size 16 MB"),
        (1, "ValueError: no", ""),
        (0, "MemoryError, but caught", ""),
        (1, "MemoryError" + " and much since" * 200, ""),
    ],
)
def test_the_limit_to_blame_is_read_from_the_signal_or_the_last_words(exit_code: int, stderr: str, limit: str):
    assert blamed(exit_code, stderr, JobLimits()) == limit
