"""What stands behind a model's name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.brains.chat.options import Options, Tactic, split_options
from prunella.errors import Misuse


@pytest.mark.parametrize(
    ("name", "plain", "options"),
    [
        ("openai:gpt-5", "openai:gpt-5", Options()),
        ("http://h/v1#m", "http://h/v1#m", Options()),
        ("ollama:qwen3:4b?num_ctx=16384", "ollama:qwen3:4b", Options(num_ctx=16384)),
        (
            "http://h/v1?tactic=react&temperature=.3#m:4b",
            "http://h/v1#m:4b",
            Options(tactic=Tactic.REACT, temperature=0.3),
        ),
        ("m?input_price=0&output_price=1e1", "m", Options(input_price=0, output_price=10)),
    ],
)
def test_options_are_typed_and_leave_the_name(name: str, plain: str, options: Options):
    assert split_options(name) == (plain, options)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "'' is not known"),
        ("temprature=1", r"'temprature' is not known \(did you mean temperature\)"),
        ("zzzz=1", "known are temperature, top_p"),
        ("seed", "seed has no value: write seed=VALUE"),
        ("seed=", "seed has no value"),
        ("seed=1&seed=2", "seed stands there twice"),
        ("seed=x", "seed is 'x', which is not a whole number"),
        ("seed=1.5", "not a whole number"),
        ("temperature=nan", "not a number from 0 to 2"),
        ("temperature=3", "not a number from 0 to 2"),
        ("timeout=0", "not a number of seconds above 0"),
        ("tactic=guess", "not one of react, plan"),
        ("reasoning_effort=huge", "not one of none, minimal"),
        ("input_price=1", "input_price and output_price belong together"),
        ("a=1&seed=x&top_p", "'a' is not known.*; top_p has no value"),
    ],
)
def test_what_is_wrong_is_said_at_once(query: str, says: str):
    with pytest.raises(Misuse, match=says) as raised:
        split_options(f"openai:gpt-5?{query}")
    assert str(raised.value).startswith("The options of openai:gpt-5 are wrong: ")


@pytest.mark.parametrize(
    "key", ["api_key", "OPENAI_API_KEY", "key", "token", "apikey", "password", "auth_token", "api%5Fkey"]
)
def test_a_secret_is_refused_without_repeating_it(key: str):
    with pytest.raises(Misuse, match="would be written into every log") as raised:
        split_options(f"openai:gpt-5?{key}=hunter22")
    assert "hunter22" not in str(raised.value)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="abe=&?#%1.+ _", max_size=30))
def test_no_query_breaks_the_parser(query: str):
    try:
        plain, _ = split_options(f"m?{query}")
    except Misuse:
        return
    assert plain.startswith("m")
