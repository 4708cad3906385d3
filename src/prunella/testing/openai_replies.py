"""What an OpenAI-compatible server can be made to say, right and wrong, and the shapes in which it says it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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


@dataclass(frozen=True)
class Cut:
    """Begins to say `said` and closes the connection before its end: after `chunks` pieces of a stream, or in the
    middle of the body. `reset` False: a stream ends as if it were complete.
    """

    said: Said
    chunks: int = 2
    reset: bool = True


@dataclass(frozen=True)
class Drips:
    """Says `said` with a pause before each piece after the first; a whole body comes in ten pieces."""

    said: Said
    pause_s: float = 0.1


@dataclass(frozen=True)
class Huge:
    """Words without end: `chars` of them, in pieces of `piece` letters where it is streamed."""

    chars: int = 10_000_000
    piece: int = 4_000


@dataclass(frozen=True)
class Raw:
    """A body that is no completion, whatever was asked for: a page of a proxy, another model's format, nothing."""

    body: str = "<html><body><h1>It works!</h1></body></html>"
    content_type: str = "text/html"
    status: int = 200


EMPTY_CHOICES = Raw('{"id": "x", "object": "chat.completion", "model": "m", "choices": []}', "application/json")
OTHER_FORMAT = Raw('{"type": "message", "content": [{"type": "text", "text": "hello"}]}', "application/json")
"""What a server says that speaks another maker's protocol."""

Reply = Said | Refused | Hangs | Cut | Drips | Huge | Raw
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


def event(chunk: Json) -> bytes:
    return f"data: {json.dumps(chunk)}\n\n".encode()


def tenths(content: bytes) -> list[bytes]:
    size = max(1, -(-len(content) // 10))
    return [content[start : start + size] for start in range(0, len(content), size)]


def words_of(said: Said, piece: int) -> list[str]:
    """The content as it is streamed: line by line, or in pieces of so many letters."""
    if not piece:
        return said.content.splitlines(keepends=True)
    return [said.content[start : start + piece] for start in range(0, len(said.content), piece)]


def written(said: Said) -> Said:
    """The same reply with its calls in the text."""
    blocks = [json.dumps({"name": name, "arguments": given}, indent=2) for name, given in said.calls]
    fenced = "\n".join(f"```json\n{block}\n```" for block in blocks)
    return Said(content="\n".join(filter(None, [said.content, fenced])), tokens=said.tokens, finish=said.finish)


def completion(said: Said, body: Json) -> Json:
    message: Json = {"role": "assistant", "content": said.content or None}
    if said.calls:
        message["tool_calls"] = _tool_calls(said)
    choice = {"index": 0, "message": message, "finish_reason": _finish(said), "logprobs": None}
    return {**_envelope("chat.completion", body), "choices": [choice], "usage": _usage(said)}


def chunks_of(said: Said, words: Sequence[str], body: Json) -> Iterator[Json]:
    """The role, the words piece by piece, each call whole, why it ended, and the usage where that was asked for."""
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word} for word in words]
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
