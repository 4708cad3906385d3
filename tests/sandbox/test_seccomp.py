import pytest

from prunella.sandbox.seccomp import seccomp_filter


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_jump_of_the_filter_lands_in_it_and_its_last_word_is_a_verdict(machine: str):
    compiled = seccomp_filter(machine)
    steps = [compiled[start : start + 8] for start in range(0, len(compiled), 8)]
    assert steps[-1] == bytes([0x06, 0, 0, 0, 0, 0, 0xFF, 0x7F])
    assert all(number + 1 + max(step[2], step[3]) < len(steps) for number, step in enumerate(steps[:-1]))


def test_a_machine_whose_numbers_are_not_known_has_none():
    assert seccomp_filter("riscv64") == b""
