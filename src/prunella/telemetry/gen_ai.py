"""Names and attributes of spans, after the OpenTelemetry semantic conventions for generative AI.

https://github.com/open-telemetry/semantic-conventions-genai; what has no name there stands under `prunella.`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from prunella.domain.frozen import JsonValue
from prunella.domain.report import Reach
from prunella.domain.run import Event, EventKind, Verdict

Attributes = dict[str, str | int | float | bool | tuple[str, ...]]
AGENT = "prunella"
LONGEST = 20_000  # characters of one captured text


@dataclass(frozen=True)
class Outline:
    """What a span says of itself. `message` and `exception` are empty without content capture."""

    name: str
    attributes: Attributes
    ok: bool | None = None
    message: str = ""
    exception: Mapping[str, str] = field(default_factory=dict[str, str])


def seconds_of(event: Event) -> float:
    """How long that took which the event tells the end of; 0 for what takes no time."""
    key = "seconds" if event.kind is EventKind.MODEL else "duration_s"
    return max(0.0, _number(event.data, key))


def agent_outline(verdict: Event, begun: Event | None, *, captures: bool) -> Outline:
    """The run as a whole. `begun` is its first event."""
    word = _text(verdict.data, "verdict")
    good = word in {Verdict.ACHIEVED, Verdict.NOTHING_TO_DO}
    summary = _text(verdict.data, "summary")
    attributes = _operation(verdict, "invoke_agent") | {"prunella.verdict": word}
    if not good and word != Verdict.UNVERIFIED:
        attributes["error.type"] = word or "_OTHER"
    if captures:
        attributes["gen_ai.output.messages"] = _messages("assistant", summary)
        if begun is not None and begun.kind is EventKind.STARTED:
            attributes["gen_ai.input.messages"] = _messages("user", _text(begun.data, "goal") or begun.text)
    ok = True if good else None if word == Verdict.UNVERIFIED else False
    return Outline(f"invoke_agent {AGENT}", attributes, ok, summary if captures and ok is False else "")


def chat_outline(event: Event, *, captures: bool) -> Outline:
    """One call of a model."""
    data, model = event.data, _text(event.data, "model")
    error = _text(data, "error")
    attributes = _operation(event, "chat") | {
        "gen_ai.provider.name": provider_name(_text(data, "provider")),
        "gen_ai.request.model": model,
        "gen_ai.usage.input_tokens": int(_number(data, "input_tokens")),
        "gen_ai.usage.output_tokens": int(_number(data, "output_tokens")),
    }
    attributes |= {f"prunella.{key}": _text(data, key) for key in ("brain", "role", "way") if _text(data, key)}
    if data.get("way") == "schema":
        attributes["gen_ai.output.type"] = "json"
    if data.get("first_token_s") is not None:
        attributes["gen_ai.response.time_to_first_chunk"] = _number(data, "first_token_s")
    if data.get("dollars") is not None:
        attributes["prunella.cost.usd"] = _number(data, "dollars")
    if error:
        attributes["error.type"] = error_type(error)
    if captures:
        attributes |= _exchange(data)
    return Outline(f"chat {model}".rstrip(), attributes, False if error else None, error if captures else "")


def tool_outline(event: Event, *, captures: bool) -> Outline:
    """One call of a tool; data is its observation."""
    data, tool, failed = event.data, _text(event.data, "tool"), event.data.get("ok") is False
    attributes = _operation(event, "execute_tool") | {
        "gen_ai.tool.name": tool,
        "gen_ai.tool.type": "function",
        "prunella.effect": event.kind is EventKind.ACTION,
    }
    if "entry" in data:
        attributes |= {"gen_ai.tool.call.id": f"{event.run}/{data['entry']}", "prunella.entry": _flat(data["entry"])}
    if failed:
        attributes["error.type"] = _text(data, "error") or "_OTHER"
    if captures:
        attributes["gen_ai.tool.call.arguments"] = _json(data.get("arguments"))
        attributes["gen_ai.tool.call.result"] = _json(data.get("message" if failed else "output"))
    if not (failed and captures):
        return Outline(f"execute_tool {tool}".rstrip(), attributes, False if failed else None)
    exception = {
        "exception.type": _text(data, "error"),
        "exception.message": _cut(_text(data, "message")),
        "exception.stacktrace": _cut(_text(data, "traceback")),
    }
    return Outline(
        f"execute_tool {tool}", attributes, ok=False, message=exception["exception.message"], exception=exception
    )


def probe_outline(event: Event, *, captures: bool) -> Outline:
    """One look at the world; data is its reading. Anything but a right answer is an error, by how far it got."""
    data, probe = event.data, _text(event.data, "probe")
    reach = _reach(data.get("reach"))
    attributes: Attributes = {
        "gen_ai.conversation.id": event.run,
        "prunella.probe.name": probe,
        "prunella.probe.reach": reach,
    }
    if service := _text(data, "service"):
        attributes["prunella.probe.service"] = service
    red = reach != "right"
    if red:
        attributes["error.type"] = reach
    if captures:
        attributes |= {"prunella.probe.detail": _text(data, "detail"), "prunella.probe.body": _cut(_text(data, "body"))}
    return Outline(
        f"probe {probe}".rstrip(), attributes, False if red else None, _text(data, "detail") if captures and red else ""
    )


def moment_attributes(event: Event, *, captures: bool) -> Attributes:
    """Of what is neither call nor probe: names and numbers always, words where content is captured."""
    told = {key: event.data[key] for key in _TOLD.get(event.kind, ()) if event.data.get(key) is not None}
    attributes: Attributes = {f"prunella.{key}": _flat(value) for key, value in told.items()}
    steps = event.data.get("steps")
    if event.kind is EventKind.PLAN and isinstance(steps, list):
        attributes["prunella.tools"] = tuple(_text(step, "tool") for step in steps if isinstance(step, dict))
    if captures:
        attributes |= {"prunella.text": _cut(event.text), "prunella.data": _json(event.data)}
    return attributes


def provider_name(name: str) -> str:
    """A LangChain provider as the conventions call it; what they do not know keeps its name."""
    return _PROVIDERS.get(name, name) or "_OTHER"


def error_type(line: str) -> str:
    """A word of few values for an error told in a sentence: an HTTP status, an exception's name, or what it is like."""
    if status := re.search(r"\(([45]\d\d)\)|(?i:\b(?:http|status|code|error)\D{0,12}([45]\d\d)\b)", line):
        return status[1] or status[2]
    if named := re.search(r"\b([A-Z]\w*(?:Error|Exception|Timeout))\b", line):
        return named[1]
    return next((word for word, pattern in _LIKE.items() if re.search(pattern, line, re.IGNORECASE)), "_OTHER")


