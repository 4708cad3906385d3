"""Models by name: what is refused, with which advice, and what the client is made of."""

import subprocess
import sys

import pytest
from langchain_openai import ChatOpenAI

from prunella.brains.chat.models import choose_model, load_model
from prunella.brains.chat.wire import Way
from prunella.errors import Misuse

KEY = {"OPENAI_API_KEY": "sk-test"}


def openai(name: str, environ: dict[str, str]) -> ChatOpenAI:
    model = load_model(name, environ)
    assert isinstance(model, ChatOpenAI)
    return model


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("openai:gpt-4o", "gpt-4o"),
        ("openai:gpt-4o-2024-08-06", "gpt-4o-2024-08-06"),
        ("gpt-4o", "gpt-4o"),
        ("openai:ft:gpt-4o:acme", "ft:gpt-4o:acme"),
    ],
)
def test_an_openai_model_by_name(name: str, model: str):
    loaded = openai(name, KEY)
    assert loaded.model_name == model
    assert loaded.temperature == 0
    assert loaded.max_retries == 0


@pytest.mark.parametrize("name", ["openai:gpt-5", "o3-mini", "openai:o1", "gpt-5.5-mini"])
def test_a_model_that_refuses_a_temperature_is_given_none(name: str):
    assert "temperature" not in choose_model(name, KEY).settings.given


def test_a_base_url_is_honoured_and_needs_no_key():
    loaded = openai("openai:anything", {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"})
    assert loaded.openai_api_base == "http://127.0.0.1:1/v1"
    assert openai("qwen3:4b", {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}).model_name == "qwen3:4b"


@pytest.mark.parametrize(
    ("name", "model"), [("http://127.0.0.1:1/v1", "default"), ("http://127.0.0.1:1/v1#qwen2.5:3b", "qwen2.5:3b")]
)
def test_a_url_is_a_name(name: str, model: str):
    loaded = openai(name, {})
    assert loaded.max_tokens == 1000
    assert loaded.openai_api_base == "http://127.0.0.1:1/v1"
    assert loaded.model_name == model


@pytest.mark.parametrize(
    ("name", "environ", "says"),
    [
        ("openai:gpt-4o", {}, "openai:gpt-4o needs a key: set OPENAI_API_KEY, or OPENAI_BASE_URL to a server"),
        ("openai:gpt-4o", {"OPENAI_API_KEY": " "}, "needs a key"),
        ("claude-sonnet-4-5", KEY, r"pip install 'prunella\[anthropic\]'  \(langchain-anthropic\)"),
        ("ollama:qwen3:4b", {}, r"pip install 'prunella\[ollama\]'"),
        ("groq:llama-3.3-70b", {}, r"pip install 'prunella\[models\]' langchain-groq"),
        ("opnai:gpt-4o", KEY, "Did you mean openai:gpt-4o?"),
        ("qwen3:4b", {}, "Did you mean ollama:qwen3:4b?"),
        ("llama", {}, "Did you mean ollama:MODEL?"),
        ("openai", KEY, "names no model. Write provider:model, such as openai:MODEL"),
        ("openai:", KEY, "names no model"),
        ("", {}, "No provider"),
    ],
)
def test_what_cannot_be_loaded_says_what_to_do(name: str, environ: dict[str, str], says: str):
    with pytest.raises(Misuse, match=says):
        choose_model(name, environ)


def test_a_choice_never_shows_its_key():
    choice = choose_model("openai:gpt-4o", KEY)
    assert "sk-test" not in repr(choice)
    assert choice.key == "OPENAI_API_KEY"


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_without_the_extra_the_command_that_installs_it_is_named():
    said = run(
        "import sys; sys.modules['langchain_openai'] = None\n"
        "from prunella.brains.chat.models import choose_model\n"
        "try: choose_model('openai:gpt-4o', {'OPENAI_API_KEY': 'x'})\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    assert said == "Misuse openai:gpt-4o needs a package that is not installed. Run: pip install 'prunella[models]'"


def test_choosing_a_model_and_naming_a_chat_brain_import_no_framework():
    said = run(
        "import sys\n"
        "from prunella.brains.chat.brain import Chat\n"
        "from prunella.brains.chat.models import choose_model\n"
        "from prunella.brains.ladder import Ladder\n"
        "choice = choose_model('openai:gpt-4o', {'OPENAI_API_KEY': 'x'})\n"
        "Ladder([Chat(choice.load, name=choice.name)])\n"
        "print([name for name in sys.modules if name.startswith(('langchain', 'langgraph', 'openai'))])"
    )
    assert said == "[]"


def test_what_a_bare_url_serves_is_held_to_a_schema_first():
    assert choose_model("http://127.0.0.1:1/v1", {}).way is Way.SCHEMA
    assert choose_model("openai:gpt-4o", {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}).way is Way.CALLS
