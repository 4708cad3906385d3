"""Models by name: what is refused, with which advice, and what the client is made of."""

import subprocess
import sys
from pathlib import Path

import pytest
from langchain_openai import ChatOpenAI

from prunella.brains.chat.brain import Chat
from prunella.brains.chat.models import choose_model, load_model
from prunella.brains.chat.options import Tactic
from prunella.brains.chat.prices import Tokens
from prunella.brains.chat.wire import Way
from prunella.domain.usage import Price
from prunella.errors import Misuse, Transient
from prunella.testing.openai_server import OpenAIServer, Said
from tests.brains.chat.briefs import BRIEF

KEY = {"OPENAI_API_KEY": "sk-test"}


async def openai(name: str, environ: dict[str, str]) -> ChatOpenAI:
    model = await load_model(name, environ)
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
async def test_an_openai_model_by_name(name: str, model: str):
    loaded = await openai(name, KEY)
    assert loaded.model_name == model
    assert loaded.temperature == 0
    assert loaded.max_retries == 0


@pytest.mark.parametrize("name", ["openai:gpt-5", "o3-mini", "openai:o1", "gpt-5.5-mini"])
def test_a_model_that_refuses_a_temperature_is_given_none(name: str):
    assert "temperature" not in choose_model(name, KEY).settings


async def test_a_base_url_is_honoured_and_needs_no_key():
    loaded = await openai("openai:anything", {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"})
    assert loaded.openai_api_base == "http://127.0.0.1:1/v1"
    named = await openai("qwen3:4b", {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"})
    assert named.model_name == "qwen3:4b"


@pytest.mark.parametrize(
    ("name", "model"), [("http://127.0.0.1:1/v1", "default"), ("http://127.0.0.1:1/v1#qwen2.5:3b", "qwen2.5:3b")]
)
async def test_a_url_is_a_name(name: str, model: str):
    loaded = await openai(name, {})
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
        ("llama", {}, "Did you mean ollama:llama?"),
        ("openai", KEY, "names no model. Write provider:model, such as openai:MODEL"),
        ("openai:", KEY, "names no model"),
        ("", {}, "No provider"),
        ("openai:gpt-5?num_ctx=9000", KEY, "num_ctx is no option of openai models"),
        ("http://me:hunter22@127.0.0.1/v1", KEY, "The URL of the model at 127.0.0.1 holds a login"),
        ("http://me:hunter22@127.0.0.1/v1?x=1", KEY, "The URL of the model at 127.0.0.1 holds a login"),
    ],
)
def test_what_cannot_be_loaded_says_what_to_do(name: str, environ: dict[str, str], says: str):
    with pytest.raises(Misuse, match=says):
        choose_model(name, environ)


def test_a_choice_never_shows_its_key():
    choice = choose_model("openai:gpt-4o", KEY)
    assert "sk-test" not in repr(choice) + str(choice.settings)
    assert choice.key == "OPENAI_API_KEY"


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("openai:gpt-5?reasoning_effort=low", {"reasoning_effort": "low"}),
        ("openai:gpt-5?temperature=1", {"temperature": 1}),
        ("gpt-4o?seed=7&top_p=0.5", {"temperature": 0, "seed": 7, "top_p": 0.5}),
        (
            "http://127.0.0.1:1/v1?temperature=0.3&max_tokens=2000#m",
            {"temperature": 0.3, "max_tokens": 2000, "base_url": "http://127.0.0.1:1/v1"},
        ),
    ],
)
async def test_options_reach_the_client(name: str, settings: dict[str, object]):
    choice = choose_model(name, KEY)
    assert choice.settings == {**settings, "max_retries": 0, "stream_usage": True}
    loaded = await choice.load()
    assert {key: getattr(loaded, key) for key in settings if key != "base_url"} == {
        key: value for key, value in settings.items() if key != "base_url"
    }


def test_what_is_no_setting_of_the_client_stays_out_of_it():
    choice = choose_model("openai:gpt-5?tactic=react&timeout=9&input_price=1&output_price=2", KEY)
    assert choice.settings == {"max_retries": 0, "stream_usage": True}
    assert (choice.tactic, choice.options.timeout) == (Tactic.REACT, 9)


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("http://127.0.0.1:1/v1", Way.SCHEMA),
        ("http://127.0.0.1:1/v1#mystery", Way.SCHEMA),
        ("http://127.0.0.1:1/v1#qwen2.5:3b", Way.SCHEMA),
        ("http://127.0.0.1:1/v1#qwen2.5:72b", Way.CALLS),
        ("http://127.0.0.1:1/v1#gpt-4o", Way.CALLS),
        ("openai:gpt-5", Way.CALLS),
        ("openai:llama-3.1-8b-instant", Way.SCHEMA),
        ("openai:mixtral-8x22b", Way.CALLS),
        ("openai:qwen3-30b-a3b", Way.CALLS),
    ],
)
def test_what_is_small_or_unknown_is_held_to_a_schema_first(name: str, way: Way):
    assert choose_model(name, KEY).way is way


def test_the_nearest_price_wins():
    prices = {"gpt-4o": Price(input=1, output=1), "openai:gpt-4o": Price(input=2, output=2)}
    tokens = Tokens(1_000_000, 1_000_000)
    named = [
        choose_model(name, KEY).tariff(prices).dollars(tokens)
        for name in ("gpt-4o?input_price=5&output_price=0", "gpt-4o?seed=1", "openai:gpt-4o", "openai:nobody-knows")
    ]
    assert named == [5, 2, 4, None]


@pytest.mark.parametrize(
    ("given", "sent"),
    [("plain-key", "plain-key"), ("env:OTHER", "other-key"), ("command:printf from-command", "from-command")],
)
async def test_a_key_may_be_a_reference(given: str, sent: str):
    with OpenAIServer(Said("hi")) as server:
        model = await load_model(server.url, {"OPENAI_API_KEY": given, "OTHER": "other-key"})
        await model.ainvoke("hi")
    assert server.requests[0].authorization == f"Bearer {sent}"


async def test_a_key_may_stand_in_a_file(tmp_path: Path):
    (tmp_path / "key").write_text("from-file\n")
    with OpenAIServer(Said("hi")) as server:
        choice = choose_model(server.url, {"OPENAI_API_KEY": f"file:{tmp_path}/key"})
        await (await choice.load()).ainvoke("hi")
        assert "from-file" not in repr(choice) + repr(await choice.load())
    assert server.requests[0].authorization == "Bearer from-file"


async def test_a_reference_that_leads_nowhere_is_transient_and_said():
    choice = choose_model("openai:gpt-4o", {"OPENAI_API_KEY": "file:/nowhere/key"})
    with pytest.raises(Transient, match="OPENAI_API_KEY cannot be read from /nowhere/key"):
        await Chat.of(choice).propose(BRIEF)


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
