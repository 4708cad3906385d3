"""Chat models by the names that operators write. Choosing one checks everything that can be checked offline."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urldefrag

from prunella.brains.chat.wire import Way
from prunella.errors import Misuse

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


@dataclass(frozen=True)
class Provider:
    """Who serves models: the module of its client, how to install it, and where its key stands ("": it needs none)."""

    module: str
    install: str
    key: str = ""
    url: str = ""
    models: str = ""

    @property
    def is_installed(self) -> bool:
        return find_spec("langchain") is not None and find_spec(self.module) is not None


def _elsewhere(module: str, key: str, models: str = "") -> Provider:
    package = module.replace("_", "-")
    return Provider(module, f"pip install 'prunella[models]' {package}", key, models=models)


PROVIDERS: Mapping[str, Provider] = {
    "openai": Provider(
        "langchain_openai", "pip install 'prunella[models]'", "OPENAI_API_KEY", "OPENAI_BASE_URL", r"gpt-|o\d|chatgpt"
    ),
    "anthropic": Provider(
        "langchain_anthropic",
        "pip install 'prunella[anthropic]'  (langchain-anthropic)",
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_BASE_URL",
        "claude",
    ),
    "ollama": Provider("langchain_ollama", "pip install 'prunella[ollama]'  (langchain-ollama)", url="OLLAMA_HOST"),
    "cohere": _elsewhere("langchain_cohere", "COHERE_API_KEY", "command"),
    "deepseek": _elsewhere("langchain_deepseek", "DEEPSEEK_API_KEY", "deepseek"),
    "fireworks": _elsewhere("langchain_fireworks", "FIREWORKS_API_KEY", "accounts/fireworks"),
    "google_genai": _elsewhere("langchain_google_genai", "GOOGLE_API_KEY", "gemini"),
    "groq": _elsewhere("langchain_groq", "GROQ_API_KEY"),
    "mistralai": _elsewhere("langchain_mistralai", "MISTRAL_API_KEY", "mistral|mixtral"),
    "openrouter": _elsewhere("langchain_openrouter", "OPENROUTER_API_KEY"),
    "together": _elsewhere("langchain_together", "TOGETHER_API_KEY"),
    "xai": _elsewhere("langchain_xai", "XAI_API_KEY", "grok"),
}

_NO_TEMPERATURE = re.compile(r"gpt-[5-9]|o\d|codex", re.IGNORECASE)
_MOST_TOKENS_OUT = 1000  # small models repeat themselves without end; a plan takes a third of this
_NO_KEY = "none"  # clients insist on a key even where the server asks for none


@dataclass(frozen=True)
class ModelChoice:
    """A model that can be loaded: its package is there and so is its key. `settings` may hold the key: never shown."""

    name: str
    provider: str
    model: str
    settings: "Settings"

    @property
    def key(self) -> str:
        """The environment variable that the key came from, "" for none."""
        return PROVIDERS[self.provider].key

    @property
    def way(self) -> Way:
        """How to ask first. What a bare URL serves is unknown and often small: held to a schema, its answers end."""
        return Way.SCHEMA if _is_url(self.name) else Way.CALLS

    def load(self) -> "BaseChatModel":
        """The client. Takes seconds to import; no network."""
        from langchain.chat_models import init_chat_model

        load = cast("Callable[..., BaseChatModel]", init_chat_model)
        return load(self.model, model_provider=self.provider, **self.settings.given)


@dataclass(frozen=True, repr=False)
class Settings:
    """What the client is made with; its `repr` says nothing, for it may hold a key."""

    given: Mapping[str, Any]


def load_model(name: str, environ: Mapping[str, str]) -> "BaseChatModel":
    """The chat model that an operator means by `name`. Raises Misuse that says what to do; no network."""
    return choose_model(name, environ).load()


def choose_model(name: str, environ: Mapping[str, str]) -> ModelChoice:
    """Like `load_model`, without importing the client. Names: `openai:gpt-4o`, `gpt-4o`, `ollama:qwen3:4b`, or the URL
    of any OpenAI-compatible server, `http://127.0.0.1:8899/v1` or `http://…/v1#model`.
    """
    if _is_url(name):
        url, model = urldefrag(name)
        return _choose(name, "openai", model or "default", {**environ, "OPENAI_BASE_URL": url})
    provider, model = _split(name, environ)
    if not model:
        raise Misuse(f"{name!r} names no model. Write provider:model, such as {provider}:MODEL.")
    return _choose(name, provider, model, environ)


def _is_url(name: str) -> bool:
    return name.startswith(("http://", "https://"))


def _split(name: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Provider and model. Raises Misuse when no provider can be told, with the nearest."""
    head, _, rest = name.partition(":")
    if head in PROVIDERS:
        return head, rest
    inferred = next(
        (p for p, spec in PROVIDERS.items() if spec.models and re.match(spec.models, name, re.IGNORECASE)), ""
    )
    if not inferred and environ.get("OPENAI_BASE_URL"):
        inferred = "openai"
    if not inferred:
        raise Misuse(_unknown(name, head, rest))
    return inferred, name


def _unknown(name: str, head: str, rest: str) -> str:
    nearest = get_close_matches(head, PROVIDERS, n=1, cutoff=0.6)
    meant = f"{nearest[0]}:{rest or 'MODEL'}" if nearest else f"ollama:{name}"
    return f"No provider of chat models is known for {name!r}. Did you mean {meant}? Known: {', '.join(PROVIDERS)}."


def _choose(name: str, provider: str, model: str, environ: Mapping[str, str]) -> ModelChoice:
    spec = PROVIDERS[provider]
    if not spec.is_installed:
        raise Misuse(f"{name} needs a package that is not installed. Run: {spec.install}")
    return ModelChoice(name, provider, model, Settings(_settings(name, provider, model, environ)))


def _settings(name: str, provider: str, model: str, environ: Mapping[str, str]) -> dict[str, Any]:
    spec = PROVIDERS[provider]
    url = environ.get(spec.url, "") if spec.url else ""
    settings: dict[str, Any] = {}
    if spec.key:
        settings["api_key"] = _key(name, spec, environ, has_url=bool(url))
    if url:
        settings["base_url"] = url
    if not _NO_TEMPERATURE.match(model):
        settings["temperature"] = 0
    if _is_url(name):
        settings["max_tokens"] = _MOST_TOKENS_OUT
    if provider == "ollama":
        settings["num_predict"] = _MOST_TOKENS_OUT
    if provider in {"openai", "anthropic"}:
        settings["max_retries"] = 0  # the brain retries, where it can be seen and bounded
    return settings


def _key(name: str, spec: Provider, environ: Mapping[str, str], *, has_url: bool) -> str:
    key = environ.get(spec.key, "").strip()
    if not key and not has_url:
        or_url = f", or {spec.url} to a server that needs no key" if spec.url else ""
        raise Misuse(f"{name} needs a key: set {spec.key}{or_url}.")
    return key or _NO_KEY
