"""Chat models by the names that operators write. Choosing one checks everything that can be checked offline."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urldefrag, urlsplit

from prunella.brains.chat.keys import NO_KEY, key_of
from prunella.brains.chat.options import Options, Tactic, split_options
from prunella.brains.chat.prices import Tariff, own_price
from prunella.brains.chat.wire import Way
from prunella.domain.usage import Price
from prunella.errors import Misuse, Transient
from prunella.nearest import nearest

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
_SIZE_B = re.compile(r"(?<![\d.a-z])(\d+(?:\.\d+)?)b(?![a-z])", re.IGNORECASE)
_SMALL_B = 8.0
_MOST_TOKENS_OUT = 1000  # small models repeat themselves without end; a plan takes a third of this
_CONTEXT = 8192  # what Ollama keeps by default would cut the prompt off without a word
_RETRYING = frozenset({"openai", "anthropic", "deepseek", "groq", "together", "xai"})
_REASONING = frozenset({"openai", "deepseek", "groq", "openrouter", "xai"})
_SEEDED = frozenset({"openai", "deepseek", "ollama", "openrouter", "together", "xai"})
_SPELLED = {("ollama", "max_tokens"): "num_predict", ("google_genai", "max_tokens"): "max_output_tokens"}


@dataclass(frozen=True)
class ModelChoice:
    """A model that can be loaded: its package is there, and so is a key or a reference to one.

    `name` is as the operator wrote it, options and all. `url` "" is the provider's own.
    """

    name: str
    provider: str
    model: str
    options: Options = Options()
    url: str = ""
    environ: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def key(self) -> str:
        """The environment variable that the key comes from, "" for none."""
        return PROVIDERS[self.provider].key

    @property
    def way(self) -> Way:
        """How to ask first: what is small or unknown is held to a schema, for then its answers end."""
        return Way.SCHEMA if is_small(self) else Way.CALLS

    @property
    def tactic(self) -> Tactic:
        return self.options.tactic or Tactic.PLAN

    @property
    def settings(self) -> dict[str, Any]:
        """What the client is made with, without the key."""
        return _settings(self)

    def tariff(self, prices: Mapping[str, Price]) -> Tariff:
        """What it costs: by its options, else by `prices` under its name with or without them, else by the list."""
        named = own_price(prices, self.name, split_options(self.name)[0], f"{self.provider}:{self.model}", self.model)
        given, taken = self.options.input_price, self.options.output_price
        own = named if given is None or taken is None else Price(input=given, output=taken)
        return Tariff(self.provider, self.model, self.url, own)

    async def load(self) -> "BaseChatModel":
        """The client. Fetches the key, takes seconds to import; no network of its own.

        Raises Transient when the reference to the key leads nowhere, or the client does not take its settings.
        """
        key = await key_of(self.key, self.environ) if self.key else ""
        return await asyncio.to_thread(self._client, key)

    def _client(self, key: str) -> "BaseChatModel":
        from langchain.chat_models import init_chat_model

        made: dict[str, Any] = {"api_key": key or NO_KEY} if self.key else {}
        if self.provider == "openai" and not self.environ.get("OPENAI_PROXY"):
            from prunella.brains.chat.client import bounded_client

            made["http_async_client"] = bounded_client()
        load = cast("Callable[..., BaseChatModel]", init_chat_model)
        try:
            return load(self.model, model_provider=self.provider, **self.settings, **made)
        except (TypeError, ValueError) as error:
            why = f"{type(error).__name__}: {str(error).replace(key, '[redacted]') if key else error}"
        raise Transient(f"The client of {self.name} could not be made. {why}")  # not chained: it may quote the key


async def load_model(name: str, environ: Mapping[str, str]) -> "BaseChatModel":
    """The chat model that an operator means by `name`. Raises Misuse that says what to do; no network."""
    return await choose_model(name, environ).load()


def choose_model(name: str, environ: Mapping[str, str]) -> ModelChoice:
    """Like `load_model`, without importing the client. Names: `openai:gpt-4o`, `gpt-4o`, `ollama:qwen3:4b`, or the URL
    of any OpenAI-compatible server, `http://127.0.0.1:8899/v1` or `http://…/v1#model`; each may have options
    (`prunella.brains.chat.options`).
    """
    if _is_url(name):
        _require_no_login(name)
    plain, options = split_options(name)
    if _is_url(plain):
        url, model = urldefrag(plain)
        return _checked(ModelChoice(name, "openai", model or "default", options, url, environ))
    provider, model = _split(plain, environ)
    if not model:
        raise Misuse(f"{name!r} names no model. Write provider:model, such as {provider}:MODEL.")
    spec = PROVIDERS[provider]
    url = environ.get(spec.url, "") if spec.url else ""
    return _checked(ModelChoice(name, provider, model, options, url, environ))


def is_small(choice: ModelChoice) -> bool:
    """True for a model of eight billion parameters or fewer by its name, and for one that nobody knows."""
    size = _SIZE_B.search(choice.model)
    if size:
        return float(size[1]) <= _SMALL_B
    return choice.provider == "ollama" or (_is_url(choice.name) and not _provider_of(choice.model))


def _is_url(name: str) -> bool:
    return name.startswith(("http://", "https://"))


def _require_no_login(url: str) -> None:
    if "@" in urlsplit(url).netloc:
        raise Misuse(
            f"The URL of the model at {urlsplit(url).hostname} holds a login, which would be logged. Put the key into "
            "OPENAI_API_KEY instead."
        )


def _split(name: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Provider and model. Raises Misuse when no provider can be told, with the nearest."""
    head, _, rest = name.partition(":")
    if head in PROVIDERS:
        return head, rest
    inferred = _provider_of(name) or ("openai" if environ.get("OPENAI_BASE_URL") else "")
    if not inferred:
        raise Misuse(_unknown(name, head, rest))
    return inferred, name