_LIKE = {"timeout": r"timed? ?-?out|not answer|in time\b", "unreachable": r"be reached|refused|unreachable"}

_TOLD: Mapping[EventKind, tuple[str, ...]] = {
    EventKind.EVIDENCE: ("kind", "source", "service", "is_error"),
    EventKind.PLAN: ("key", "brain", "by", "lesson"),
    EventKind.REJECTED: ("plan",),
    EventKind.APPROVAL: ("plan", "approved"),
    EventKind.INTENT: ("entry",),
    EventKind.JUDGED: ("green", "better"),
    EventKind.UNDO: ("entry",),
    EventKind.REFLECTION: ("plan", "brain"),
    EventKind.CLIMB: ("rung", "to", "why"),
    EventKind.LESSON: ("id", "lesson", "standing"),
}

_PROVIDERS = {
    "azure_openai": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "anthropic_bedrock": "aws.bedrock",
    "google_genai": "gcp.gemini",
    "google_vertexai": "gcp.vertex_ai",
    "google_anthropic_vertex": "gcp.vertex_ai",
    "mistralai": "mistral_ai",
    "xai": "x_ai",
    "ibm": "ibm.watsonx.ai",
    "moonshot": "moonshot_ai",
}


def _operation(event: Event, operation: str) -> Attributes:
    return {
        "gen_ai.operation.name": operation,
        "gen_ai.agent.name": AGENT,
        "gen_ai.conversation.id": event.run,
    }


def _exchange(data: Mapping[str, JsonValue]) -> Attributes:
    said: Attributes = {}
    if "prompt" in data:
        said["gen_ai.input.messages"] = _messages("user", _words(data["prompt"]))
    if "reply" in data:
        said["gen_ai.output.messages"] = _messages("assistant", _words(data["reply"]))
    return said


def _messages(role: str, text: str) -> str:
    """One message in the JSON that the conventions ask for."""
    message: dict[str, JsonValue] = {"role": role, "parts": [{"type": "text", "content": _cut(text)}]}
    return json.dumps([message | ({"finish_reason": "stop"} if role == "assistant" else {})], ensure_ascii=False)


def _words(value: JsonValue) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: JsonValue) -> str:
    """JSON also where it had to be cut."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else json.dumps({"cut": text[:LONGEST]}, ensure_ascii=False)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} … ({len(text) - LONGEST} more characters)"


def _text(data: Mapping[str, JsonValue], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _number(data: Mapping[str, JsonValue], key: str) -> float:
    value = data.get(key)
    return value if isinstance(value, int | float) else 0.0


def _flat(value: JsonValue) -> str | int | float | bool:
    return value if isinstance(value, str | int | float | bool) else _json(value)


def _reach(value: JsonValue) -> str:
    try:
        return Reach(value).name.lower()  # pyright: ignore[reportArgumentType] - the border: any JSON may stand here
    except ValueError:
        return "unknown"
