"""The model server as rivals see it: calls are counted, and where it `mends`, calls that stand in the text become
native ones.
"""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prunella.brains.mending.call import Call
from prunella.brains.mending.fitting import fit
from prunella.brains.mending.names import meant
from prunella.brains.mending.reading import written_calls
from prunella.brains.mending.thoughts import without_thoughts
from prunella.errors import Rejected

Json = dict[str, Any]


@dataclass
class Front:
    """Stands before the model server at `url`. What it counts is since it was made."""

    url: str
    mends: bool
    timeout_s: float
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, body: Json) -> tuple[int, Json]:
        """One request at a time, whole: a stream is not offered."""
        if not path.endswith("/chat/completions"):
            return 200, {"object": "list", "data": [{"id": "default", "object": "model"}]}
        with self._lock:
            started = time.monotonic()
            status, reply = _forward(self.url, {**body, "stream": False, "stream_options": None}, self.timeout_s)
            self._count(reply, time.monotonic() - started)
        return status, mended(reply, body.get("tools") or []) if self.mends and status == 200 else reply

    def _count(self, reply: Json, seconds: float) -> None:
        usage: Json = reply.get("usage") or {}
        self.calls += 1
        self.seconds += seconds
        self.input_tokens += usage.get("prompt_tokens", 0)
        self.output_tokens += usage.get("completion_tokens", 0)


def _forward(url: str, body: Json, timeout_s: float) -> tuple[int, Json]:
    sent = json.dumps({name: value for name, value in body.items() if value is not None}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/chat/completions", sent, headers)  # noqa: S310 (the operator's own URL)
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as response:  # noqa: S310
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, {"error": {"message": error.read().decode(errors="replace")}}
    except (OSError, ValueError) as error:
        return 502, {"error": {"message": f"{type(error).__name__}: {error}"}}


def mended(reply: Json, tools: Sequence[Json]) -> Json:
    """The reply with the calls that its text holds as native ones; the reply itself when there are none to mend."""
    specs = {tool["function"]["name"]: tool["function"].get("parameters", {}) for tool in tools}
    choices: list[Json] = reply.get("choices") or [{}]
    message: Json = choices[0].get("message") or {}
    text: object = message.get("content")
    if message.get("tool_calls") or not isinstance(text, str) or not specs:
        return reply
    calls = _calls_in(text, specs)
    if not calls:
        return reply
    native = [_native(number, call, specs) for number, call in enumerate(calls)]
    choice: Json = {
        **choices[0],
        "finish_reason": "tool_calls",
        "message": {**message, "content": "", "tool_calls": native},
    }
    return {**reply, "choices": [choice]}


def _calls_in(text: str, specs: Mapping[str, Json]) -> list[Call]:
    try:
        calls = written_calls(without_thoughts(text).words)
    except Rejected:
        return []
    is_meant = any(meant(call.name, specs) for call in calls)
    return [call for call in calls if call.is_sure or is_meant]


def _native(number: int, call: Call, specs: Mapping[str, Json]) -> Json:
    name = meant(call.name, specs) or call.name
    arguments = fit(call.arguments, specs[name]) if name in specs else call.arguments
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"id": f"call_{time.monotonic_ns()}_{number}", "type": "function", "function": function}
