"""payments: takes a payment, has the bank charge it and the ledger book it.

Configured by payments/.env (where it runs, whom it talks to) and payments/payments.yaml (what a payment may be).
"""

import logging
import secrets
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ruamel.yaml import YAML, YAMLError

from . import serving
from .serving import Answer, JsonObject, Request

log = logging.getLogger("shop")
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


class Payments:
    """Answers requests; remembers nothing: the ledger does."""

    def __init__(self, environment: Environment, rules: Rules) -> None:
        self.environment, self.rules = environment, rules

    def route(self, request: Request) -> Answer:
        try:
            match request.method, request.path:
                case "GET", "/health":
                    return self.health()
                case "GET", "/fees":
                    return Answer(200, {"currency": self.rules.currency, "rate_percent": str(self.rules.rate)})
                case "POST", "/pay":
                    return self.pay(request.body)
                case _:
                    return self.ask_ledger("GET", f"/entries/{request.path.rpartition('/')[2]}")
        except OSError as error:
            return self.fail(502, str(error))

    def health(self) -> Answer:
        """Green when the ledger and the bank would take a payment from us."""
        about = self.ask_ledger("GET", "/about")
        if about.status != 200:
            return self.fail(503, f"ledger answered {about.status}: {about.body['error']}")
        if (kept := about.body["currency"]) != self.rules.currency:
            return self.fail(503, f"currency mismatch: payments uses {self.rules.currency}, ledger expects {kept}")
        bank = self.ask_bank("GET", "/status")
        if bank.status != 200:
            return self.fail(503, f"bank answered {bank.status}: {bank.body['error']}")
        return Answer(200, {"status": "ok"})

    def pay(self, wish: JsonObject) -> Answer:
        amount = int(wish["amount"])
        if not self.rules.enabled:
            return self.fail(503, "payments are switched off (features.accept_payments is false)")
        if "card" not in self.rules.methods:
            return self.fail(403, f"method 'card' is not among methods: {', '.join(self.rules.methods)}")
        if not self.rules.minimum <= amount <= self.rules.maximum:
            limits = f"amounts.minimum {self.rules.minimum} to amounts.maximum {self.rules.maximum}"
            return self.fail(422, f"amount {amount} is not within {limits}")
        charged = self.ask_bank("POST", "/charge", {"amount": amount})
        if charged.status != 200:
            return self.fail(502, f"bank answered {charged.status}: {charged.body['error']}")
        return self.book(amount)

    def book(self, amount: int) -> Answer:
        payment = {
            "id": secrets.token_hex(6),
            "amount": amount,
            "fee": self.rules.fee(amount),
            "currency": self.rules.currency,
        }
        booked = self.ask_ledger("POST", "/entries", payment)
        if booked.status != 201:
            return self.fail(502, f"ledger answered {booked.status}: {booked.body['error']}")
        log.info("paid %s: %s %s", payment["id"], amount, self.rules.currency)
        return Answer(201, payment)

    def fail(self, status: int, why: str) -> Answer:
        log.error("%s", why)
        return Answer(status, {"error": why})

    def ask_ledger(self, method: str, path: str, body: JsonObject | None = None) -> Answer:
        token = f"Bearer {self.environment.ledger_token}"
        headers = {"Authorization": token, "X_Client": "payments", "X_Api": self.rules.ledger_api}
        return self.ask(
            method, self.environment.ledger_url + path, body, self.environment.ledger_timeout_ms / 1000, headers
        )

    def ask_bank(self, method: str, path: str, body: JsonObject | None = None) -> Answer:
        headers = {"X_Api_Key": self.environment.bank_api_key}
        return self.ask(
            method, self.environment.bank_url + path, body, self.environment.bank_timeout_ms / 1000, headers
        )

    def ask(self, method: str, url: str, body: JsonObject | None, timeout_s: float, headers: dict[str, str]) -> Answer:
        """What can be asked again without harm is asked `retries.attempts` times. Raises OSError."""
        attempts = self.rules.attempts if method == "GET" else 1
        for left in reversed(range(attempts)):
            try:
                return serving.ask(method, url, body, timeout_s=timeout_s, **headers)
            except OSError as error:
                if not left:
                    raise OSError(f"{method} {url}: Max retries exceeded (Caused by {error!r})") from error
        raise AssertionError("attempts is at least 1")


def start(check_only: bool) -> None:
    environment, rules = load_environment(), load_rules()
    log.setLevel(environment.log_level)
    if not check_only:
        serving.serve(environment.host, environment.port, Payments(environment, rules).route, environment.workers)


if __name__ == "__main__":
    serving.run("payments", "%(asctime)s %(levelname)s payments: %(message)s", start)
