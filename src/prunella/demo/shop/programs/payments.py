"""payments: takes a payment, has the bank charge it and the ledger book it.

Configured by payments/.env (where it runs, whom it talks to) and payments/payments.yaml (what a payment may be).
"""

import logging
import secrets

from . import serving
from .payments_settings import Environment, Rules, load_environment, load_rules
from .serving import Answer, JsonObject, Request

log = logging.getLogger("shop")


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
