"""Spans and metrics on their way to a back end, beside the run; a back end that is away costs one line."""

import gzip
import ssl
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from enum import Enum, auto
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from prunella.telemetry.backends import Backend
from prunella.telemetry.metrics import Meter
from prunella.telemetry.otlp import encode_metrics, encode_spans
from prunella.telemetry.spans import Span

if TYPE_CHECKING:
    import httpx

MOST_WAITING = 4096
_BATCH = 128
_TIMEOUT_S = 3.0
_GATHER_S = 1.0
_LONGEST_PAUSE_S = 60.0


class _Fate(Enum):
    """What became of a request."""

    TAKEN = auto()
    REFUSED = auto()  # and would be again
    LATER = auto()  # the back end is away, or overloaded


class Delivery:
    """Sends what it is given from a thread of its own, which lives while there is something to send.

    Keeps at most `MOST_WAITING` spans for a back end that is away; beyond that the oldest are lost.
    """

    def __init__(self, backend: Backend, resource: Mapping[str, object]) -> None:
        self._backend, self._resource = backend, dict(resource)
        self._waiting: deque[Span] = deque(maxlen=MOST_WAITING)
        self._meter, self._since = Meter(), time.time()
        self._is_measured = False  # there are sums that were not sent yet
        self._takes_metrics = bool(backend.metrics)
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_urgent = self._is_flushing = self._is_given_up = self._has_complained = False
        self._pause_s = 0.0

    def take(self, spans: Iterable[Span], *, urgent: bool = False) -> None:
        """Returns at once. `urgent`: a run has ended, send now."""
        with self._changed:
            for span in spans:
                self._meter.measure(span)
                if self._backend.traces:
                    self._waiting.append(span)
            self._is_urgent |= urgent
            self._is_given_up = False
            self._is_measured |= urgent and self._takes_metrics
            if self._has_something:
                self._wake()

    def flush(self, within_s: float = 2.0) -> bool:
        """Blocks until all was tried once more, at most `within_s`; not again for what was given up before.

        False when something is left.
        """
        with self._changed:
            if self._is_given_up:
                return False
            thread, self._is_flushing, self._pause_s = self._thread, True, 0.0
            self._changed.notify_all()
        if thread is not None:
            thread.join(within_s)
        with self._changed:
            self._is_flushing = False
            hangs = thread is not None and thread.is_alive()
            if hangs:
                self._complain(f"no answer within {within_s:g} s")
            self._is_given_up = hangs or self._has_something
            return not self._is_given_up

    @property
    def _has_something(self) -> bool:
        return bool(self._waiting) or self._is_measured

    def _wake(self) -> None:
        """The thread is started anew after a flush, and in a process that was forked."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name="prunella-traces", daemon=True)
            with suppress(RuntimeError):  # the interpreter is on its way out
                self._thread.start()
        self._changed.notify_all()

    def _work(self) -> None:
        _hide_from_instrumentation()
        try:
            with self._client() as client:
                while self._gather():
                    self._send_everything(client)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the way out is told in one line
            self._complain(_why(error))
            with self._changed:
                self._waiting.clear()
                self._is_measured = False

    def _gather(self) -> bool:
        """Waits until there is a batch worth sending; False when the thread may end."""
        with self._changed:
            if self._is_flushing and self._pause_s:
                return self._end()
            self._changed.wait_for(lambda: self._is_flushing, self._pause_s)
            self._changed.wait_for(lambda: self._has_something or self._is_flushing)
            self._changed.wait_for(self._is_due, _GATHER_S)
            self._is_urgent = False
            return True if self._has_something else self._end()

    def _is_due(self) -> bool:
        return self._is_urgent or self._is_flushing or len(self._waiting) >= _BATCH

    def _end(self) -> bool:
        self._thread = None
        return False

    def _send_everything(self, client: "httpx.Client") -> None:
        fate = _Fate.TAKEN
        while fate is not _Fate.LATER and (batch := self._next_batch()):
            fate = self._post(client, self._backend.traces, self._backend.headers, encode_spans(batch, self._resource))
            if fate is _Fate.LATER:
                self._put_back(batch)
        if fate is not _Fate.LATER:
            fate = self._send_metrics(client)
        self._pause_s = min(2 * self._pause_s or 5.0, _LONGEST_PAUSE_S) if fate is _Fate.LATER else 0.0

    def _next_batch(self) -> list[Span]:
        with self._changed:
            return [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]

    def _put_back(self, batch: list[Span]) -> None:
        with self._changed:
            room = MOST_WAITING - len(self._waiting)
            self._waiting.extendleft(reversed(batch[len(batch) - min(room, len(batch)) :]))

    def _send_metrics(self, client: "httpx.Client") -> _Fate:
        with self._changed:
            if not self._is_measured:
                return _Fate.TAKEN
            body = encode_metrics(self._meter.points(), self._resource, self._since, time.time())
            self._is_measured = False
        fate = self._post(client, self._backend.metrics, self._backend.metrics_headers, body)
        with self._changed:
            self._is_measured |= fate is _Fate.LATER
        return fate

    def _post(self, client: "httpx.Client", url: str, headers: Iterable[tuple[str, str]], body: bytes) -> _Fate:
        import httpx

        sent = {"content-type": "application/x-protobuf", "user-agent": f"prunella/{self._resource['service.version']}"}
        if self._backend.is_gzipped:
            sent, body = sent | {"content-encoding": "gzip"}, gzip.compress(body)
        try:
            status = client.post(url, content=body, headers=sent | dict(headers)).status_code
        except httpx.TransportError as error:
            self._complain(_why(error))
            return _Fate.LATER
        return _Fate.TAKEN if status < 300 else self._refused(url, status)

    def _refused(self, url: str, status: int) -> _Fate:
        """A receiver of traces that knows no metrics is nothing to complain of."""
        if url == self._backend.metrics and status in {404, 405, 501}:
            self._takes_metrics = False
            return _Fate.TAKEN
        self._complain(f"it answered {status}")
        return _Fate.LATER if status in {408, 429} or status >= 500 else _Fate.REFUSED

    def _complain(self, why: str) -> None:
        if not self._has_complained:
            self._has_complained = True
            line = f"Traces do not reach {self._backend.place}: {why}. Runs go on without them."
            with suppress(OSError, ValueError):
                print(line, file=sys.stderr, flush=True)

    def _client(self) -> "httpx.Client":
        """A proxy of the environment is for what is far away."""
        import httpx

        backend = self._backend
        is_near = urlsplit(backend.traces or backend.metrics).hostname in {"localhost", "127.0.0.1", "::1"}
        return httpx.Client(timeout=_TIMEOUT_S, trust_env=not is_near, verify=_trusted(backend))


def _trusted(backend: Backend) -> "ssl.SSLContext | bool":
    certificate, key = backend.client
    if not backend.certificate and not certificate:
        return urlsplit(backend.traces or backend.metrics).scheme == "https"
    context = ssl.create_default_context(cafile=backend.certificate or None)
    if certificate:
        context.load_cert_chain(certificate, key or None)
    return context


def _why(error: Exception) -> str:
    """In words that cannot hold a key: other texts may quote the headers."""
    import httpx

    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {_TIMEOUT_S:g} s"
    return str(error) if isinstance(error, httpx.ConnectError | OSError) else type(error).__name__


def _hide_from_instrumentation() -> None:
    """Where the program's own OpenTelemetry watches HTTP clients, it leaves this thread out."""
    if "opentelemetry.context" not in sys.modules:
        return
    from importlib import import_module

    context = import_module("opentelemetry.context")
    if key := getattr(context, "_SUPPRESS_INSTRUMENTATION_KEY", None):
        context.attach(context.set_value(key, True))
