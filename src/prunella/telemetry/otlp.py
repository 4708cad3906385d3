"""Spans and metrics in the protobuf of OTLP 1.x: https://opentelemetry.io/docs/specs/otlp/.

Needs the package `opentelemetry-proto`, imported where it is used.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from prunella.telemetry.metrics import Instrument, Point
from prunella.telemetry.spans import Moment, Span

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
    from opentelemetry.proto.metrics.v1.metrics_pb2 import HistogramDataPoint, Metric, NumberDataPoint
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource
    from opentelemetry.proto.trace.v1 import trace_pb2

_LEAST_INT, _MOST_INT = -(2**63), 2**63 - 1
_SAMPLED = 1  # the trace flag of W3C


def encode_spans(spans: Iterable[Span], resource: Mapping[str, object]) -> bytes:
    """The body of a request to `/v1/traces`."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans

    scope = ScopeSpans(scope=_scope(resource), spans=[_span(span) for span in spans])
    whole = ResourceSpans(resource=_resource(resource), scope_spans=[scope])
    return ExportTraceServiceRequest(resource_spans=[whole]).SerializeToString()


def encode_metrics(
    points: Mapping[Instrument, Sequence[Point]], resource: Mapping[str, object], since: float, now: float
) -> bytes:
    """The body of a request to `/v1/metrics`: cumulative since `since`, in seconds since the epoch."""
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
    from opentelemetry.proto.metrics.v1.metrics_pb2 import ResourceMetrics, ScopeMetrics

    metrics = [_metric(instrument, series, _nanos(since), _nanos(now)) for instrument, series in points.items()]
    scope = ScopeMetrics(scope=_scope(resource), metrics=metrics)
    whole = ResourceMetrics(resource=_resource(resource), scope_metrics=[scope])
    return ExportMetricsServiceRequest(resource_metrics=[whole]).SerializeToString()


def _span(span: Span) -> trace_pb2.Span:
    from opentelemetry.proto.trace.v1 import trace_pb2

    code = {None: trace_pb2.Status.STATUS_CODE_UNSET, True: trace_pb2.Status.STATUS_CODE_OK}
    status = trace_pb2.Status(code=code.get(span.ok, trace_pb2.Status.STATUS_CODE_ERROR), message=_utf8(span.message))
    return trace_pb2.Span(
        trace_id=span.trace,
        span_id=span.id,
        parent_span_id=span.parent,
        flags=_SAMPLED,
        name=_utf8(span.name),
        kind=trace_pb2.Span.SpanKind.ValueType(span.kind),
        start_time_unix_nano=_nanos(span.start),
        end_time_unix_nano=_nanos(max(span.start, span.end)),
        attributes=_attributes(span.attributes),
        events=[_event(moment) for moment in span.moments],
        status=status,
    )


def _event(moment: Moment) -> trace_pb2.Span.Event:
    from opentelemetry.proto.trace.v1 import trace_pb2

    return trace_pb2.Span.Event(
        time_unix_nano=_nanos(moment.at), name=_utf8(moment.name), attributes=_attributes(moment.attributes)
    )


def _metric(instrument: Instrument, series: Sequence[Point], since: int, now: int) -> Metric:
    from opentelemetry.proto.metrics.v1 import metrics_pb2

    metric = metrics_pb2.Metric(name=instrument.name, unit=instrument.unit, description=instrument.description)
    cumulative = metrics_pb2.AGGREGATION_TEMPORALITY_CUMULATIVE
    if instrument.bounds:
        metric.histogram.aggregation_temporality = cumulative
        metric.histogram.data_points.extend(_histogram(point, instrument.bounds, since, now) for point in series)
    else:
        metric.sum.aggregation_temporality, metric.sum.is_monotonic = cumulative, True
        metric.sum.data_points.extend(_sum(point, since, now) for point in series)
    return metric


def _histogram(point: Point, bounds: tuple[float, ...], since: int, now: int) -> HistogramDataPoint:
    from opentelemetry.proto.metrics.v1.metrics_pb2 import HistogramDataPoint

    return HistogramDataPoint(
        attributes=_attributes(point.attributes), start_time_unix_nano=since, time_unix_nano=now,
        count=point.count, sum=point.total, min=point.least, max=point.most,
        bucket_counts=point.buckets, explicit_bounds=bounds,
    )  # fmt: skip


def _sum(point: Point, since: int, now: int) -> NumberDataPoint:
    from opentelemetry.proto.metrics.v1.metrics_pb2 import NumberDataPoint

    return NumberDataPoint(
        attributes=_attributes(point.attributes), start_time_unix_nano=since, time_unix_nano=now, as_double=point.total
    )


def _resource(attributes: Mapping[str, object]) -> Resource:
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource

    return Resource(attributes=_attributes(attributes))


def _scope(resource: Mapping[str, object]) -> InstrumentationScope:
    from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope

    return InstrumentationScope(name="prunella", version=str(resource.get("service.version", "")))


def _attributes(attributes: Mapping[str, object]) -> list[KeyValue]:
    from opentelemetry.proto.common.v1.common_pb2 import KeyValue

    return [KeyValue(key=_utf8(key), value=_value(value)) for key, value in attributes.items()]


def _value(value: object) -> AnyValue:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue

    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int() if _LEAST_INT <= value <= _MOST_INT:
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case tuple():
            return AnyValue(array_value=ArrayValue(values=[_value(str(each)) for each in value]))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - of any kind
        case _:
            return AnyValue(string_value=_utf8(str(value)))


def _utf8(text: str) -> str:
    """Half of a surrogate pair, from a file that was no UTF-8, cannot be sent."""
    return text.encode("utf-8", "replace").decode()


def _nanos(seconds: float) -> int:
    return max(0, round(seconds * 1e9)) if math.isfinite(seconds) else 0