def _provider_of(model: str) -> str:
    """Whose model goes by that name, "" for unknown."""
    known = ((provider, spec.models) for provider, spec in PROVIDERS.items() if spec.models)
    return next((provider for provider, models in known if re.match(models, model, re.IGNORECASE)), "")


def _unknown(name: str, head: str, rest: str) -> str:
    close = nearest(head, PROVIDERS, most=1) if rest else ()
    meant = f"{close[0]}:{rest}" if close else f"ollama:{name or 'MODEL'}"
    return f"No provider of chat models is known for {name!r}. Did you mean {meant}? Known: {', '.join(PROVIDERS)}."


def _checked(choice: ModelChoice) -> ModelChoice:
    spec = PROVIDERS[choice.provider]
    if not spec.is_installed:
        raise Misuse(f"{choice.name} needs a package that is not installed. Run: {spec.install}")
    if spec.key and not choice.url and not choice.environ.get(spec.key, "").strip():
        or_url = f", or {spec.url} to a server that needs no key" if spec.url else ""
        raise Misuse(f"{choice.name} needs a key: set {spec.key}{or_url}.")
    for name, providers in (("reasoning_effort", _REASONING), ("seed", _SEEDED), ("num_ctx", {"ollama"})):
        if getattr(choice.options, name) is not None and choice.provider not in providers:
            raise Misuse(f"{name} is no option of {choice.provider} models. Take it out of {choice.name}.")
    return choice


def _settings(choice: ModelChoice) -> dict[str, Any]:
    given = choice.options.model_dump(exclude_none=True, include=_OF_THE_CLIENT)
    settings = {**_defaults(choice), **{_SPELLED.get((choice.provider, k), k): v for k, v in given.items()}}
    if choice.url:
        settings["base_url"] = choice.url
    if choice.provider == "openai":
        settings["stream_usage"] = True  # other servers than OpenAI's own must be asked
    if choice.provider in _RETRYING:
        settings["max_retries"] = 0  # the brain retries, where it can be seen and bounded
    return settings


_OF_THE_CLIENT = {"temperature", "top_p", "max_tokens", "seed", "reasoning_effort", "num_ctx"}


def _defaults(choice: ModelChoice) -> dict[str, Any]:
    defaults: dict[str, Any] = {} if _NO_TEMPERATURE.match(choice.model) else {"temperature": 0}
    if _is_url(choice.name):
        defaults["max_tokens"] = _MOST_TOKENS_OUT
    if choice.provider == "ollama":
        defaults |= {"num_predict": _MOST_TOKENS_OUT, "num_ctx": _CONTEXT}
    return defaults
