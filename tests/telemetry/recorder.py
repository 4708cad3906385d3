"""An OTLP/HTTP receiver on loopback that keeps what arrives, and misbehaves when told to."""

import gzip
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

Value = str | int | float | bool | list[str]


@dataclass(frozen=True)
class Arrived:
    path: str
    headers: dict[str, str]
    body: bytes


class Recorder:
    """`status` says what is answered to the path of a request."""

    def __init__(self, status: Callable[[str], int] = lambda _: 200) -> None:
        self.status = status
        self.requests: list[Arrived] = []
        face = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
                """Silent."""

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                face.requests.append(Arrived(self.path, headers, body))
                self.send_response(face.status(self.path))
                self.send_header("content-length", "0")
                self.end_headers()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def resource(self) -> dict[str, Value]:
        return flat(self._traces()[0].resource_spans[0].resource.attributes)

    @property
    def spans(self) -> list[Span]:
        return [
            span
            for traces in self._traces()
            for resource in traces.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def metrics(self) -> dict[str, Metric]:
        """By name, as they arrived last."""
        bodies = (plain(each) for each in self.requests if each.path.endswith("/v1/metrics"))
        return {
            metric.name: metric
            for body in bodies
            for metric in ExportMetricsServiceRequest.FromString(body).resource_metrics[0].scope_metrics[0].metrics
        }

    def _traces(self) -> list[ExportTraceServiceRequest]:
        bodies = (plain(each) for each in self.requests if each.path.endswith("/v1/traces"))
        return [ExportTraceServiceRequest.FromString(body) for body in bodies]


class Silent:
    """Accepts connections and never says a word."""

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def plain(arrived: Arrived) -> bytes:
    return gzip.decompress(arrived.body) if arrived.headers.get("content-encoding") == "gzip" else arrived.body


def nobody() -> str:
    """An address where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def flat(attributes: "Any") -> dict[str, Value]:
    pairs: list[KeyValue] = list(attributes)
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Value:
    match value.WhichOneof("value"):
        case "bool_value":
            return value.bool_value
        case "int_value":
            return value.int_value
        case "double_value":
            return value.double_value
        case "array_value":
            return [each.string_value for each in value.array_value.values]
        case _:
            return value.string_value
