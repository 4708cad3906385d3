"""Counters and histograms over finished spans, since the process began."""

from bisect import bisect_left
from dataclasses import dataclass, field

from prunella.telemetry.gen_ai import Attributes
from prunella.telemetry.spans import Span


@dataclass(frozen=True)
class Instrument:
    """`bounds` are the upper ends of a histogram's buckets, each inclusive; empty for a counter."""

    name: str
    unit: str
    description: str
    bounds: tuple[float, ...] = ()


def _doubling(first: float, count: int) -> tuple[float, ...]:
    return tuple(first * 2**n for n in range(count))


_SECONDS = _doubling(0.01, 14)
TOKENS = Instrument(
    "gen_ai.client.token.usage", "{token}", "Input and output tokens used.", tuple(4.0**n for n in range(14))
)
CALL_SECONDS = Instrument("gen_ai.client.operation.duration", "s", "How long calls of models took.", _SECONDS)
TOOL_SECONDS = Instrument("gen_ai.execute_tool.duration", "s", "How long calls of tools took.", _SECONDS)
RUNS = Instrument("prunella.runs", "{run}", "Runs that ended, by verdict.")
RUN_SECONDS = Instrument("prunella.run.duration", "s", "How long runs took.", _doubling(0.1, 16))
DOLLARS = Instrument("prunella.cost", "{USD}", "What calls of models cost, where the price is known.")


@dataclass
class Point:
    """One series. `buckets` has one more than the instrument's bounds."""

    attributes: Attributes
    buckets: list[int]
    count: int = 0
    total: float = 0.0
    least: float = field(default=float("inf"))
    most: float = field(default=float("-inf"))

    def add(self, value: float, bounds: tuple[float, ...]) -> None:
        self.count += 1
        self.total += value
        self.least, self.most = min(self.least, value), max(self.most, value)
        self.buckets[bisect_left(bounds, value)] += 1


class Meter:
    """Sums up. One thread at a time."""

    def __init__(self) -> None:
        self._points: dict[tuple[Instrument, tuple[object, ...]], Point] = {}

    def measure(self, span: Span) -> None:
        """Counts calls of models and tools, and runs; other spans are not measured."""
        match span.attributes.get("gen_ai.operation.name"):
            case "chat":
                self._chat(span)
            case "execute_tool":
                self._add(TOOL_SECONDS, _seconds(span), _only(span, "gen_ai.tool.name", "error.type"))
            case "invoke_agent":
                verdict = _only(span, "prunella.verdict")
                self._add(RUNS, 1, verdict)
                self._add(RUN_SECONDS, _seconds(span), verdict)
            case _:
                pass

    def points(self) -> dict[Instrument, list[Point]]:
        """Everything so far."""
        found: dict[Instrument, list[Point]] = {}
        for (instrument, _), point in self._points.items():
            found.setdefault(instrument, []).append(point)
        return found

    def _chat(self, span: Span) -> None:
        call = _only(span, "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model")
        self._add(CALL_SECONDS, _seconds(span), call | _only(span, "error.type"))
        for kind in ("input", "output"):
            tokens = span.attributes.get(f"gen_ai.usage.{kind}_tokens")
            if isinstance(tokens, int) and tokens > 0:
                self._add(TOKENS, tokens, call | {"gen_ai.token.type": kind})
        dollars = span.attributes.get("prunella.cost.usd")
        if isinstance(dollars, int | float):
            self._add(DOLLARS, dollars, call)

    def _add(self, instrument: Instrument, value: float, attributes: Attributes) -> None:
        key = (instrument, tuple(sorted(attributes.items(), key=lambda item: item[0])))
        point = self._points.setdefault(key, Point(attributes, [0] * (len(instrument.bounds) + 1)))
        point.add(value, instrument.bounds)


def _only(span: Span, *names: str) -> Attributes:
    return {name: span.attributes[name] for name in names if name in span.attributes}


def _seconds(span: Span) -> float:
    return max(0.0, span.end - span.start)
