"""Thoughts are not words, whichever marks they stand in."""

import pytest

from prunella.brains.mending.thoughts import without_thoughts


@pytest.mark.parametrize(
    "text",
    [
        "<think>no</think> yes", "<THINKING>no</THINKING>yes", "<think>no <think>no</think> no</think>yes",
        "no, still thinking</think>yes", "yes<thought>no</thought>", "[THINK]no[/THINK]yes",
        "<|channel|>analysis<|message|>no<|end|>yes", "◁think▷no◁/think▷yes",
    ],
)  # fmt: skip
def test_what_is_said_is_left(text: str):
    said = without_thoughts(text)
    assert said.words == "yes"
    assert not said.is_in_thought


def test_a_thought_that_does_not_end_is_told():
    assert without_thoughts("yes <think>no").is_in_thought
    assert without_thoughts("yes <think>no").words == "yes"


def test_words_without_thoughts_are_as_they_were():
    assert without_thoughts(" a < b and <b>c</b>\n").words == "a < b and <b>c</b>"
