"""A real OpenAI-compatible server on loopback that says what a script tells it, with the faults of real ones."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Json = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """A reply. `calls` are tool calls: name and arguments, or a text in the place of the arguments to break them.

    `tokens` None: the server does not report usage.
    """

    content: str = ""
    calls: tuple[tuple[str, Mapping[str, Any] | str], ...] = ()
    tokens: int | None = 42
    finish: str = ""


@dataclass(frozen=True)
class Refused:
    """An error status with a message, and the `Retry-After` that comes with it ("" for none)."""

    status: int
    message: str = "no"
    retry_after: str = ""


@dataclass(frozen=True)
class Hangs:
    """Accepts the request and never answers."""


Reply = Said | Refused | Hangs
Script = Reply | Callable[["Request"], Reply]


@dataclass(frozen=True)
class Request:
    """What arrived. `authorization` is the header as it came; `body` {} for a GET."""

    path: str
    authorization: str
    body: Json = field(default_factory=dict[str, Any])

    @property
    def tools(self) -> list[str]:
        return [tool["function"]["name"] for tool in self.body.get("tools", [])]

    @property
    def schema(self) -> Json | None:
        """The JSON schema that the answer is held to; None when none was asked for."""
        wanted: Json = self.body.get("response_format") or {}
        return wanted.get("json_schema", {}).get("schema")

    @property
    def text(self) -> str:
        """All messages in one text."""
        return "\n".join(str(message["content"]) for message in self.body.get("messages", []))


class OpenAIServer:
    """Serves `/v1/chat/completions` (whole or streamed) and `/v1/models` while its `with` block lasts.

    `script` is answered in order; past its end every request is refused with 500. `key` is the only one accepted, None
    accepts all. `refuses_tools` and `refuses_schema` answer 400 without using up the script, as servers without those
    features do; `writes_calls` writes tool calls into the content as a fenced block, as small models do. `requests`
    holds all that arrived, oldest first; `arrived` is set at the first.
    """

    def __init__(
        self,
        *script: Script,
        key: str | None = None,
        refuses_tools: bool = False,
        refuses_schema: bool = False,
        writes_calls: bool = False,
        models: Sequence[str] = ("test-model",),
    ) -> None:
        self._script = iter(script)
        self.key, self.models = key, tuple(models)
        self.refuses_tools, self.refuses_schema, self.writes_calls = refuses_tools, refuses_schema, writes_calls
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
        if self.refuses_tools and request.tools:
            return Refused(400, "This model does not support tools.")
        if self.refuses_schema and request.schema is not None:
            return Refused(400, "response_format is not known here.")
        return None

    def _next(self, request: Request) -> Reply:
        if not request.path.endswith("/chat/completions"):
            return Said()
        reply = next(self._script, Refused(500, "the script is over"))
        reply = reply(request) if callable(reply) else reply
        return _written(reply) if self.writes_calls and isinstance(reply, Said) else reply


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
        if isinstance(reply, Hangs):
            self.server.face.closed.wait()
            self.close_connection = True
        elif isinstance(reply, Refused):
            self._refuse(reply)
        elif body.get("stream"):
            self._stream(reply, body)
        else:
            self._send(200, _completion(reply, body))

    def _request(self, body: Json) -> Request:
        return Request(self.path, self.headers.get("Authorization", ""), body)

    def _refuse(self, refused: Refused) -> None:
        error = {"message": refused.message, "type": "invalid_request_error", "param": None, "code": None}
        self._send(
            refused.status, {"error": error}, {"Retry-After": refused.retry_after} if refused.retry_after else {}
        )

    def _send(self, status: int, value: Json, headers: Mapping[str, str] | None = None) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        for name, said in {
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            **(headers or {}),
        }.items():
            self.send_header(name, said)
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, said: Said, body: Json) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for chunk in _chunks(said, body):
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True


def _written(said: Said) -> Said:
    """The same reply with its calls in the text."""
    blocks = [json.dumps({"name": name, "arguments": given}, indent=2) for name, given in said.calls]
    fenced = "\n".join(f"```json\n{block}\n```" for block in blocks)
    return Said(content="\n".join(filter(None, [said.content, fenced])), tokens=said.tokens, finish=said.finish)


def _completion(said: Said, body: Json) -> Json:
    message: Json = {"role": "assistant", "content": said.content or None}
    if said.calls:
        message["tool_calls"] = _tool_calls(said)
    choice = {"index": 0, "message": message, "finish_reason": _finish(said), "logprobs": None}
    return {**_envelope("chat.completion", body), "choices": [choice], "usage": _usage(said)}


def _chunks(said: Said, body: Json) -> Iterator[Json]:
    """The role, the words one at a time, each call whole, why it ended, and the usage where that was asked for."""
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word} for word in said.content.splitlines(keepends=True)]
    deltas += [{"tool_calls": [{**call, "index": place}]} for place, call in enumerate(_tool_calls(said))]
    envelope = _envelope("chat.completion.chunk", body)
    for delta in deltas:
        yield {**envelope, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**envelope, "choices": [{"index": 0, "delta": {}, "finish_reason": _finish(said)}]}
    if (body.get("stream_options") or {}).get("include_usage"):
        yield {**envelope, "choices": [], "usage": _usage(said)}


def _envelope(kind: str, body: Json) -> Json:
    return {"id": "chatcmpl-test", "object": kind, "created": 0, "model": body.get("model", "test-model")}


def _tool_calls(said: Said) -> list[Json]:
    return [
        {
            "id": f"call_{place}",
            "type": "function",
            "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
        }
        for place, (name, given) in enumerate(said.calls, start=1)
    ]


def _finish(said: Said) -> str:
    return said.finish or ("tool_calls" if said.calls else "stop")


def _usage(said: Said) -> Json | None:
    if said.tokens is None:
        return None
    completion = said.tokens // 4
    return {
        "prompt_tokens": said.tokens - completion,
        "completion_tokens": completion,
        "total_tokens": said.tokens,
    }
