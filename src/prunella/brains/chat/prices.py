"""What a call costs: by the operator's own price, for nothing on this machine, else by the list that is shipped."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from prunella.domain.usage import Price

_LISTED_AS = {"google_genai": "google", "mistralai": "mistral", "xai": "x-ai"}
_OWN_URLS = {"openai": "https://api.openai.com", "anthropic": "https://api.anthropic.com"}
_MILLION = 1_000_000


@dataclass(frozen=True)
class Tokens:
    """What one call read and wrote. `cached` are those of the input that the server had read before."""

    input: int = 0
    output: int = 0
    cached: int = 0


@dataclass(frozen=True)
class Tariff:
    """What calls of one model cost. `url` "": the provider's own; `own` is the operator's price and wins."""

    provider: str
    model: str
    url: str = ""
    own: Price | None = None

    def dollars(self, tokens: Tokens) -> float | None:
        """None when nobody knows. Reads the shipped list, no network."""
        if self.own is not None:
            return (tokens.input * self.own.input + tokens.output * self.own.output) / _MILLION
        if self._is_free or tokens == Tokens():
            return 0.0
        return self._listed(tokens)

    @property
    def _is_free(self) -> bool:
        """On this machine; a model that Ollama hands on to its cloud is not."""
        return is_local(self.url) or (self.provider == "ollama" and not self.model.endswith("cloud"))

    def _listed(self, tokens: Tokens) -> float | None:
        try:
            from genai_prices import Usage, calc_price
        except ImportError:
            return None
        elsewhere = bool(self.url) and not self.url.startswith(_OWN_URLS.get(self.provider, "\0"))
        usage = Usage(
            input_tokens=tokens.input, output_tokens=tokens.output, cache_read_tokens=min(tokens.cached, tokens.input)
        )
        try:
            if elsewhere:
                found = calc_price(usage, self.model, provider_api_url=self.url)
            else:
                found = calc_price(usage, self.model, provider_id=_LISTED_AS.get(self.provider, self.provider))
        except (LookupError, ValueError):
            return None
        return float(found.total_price)


def own_price(prices: Mapping[str, Price], *names: str) -> Price | None:
    """The operator's price under the first of `names` that has one."""
    return next((prices[name] for name in names if name in prices), None)


def is_local(url: str) -> bool:
    """True for a server on this very machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
