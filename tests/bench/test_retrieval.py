"""The set is what it says, and the excerpt has the line in nearly all of a small one."""

from pathlib import Path

from bench.planted import planted_log
from bench.retrieval import foreign_families, has_line, last_lines, score


def test_a_log_is_the_same_for_the_same_seed_and_has_its_line_once() -> None:
    for seed in range(30):
        log = planted_log(seed, largest=60_000)
        assert log == planted_log(seed, largest=60_000)
        assert has_line(log.text, log)
        assert log.is_held_out == (seed % 2 == 1)


def test_the_line_is_in_nearly_all_excerpts() -> None:
    found = score(planted_log(seed, largest=100_000) for seed in range(0, 60, 2))
    assert found.hits >= 28, found.missed
    assert found.chars <= 2_500
    foreign = foreign_families()
    found = score(planted_log(seed, largest=100_000, families=foreign) for seed in range(15))
    assert found.hits >= 14, found.missed


def test_the_set_is_not_easy(tmp_path: Path) -> None:
    found = score((planted_log(seed, largest=200_000) for seed in range(0, 20, 2)), last_lines)
    assert found.hits <= 3
