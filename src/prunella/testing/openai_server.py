"""A real OpenAI-compatible server on loopback that says what a script tells it, with the faults of real ones."""

import json
import socket
import struct
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from prunella.testing.openai_replies import (
    EMPTY_CHOICES,
    OTHER_FORMAT,
    Cut,
    Drips,
    Hangs,
    Huge,
    Json,
    Raw,
    Refused,
    Reply,
    Request,
    Said,
    Script,
    chunks_of,
    completion,
    event,
    tenths,
    words_of,
    written,
)

__all__ = [
    "EMPTY_CHOICES",
    "OTHER_FORMAT",
    "Cut",
    "Drips",
    "Hangs",
    "Huge",
    "OpenAIServer",
    "Raw",
    "Refused",
    "Reply",
    "Request",
    "Said",
    "Script",
]

REFUSALS = (
    ("tools", Refused(400, "This model does not support tools.")),
    ("response_format", Refused(400, "response_format is not known here.")),
    ("stream", Refused(400, "Streaming is not available here.")),
    ("stream_options", Refused(422, "body.stream_options: extra fields not permitted")),
    ("temperature", Refused(400, "Unsupported value: 'temperature' does not support 0 with this model.")),
)
"""The field of a request that a server without the feature refuses, and how."""


class OpenAIServer:
    """Serves `/v1/chat/completions` (whole or streamed) and `/v1/models` while its `with` block lasts.

    `script` is answered in order; past its end every request is refused with 500. `key` is the only one accepted, None
    accepts all. `refuses_tools`, `refuses_schema`, `refuses_stream`, `refuses_usage` (`stream_options`) and
    `refuses_temperature` answer 400 without using up the script, as servers without those features do;
    `ignores_stream` answers whole what was asked for as a stream; `echoes_key` quotes the key in every refusal;
    `writes_calls` writes tool calls into the content as a fenced block, as small models do. `requests` holds all that
    arrived, oldest first; `arrived` is set at the first.
    """

    def __init__(
        self,
        *script: Script,
        key: str | None = None,
        refuses_tools: bool = False,
        refuses_schema: bool = False,
        refuses_stream: bool = False,
        refuses_usage: bool = False,
        refuses_temperature: bool = False,
        ignores_stream: bool = False,
        echoes_key: bool = False,
        writes_calls: bool = False,
        models: Sequence[str] = ("test-model",),
    ) -> None:
        self._script = iter(script)
        self.key, self.models = key, tuple(models)
        given = (refuses_tools, refuses_schema, refuses_stream, refuses_usage, refuses_temperature)
        self._refusals = tuple(refusal for refuses, refusal in zip(given, REFUSALS, strict=True) if refuses)
        self.ignores_stream, self.echoes_key, self.writes_calls = ignores_stream, echoes_key, writes_calls
        self.requests: list[Request] = []
        self.arrived, self.closed = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(self)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def reply_to(self, request: Request) -> Reply:
        """Record the request, and say what is answered."""
        with self._lock:
            self.requests.append(request)
            self.arrived.set()
            return self._refusal_of(request) or self._next(request)

    def _refusal_of(self, request: Request) -> Refused | None:
        if self.key is not None and request.authorization != f"Bearer {self.key}":
            return Refused(401, "Incorrect API key provided.")
        return next((refused for field, refused in self._refusals if request.body.get(field, False) is not False), None)

    def _next(self, request: Request) -> Reply:
        if not request.path.endswith("/chat/completions"):
            return Said()
        reply = next(self._script, Refused(500, "the script is over"))
        reply = reply(request) if callable(reply) else reply
        return written(reply) if self.writes_calls and isinstance(reply, Said) else reply


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, face: OpenAIServer) -> None:
        self.face = face
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride] - it is only ever made by _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the standard library gave it
        """Silent: tests read `requests`."""

    def do_GET(self) -> None:
        refused = self.server.face.reply_to(self._request({}))
        if isinstance(refused, Refused):
            self._refuse(refused)
        elif self.path == "/v1/models":
            self._send(200, {"object": "list", "data": [{"id": m, "object": "model"} for m in self.server.face.models]})
        else:
            self._refuse(Refused(404, f"There is no {self.path}."))

    def do_POST(self) -> None:
        body: Json = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/chat/completions":
            self._refuse(Refused(404, f"There is no {self.path}."))
            return
        reply = self.server.face.reply_to(self._request(body))
        streamed = bool(body.get("stream")) and not self.server.face.ignores_stream
        match reply:
            case Hangs():
                self.server.face.closed.wait()
                self.close_connection = True
            case Refused():
                self._refuse(reply)
            case Raw():
                self._send_bytes(reply.status, reply.body.encode(), {"Content-Type": reply.content_type})
            case Said() | Cut() | Drips() | Huge():
                self._say(reply, body, streamed=streamed)

    def _say(self, reply: Said | Cut | Drips | Huge, body: Json, *, streamed: bool) -> None:
        said = reply if isinstance(reply, Said) else Said("a" * reply.chars) if isinstance(reply, Huge) else reply.said
        if streamed:
            pieces = words_of(said, reply.piece if isinstance(reply, Huge) else 0)
            self._send_pieces(reply, [event(chunk) for chunk in chunks_of(said, pieces, body)] + [b"data: [DONE]\n\n"])
        elif isinstance(reply, Said | Huge):
            self._send(200, completion(said, body))
        else:
            content = json.dumps(completion(said, body)).encode()
            self._send_pieces(reply, tenths(content), len(content))

    def _send_pieces(self, reply: Said | Cut | Drips | Huge, pieces: Sequence[bytes], size: int | None = None) -> None:
        """In pieces, as the kind of reply has it; `size` None: as a stream of events."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if size is None else "application/json")
        self.send_header(*("Connection", "close") if size is None else ("Content-Length", str(size)))
        self.end_headers()
        self.close_connection = True
        with suppress(OSError):  # the client may have gone: that is what some of these are for
            for place, piece in enumerate(pieces):
                if isinstance(reply, Cut) and place >= reply.chunks:
                    self._cut(reply)
                    return
                if isinstance(reply, Drips) and place:
                    self.server.face.closed.wait(reply.pause_s)
                self.wfile.write(piece)

    def _cut(self, cut: Cut) -> None:
        if cut.reset:  # with nothing to linger for, closing resets the connection
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _request(self, body: Json) -> Request:
        return Request(self.path, self.headers.get("Authorization", ""), body)

    def _refuse(self, refused: Refused) -> None:
        echoed = f" The key was {self.headers.get('Authorization', '')}." if self.server.face.echoes_key else ""
        said = refused.message + echoed
        error = {"message": said, "type": "invalid_request_error", "param": None, "code": None}
        self._send(
            refused.status, {"error": error}, {"Retry-After": refused.retry_after} if refused.retry_after else {}
        )

    def _send(self, status: int, value: Json, headers: Mapping[str, str] | None = None) -> None:
        self._send_bytes(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _send_bytes(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, said in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, said)
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(content)
