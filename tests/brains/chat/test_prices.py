"""What a call costs, and when nobody knows."""

import pytest

from prunella.brains.chat.prices import Tariff, Tokens, is_local
from prunella.domain.usage import Price

MILLION = Tokens(1_000_000, 1_000_000)


@pytest.mark.parametrize(
    "tariff",
    [
        Tariff("openai", "gpt-4o", "https://api.openai.com/v1"),
        Tariff("openai", "gpt-4o-2024-08-06"),
        Tariff("anthropic", "claude-sonnet-4-5"),
        Tariff("google_genai", "gemini-2.5-pro"),
        Tariff("openai", "llama-3.3-70b-versatile", "https://api.groq.com/openai/v1"),
    ],
)
def test_known_models_have_a_price(tariff: Tariff):
    dollars = tariff.dollars(MILLION)
    assert dollars is not None
    assert 0.1 < dollars < 100


def test_output_costs_more_and_what_was_cached_less():
    tariff = Tariff("openai", "gpt-4o")
    read, written = tariff.dollars(Tokens(1_000_000, 0)), tariff.dollars(Tokens(0, 1_000_000))
    cached = tariff.dollars(Tokens(1_000_000, 0, 1_000_000))
    assert read is not None
    assert written is not None
    assert cached is not None
    assert 0 < cached < read < written


@pytest.mark.parametrize(
    "tariff",
    [
        Tariff("openai", "gpt-nobody-knows"),
        Tariff("openai", "gpt-4o", "https://proxy.example/v1"),
        Tariff("openai", "m", "http://10.0.0.8:8000/v1"),
        Tariff("scripted", "scripted"),
        Tariff("ollama", "gpt-oss:120b-cloud"),
    ],
)
def test_what_nobody_knows_is_not_guessed(tariff: Tariff):
    assert tariff.dollars(MILLION) is None
    assert tariff.dollars(Tokens()) == 0 or tariff.provider == "ollama"


def test_this_machine_and_ollama_are_free_and_the_operators_price_wins():
    assert Tariff("openai", "gpt-4o", "http://127.0.0.1:8899/v1").dollars(MILLION) == 0
    assert Tariff("ollama", "qwen3:4b").dollars(MILLION) == 0
    own = Price(input=1.5, output=2)
    assert Tariff("ollama", "qwen3:4b", own=own).dollars(MILLION) == 3.5
    assert Tariff("openai", "gpt-4o", own=own).dollars(Tokens(2_000_000, 0)) == 3


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://localhost:11434", True),
        ("http://127.8.0.1/v1", True),
        ("http://[::1]:80/v1", True),
        ("http://localhost.evil.example/v1", False),
        ("http://192.168.1.5/v1", False),
        ("", False),
    ],
)
def test_local_means_this_very_machine(url: str, local: bool):
    assert is_local(url) is local
