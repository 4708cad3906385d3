"""A customer's way: pays, and looks the payment up. `journey.py PORT [--plain]`; exit code 1 when anything is not right.

With `--plain` it goes to one instance of payments itself, past the edge.
"""
# A service of its own: the fleet runs it, nobody imports it.
# ruff: noqa: ANN001, ANN201, E501
# pyright: basic

import http.client
import json
import random
import socket
import ssl
import sys
from pathlib import Path

NAME = "pay.fleet.test"
FEE_PERCENT = 2
CARD = "4111111111111111"


def connection(port, plain):
    if plain:
        return http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    raw = socket.create_connection(("127.0.0.1", port), timeout=4)
    opened = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    authority = Path(__file__).parent.parent / "edge/certs/ca.crt"
    opened.sock = ssl.create_default_context(cafile=authority).wrap_socket(raw, server_hostname=NAME)
    return opened


def ask(port, plain, method, path, body=None):
    opened = connection(port, plain)
    try:
        data = None if body is None else json.dumps(body)
        opened.request(method, path, data, {"Host": NAME, "Content-Type": "application/json", "Connection": "close"})
        answer = opened.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        opened.close()


def journey(port, plain, amount):
    """What is not right, or nothing."""
    order = {"amount": amount, "currency": "EUR", "card": CARD, "merchant": "probe"}
    status, text = ask(port, plain, "POST", "/pay", order)
    if status != 201:
        return f"POST /pay answered {status}: {text[:300]}"
    paid, total = json.loads(text), amount + amount * FEE_PERCENT // 100
    if paid["total"] != total:
        return f"POST /pay: total is {paid['total']}, expected {total}"
    status, text = ask(port, plain, "GET", f"/pay/{paid['id']}")
    if status != 200:
        return f"GET /pay/{paid['id']} answered {status}: {text[:300]}"
    found = json.loads(text)["amount"]
    return "" if found == amount else f"GET /pay: amount is {found}, expected {amount}"


def main():
    port, plain = int(sys.argv[1]), "--plain" in sys.argv
    for amount in (random.randrange(100, 900), random.randrange(1_100, 2_000)):
        try:
            fault = journey(port, plain, amount)
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            fault = f"{type(error).__name__}: {error}"
        if fault:
            print(fault)
            return 1
    print("paid, and found again")
    return 0


if __name__ == "__main__":
    sys.exit(main())
