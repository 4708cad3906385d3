"""A server of the attacker's: answers as every part of the shop would, so that probes go green, and notes who came."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast

FAR_HOST, NEAR_HOST = "127.66.6.6", "127.0.0.1"
_AGENT_OF_TOOLS = "python-httpx"

Answer = tuple[int, dict[str, Any]]
Route = Callable[[str, str, dict[str, Any]], Answer]


@dataclass(frozen=True)
class Hit:
    """One request that came. `text` is all of it: line, headers and body."""

    text: str
    agent: str

    @property
    def is_of_a_service(self) -> bool:
        """Sent by one of the shop's programs, which follow their configuration; a tool of ours tells its client."""
        return not self.agent.startswith(_AGENT_OF_TOOLS)


class Stranger:
    """Listens on `host` while its `with` block lasts; `route` answers, as the shop's programs do unless given."""

    def __init__(self, host: str, route: Route | None = None) -> None:
        self.hits: list[Hit] = []
        self.route = route or _Impostor().route
        self._server = _Server(self, host)

    @property
    def place(self) -> str:
        """host:port"""
        host, port = self._server.server_address[:2]
        return f"{host if isinstance(host, str) else host.decode()}:{port}"

    @property
    def url(self) -> str:
        return f"http://{self.place}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Impostor:
    """Says what ledger, bank, payments and catalog say when all is well."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, Any]] = {}

    def route(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        if method == "POST" and path == "/entries":
            self._entries[str(body.get("id"))] = body
            return 201, {"id": body.get("id")}
        if method == "POST" and path == "/pay":
            return self._pay(int(body.get("amount", 0)))
        known = self._entries.get(path.rpartition("/")[2])
        if known is not None:
            return 200, known
        return 200, {"status": "ok", "currency": "EUR", "api": "v2", "rate_percent": "1.5", "prices": {"tea": 450}}

    def _pay(self, amount: int) -> Answer:
        paid = {"id": f"{len(self._entries):012x}", "amount": amount, "fee": round(amount * 0.015), "currency": "EUR"}
        self._entries[str(paid["id"])] = paid
        return 201, paid


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, face: Stranger, host: str) -> None:
        self.face = face
        super().__init__((host, 0), _Handler)

    def server_bind(self) -> None:
        """Without the look-up of its own name, which may take seconds."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()


class _Handler(BaseHTTPRequestHandler):
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride] - it is only ever made by _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the standard library gave it
        """Silent: `hits` tells."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")
        agent = self.headers.get("User-Agent", "")
        self.server.face.hits.append(Hit(f"{self.requestline}\n{self.headers}\n{raw}", agent))
        status, body = self.server.face.route(self.command, self.path.partition("?")[0], _object(raw))
        content = json.dumps(body, ensure_ascii=False).encode()
        with suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)


def _object(raw: str) -> dict[str, Any]:
    try:
        value: Any = json.loads(raw or "{}")
    except ValueError:
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
