"""What happened in a run, as the spans of a trace; knows no wire format and no back end."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from prunella.domain.run import Event, EventKind
from prunella.telemetry.gen_ai import (
    Attributes,
    Outline,
    agent_outline,
    chat_outline,
    moment_attributes,
    probe_outline,
    seconds_of,
    tool_outline,
)

MOST_MOMENTS = 256


class SpanKind(IntEnum):
    """Numbers of the OpenTelemetry protocol."""

    INTERNAL = 1
    CLIENT = 3


@dataclass(frozen=True)
class Moment:
    """Something that happened within a span. `at` is seconds since the epoch."""

    at: float
    name: str
    attributes: Mapping[str, object]


@dataclass(frozen=True)
class Span:
    """A finished one. Times are seconds since the epoch; `parent` is b"" for the root of its trace.

    `ok` None: nothing is said about success. `message` explains a failure, "" without content capture.
    """

    trace: bytes
    id: bytes
    parent: bytes
    name: str
    start: float
    end: float
    attributes: Attributes
    kind: SpanKind = SpanKind.INTERNAL
    ok: bool | None = None
    message: str = ""
    moments: tuple[Moment, ...] = ()


@dataclass
class _Node:
    """A station of the loop that is still being visited."""

    name: str
    start: float
    end: float
    id: bytes = field(default_factory=lambda: os.urandom(8))
    moments: list[Moment] = field(default_factory=list[Moment])
    left_out: int = 0

    def note(self, moment: Moment) -> None:
        if len(self.moments) < MOST_MOMENTS:
            self.moments.append(moment)
        else:
            self.left_out += 1


@dataclass
class _Sums:
    """What the model calls of a run came to."""

    input_tokens: int = 0
    output_tokens: int = 0
    dollars: float = 0.0
    calls: int = 0

    def add(self, chat: Attributes) -> None:
        def number(name: str) -> float:
            value = chat.get(name, 0)
            return value if isinstance(value, int | float) else 0

        self.calls += 1
        self.input_tokens += int(number("gen_ai.usage.input_tokens"))
        self.output_tokens += int(number("gen_ai.usage.output_tokens"))
        self.dollars += number("prunella.cost.usd")


class RunTrace:
    """Turns the events of one run into spans: the run, in it the loop's nodes, in those calls and probes.

    The ids of the trace and of its root come from the run's id, so that a run that is resumed by another process goes
    on in the trace it began; the root is told once, with the verdict. Events are told when the work is done, so a
    node's span lasts from the last event of the node before to its own last event.
    `captures`: whether spans carry prompts, arguments, outputs and evidence.
    """

    def __init__(self, run: str, *, captures: bool = False) -> None:
        digest = hashlib.sha256(run.encode("utf-8", "surrogatepass")).digest()
        self._trace, self._root = digest[:16], digest[16:24]
        self._captures = captures
        self._begun: Event | None = None
        self._start = self._last = 0.0
        self._node: _Node | None = None
        self._sums = _Sums()

    def tell(self, event: Event) -> tuple[Span, ...]:
        """The spans that this event finishes, children before their parents."""
        if event.kind is EventKind.TOKENS:
            return ()
        self._begin(event)
        if event.kind is EventKind.STARTED:
            return ()
        if event.kind is EventKind.VERDICT:
            return (*self._leave(), self._end(event))
        name = _node_of(event)
        left = self._leave() if self._node is not None and self._node.name != name else ()
        node = self._node = self._node or _Node(name, start=self._last, end=event.at)
        node.end = self._last = max(event.at, self._last)
        return (*left, *self._within(node, event))

    def _begin(self, event: Event) -> None:
        start = event.at - seconds_of(event)
        if self._begun is None:
            self._begun, self._start, self._last = event, start, start
        self._start = min(self._start, start)

    def _within(self, node: _Node, event: Event) -> tuple[Span, ...]:
        match event.kind:
            case EventKind.MODEL:
                chat = chat_outline(event, captures=self._captures)
                self._sums.add(chat.attributes)
                return (self._child(node, event, chat, SpanKind.CLIENT),)
            case EventKind.ACTION | EventKind.LOOKUP:
                return (self._child(node, event, tool_outline(event, captures=self._captures)),)
            case EventKind.READING:
                return (self._child(node, event, probe_outline(event, captures=self._captures)),)
            case _:
                attributes = moment_attributes(event, captures=self._captures)
                node.note(Moment(event.at, f"prunella.{event.kind.value}", attributes))
                return ()

    def _child(self, node: _Node, event: Event, outline: Outline, kind: SpanKind = SpanKind.INTERNAL) -> Span:
        start = event.at - seconds_of(event)
        node.start = min(node.start, start)
        moments = (Moment(event.at, "exception", outline.exception),) if outline.exception else ()
        return Span(
            self._trace, os.urandom(8), node.id, outline.name, start, event.at, outline.attributes,
            kind=kind, ok=outline.ok, message=outline.message, moments=moments,
        )  # fmt: skip

    def _leave(self) -> tuple[Span, ...]:
        node, self._node = self._node, None
        if node is None:
            return ()
        attributes: Attributes = {"prunella.node": node.name}
        if node.left_out:
            attributes["prunella.events.left_out"] = node.left_out
        moments = tuple(node.moments)
        return (Span(self._trace, node.id, self._root, node.name, node.start, node.end, attributes, moments=moments),)

    def _end(self, event: Event) -> Span:
        outline = agent_outline(event, self._begun, captures=self._captures)
        sums = self._sums
        totals: Attributes = {"prunella.usage.model_calls": sums.calls}
        if sums.calls:
            totals |= {
                "prunella.usage.input_tokens": sums.input_tokens,
                "prunella.usage.output_tokens": sums.output_tokens,
                "prunella.cost.usd": sums.dollars,
            }
        return Span(
            self._trace, self._root, b"", outline.name, self._start, event.at, outline.attributes | totals,
            ok=outline.ok, message=outline.message,
        )  # fmt: skip


def _node_of(event: Event) -> str:
    """Brains speak in the words of their role and know no nodes; the loop asks them when it plans."""
    speaks = event.kind is EventKind.MODEL and event.node == event.data.get("role")
    return "plan" if speaks else event.node
