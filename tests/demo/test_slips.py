"""Slips are never the right value, and of the kind that they say."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prunella.demo.slips import not_a_number, other_case, out_of_range, typo, wrong_digit

seeds = st.integers(0, 10_000)


@given(st.from_regex(r"[a-z]{2,8}_?[A-Z]{0,4}", fullmatch=True).filter(lambda word: len(word) > 1), seeds)
def test_a_typo_is_another_word_of_about_the_length(word: str, seed: int):
    slipped = typo(word, Random(seed))
    assert slipped != word
    assert abs(len(slipped) - len(word)) <= 1


@given(st.integers(1, 99_999), seeds)
def test_not_a_number_is_refused_by_int(number: int, seed: int):
    with pytest.raises(ValueError, match="invalid literal"):
        int(not_a_number(str(number), Random(seed)))


@given(st.integers(1, 64), seeds)
def test_out_of_range_is_out_of_range(number: int, seed: int):
    assert not 1 <= out_of_range(number, 1, 64, Random(seed)) <= 64


@given(st.integers(18_000, 32_000), seeds)
def test_a_wrong_digit_stays_a_number_of_about_the_length(number: int, seed: int):
    assert len(str(wrong_digit(number, Random(seed)))) in {4, 5}


@pytest.mark.parametrize(("word", "other"), [("info", "Info"), ("INFO", "info"), ("half_up", "Half_up")])
def test_other_case(word: str, other: str):
    assert other_case(word, Random(0)) == other
