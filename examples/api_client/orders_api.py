"""A small API with the manners of a real one: it says which field is wrong, and when it has had enough."""

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAUSE_S = 1
DETAIL = [{"loc": ["body", "quantity"], "msg": "Input should be a whole number from 1 to 20", "type": "int_range"}]


class Desk(BaseHTTPRequestHandler):
    """`POST /orders` takes `{"item": …, "quantity": …}`; after each it wants a pause. `GET /orders` tells them all."""

    orders: list[dict[str, Any]] = []
    asked: list[int] = []  # what each POST was answered with
    rested_at = 0.0

    def do_GET(self) -> None:
        self.answer(200, Desk.orders)

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if Desk.asked and (Desk.asked[-1] != 429 or time.monotonic() < Desk.rested_at):
            Desk.rested_at = time.monotonic() + PAUSE_S
            self.answer(429, {"detail": "Too many requests."}, **{"Retry-After": str(PAUSE_S)})
        elif not (isinstance(order.get("quantity"), int) and 1 <= order["quantity"] <= 20):
            self.answer(422, {"detail": DETAIL})
        else:
            Desk.orders.append(order)
            self.answer(201, order)

    def do_DELETE(self) -> None:
        Desk.orders.pop()
        self.answer(200, {})

    def answer(self, status: int, body: object, **headers: str) -> None:
        if self.command == "POST":
            Desk.asked.append(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its own name
        """Say nothing."""


@contextmanager
def served() -> Generator[str]:
    """The API on a free port, with no orders yet; gives its address."""
    Desk.orders, Desk.asked = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
