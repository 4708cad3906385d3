"""A customer of the fleet: pays through the edge, and looks whether the payment is there."""

import http.client
import json
import random
import socket
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.incidents.ports import Ports

NAME = "pay.fleet.test"
"""What the certificate of the edge is for."""
FEE_PERCENT = 2
CARD = "4111111111111111"
_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Paid:
    """One payment as the customer saw it; `failure` "" for none."""

    reference: str
    amount: int
    duration_ms: float
    failure: str = ""


@dataclass(frozen=True)
class Journey:
    payments: tuple[Paid, ...]

    @property
    def failures(self) -> list[str]:
        return [each.failure for each in self.payments if each.failure]

    @property
    def is_green(self) -> bool:
        return not self.failures

    @property
    def p95_ms(self) -> float:
        """Of all, failed ones too."""
        times = sorted(each.duration_ms for each in self.payments)
        return times[min(len(times) - 1, int(len(times) * 0.95))] if times else 0.0


@dataclass(frozen=True)
class Customer:
    """`ca` vouches for the edge; without it nothing is bought."""

    ports: Ports
    ca: Path

    def pay(self, times: int = 1, at_once: int = 1) -> Journey:
        """`times` payments, so many at once; never raises."""
        with ThreadPoolExecutor(at_once) as customers:
            return Journey(tuple(customers.map(self.pay_once, [None] * times)))

    def pay_once(self, amount: int | None = None) -> Paid:
        """An amount of 1.00 to 20.00, unless given, in cents."""
        cents = random.randrange(100, 2_000) if amount is None else amount
        started, reference = time.perf_counter(), ""
        try:
            reference = self._order(cents)
            failure = self._look_up(reference, cents)
        except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError) as error:
            failure = f"{type(error).__name__}: {error}"
        return Paid(reference, cents, (time.perf_counter() - started) * 1000, failure)

    def get(self, path: str, tls: bool = True) -> tuple[int, str]:
        try:
            return self._ask("GET", path, tls=tls)
        except (OSError, http.client.HTTPException) as error:
            return 0, f"{type(error).__name__}: {error}"

    def _order(self, cents: int) -> str:
        """The reference of the new payment. Raises ValueError where the answer is not right."""
        order = {"amount": cents, "currency": "EUR", "card": CARD, "merchant": "tea-house"}
        status, text = self._ask("POST", "/pay", order)
        if status != 201:
            raise ValueError(f"POST /pay answered {status}: {text[:200]}")
        answer: Mapping[str, Any] = json.loads(text)
        right = {"amount": cents, "currency": "EUR", "total": cents + cents * FEE_PERCENT // 100}
        wrong = [f"{name} is {answer.get(name)}, not {value}" for name, value in right.items() if answer[name] != value]
        if wrong:
            raise ValueError(f"POST /pay: {', '.join(wrong)}")
        return str(answer["id"])

    def _look_up(self, reference: str, cents: int) -> str:
        status, text = self._ask("GET", f"/pay/{reference}")
        if status != 200:
            return f"GET /pay/{reference} answered {status}: {text[:200]}"
        amount = json.loads(text)["amount"]
        return "" if amount == cents else f"GET /pay/{reference}: amount is {amount}, not {cents}"

    def _ask(self, method: str, path: str, body: object = None, *, tls: bool = True) -> tuple[int, str]:
        connection = self._connection(tls=tls)
        try:
            data = None if body is None else json.dumps(body).encode()
            headers = {"Host": NAME, "Connection": "close", **({"Content-Type": "application/json"} if data else {})}
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        finally:
            connection.close()

    def _connection(self, *, tls: bool) -> http.client.HTTPConnection:
        if not tls:
            return http.client.HTTPConnection("127.0.0.1", self.ports.edge, timeout=_TIMEOUT_S)
        plain = socket.create_connection(("127.0.0.1", self.ports.edge_tls), timeout=_TIMEOUT_S)
        connection = http.client.HTTPConnection("127.0.0.1", self.ports.edge_tls, timeout=_TIMEOUT_S)
        try:
            connection.sock = ssl.create_default_context(cafile=str(self.ca)).wrap_socket(plain, server_hostname=NAME)
        except OSError:
            plain.close()
            raise
        return connection
