"""The configuration of payments, read and refused: payments/.env and payments/payments.yaml."""

from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ruamel.yaml import YAML, YAMLError

from . import serving

ROUNDINGS = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN}


class Environment(NamedTuple):
    """payments/.env, parsed."""

    host: str
    port: int
    workers: int
    log_level: str
    ledger_url: str
    ledger_token: str
    ledger_timeout_ms: int
    bank_url: str
    bank_api_key: str
    bank_timeout_ms: int


class Rules(NamedTuple):
    """payments/payments.yaml, parsed. Amounts are in cents."""

    currency: str
    ledger_api: str
    minimum: int
    maximum: int
    rate: Decimal
    rounding: str
    attempts: int
    methods: list[str]
    enabled: bool

    def fee(self, amount: int) -> int:
        return int((amount * self.rate / 100).quantize(Decimal(1), ROUNDINGS[self.rounding]))


def read_dotenv(path: str) -> dict[str, str]:
    lines = (line.strip() for line in Path(path).read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.partition(" #")[0].strip().strip("\"'") for name, _, value in pairs}


class Fields:
    """Takes fields out of a mapping of texts and keeps every complaint, to report all of them at once."""

    def __init__(self, raw: dict[str, str]) -> None:
        self.raw, self.complaints = raw, list[str]()

    def take(self, name: str, parse: Callable[[str], Any]) -> Any:
        if name not in self.raw:
            self.complain(name, "Field required [type=missing]")
            return None
        try:
            return parse(self.raw[name])
        except ValueError as error:
            self.complain(name, f"{error}, input_value={self.raw[name]!r}, input_type=str]")
            return None

    def complain(self, name: str, message: str) -> None:
        self.complaints.append(f"{name}\n  {message}")

    def refuse_complaints(self) -> None:
        if count := len(self.complaints):
            heading = f"{count} validation error{'s' * (count > 1)} for Environment"
            raise serving.Invalid("\n".join([heading, *self.complaints]))


def number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.lstrip("-").isdecimal():
            raise ValueError("Input should be a valid integer, unable to parse string as an integer [type=int_parsing")
        if int(text) < least:
            raise ValueError(f"Input should be greater than or equal to {least} [type=greater_than_equal")
        if int(text) > most:
            raise ValueError(f"Input should be less than or equal to {most} [type=less_than_equal")
        return int(text)

    return parse


def choice(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            listed = ", ".join(map(repr, choices[:-1])) + f" or {choices[-1]!r}"
            raise ValueError(f"Input should be {listed} [type=literal_error")
        return text

    return parse


def url(text: str) -> str:
    if urlsplit(text).scheme != "http":
        raise ValueError("URL scheme should be 'http' [type=url_scheme")
    if not urlsplit(text).port:
        raise ValueError("URL should have a port [type=url_parsing")
    return text.rstrip("/")


def load_environment() -> Environment:
    fields = Fields(read_dotenv("payments/.env"))
    environment = Environment(
        host=fields.take("HOST", str),
        port=fields.take("PORT", number(1, 65535)),
        workers=fields.take("WORKERS", number(1, 64)),
        log_level=fields.take("LOG_LEVEL", choice("DEBUG", "INFO", "WARNING", "ERROR")),
        ledger_url=fields.take("LEDGER_URL", url),
        ledger_token=fields.take("LEDGER_TOKEN", str),
        ledger_timeout_ms=fields.take("LEDGER_TIMEOUT_MS", number(50, 30000)),
        bank_url=fields.take("BANK_URL", url),
        bank_api_key=fields.take("BANK_API_KEY", str),
        bank_timeout_ms=fields.take("BANK_TIMEOUT_MS", number(50, 30000)),
    )
    fields.refuse_complaints()
    return environment


def load_rules() -> Rules:
    try:
        raw = YAML(typ="safe", pure=True).load(Path("payments/payments.yaml"))
    except YAMLError as error:
        raise serving.Invalid(f"payments.yaml: {error}") from error
    rules = Rules(
        currency=raw["currency"],
        ledger_api=raw["ledger_api"],
        minimum=int(str(raw["amounts"]["minimum"])),
        maximum=int(str(raw["amounts"]["maximum"])),
        rate=Decimal(str(float(raw["fee"]["rate_percent"]))),
        rounding=raw["fee"]["rounding"],
        attempts=int(str(raw["retries"]["attempts"])),
        methods=list(raw["methods"]),
        enabled=raw["features"]["accept_payments"],
    )
    if rules.rounding not in ROUNDINGS:
        raise ValueError(f"invalid choice: {rules.rounding!r} (choose from {', '.join(map(repr, ROUNDINGS))})")
    if raw["features"]["accept_payments"] not in {True, False}:
        raise TypeError(f"features.accept_payments must be true or false, not {rules.enabled!r}")
    if not 1 <= rules.attempts <= 10:
        raise ValueError(f"retries.attempts must be in the range 1..10, not {rules.attempts}")
    return rules
