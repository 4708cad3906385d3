"""Runs as OpenTelemetry GenAI traces, for any OTLP back end."""

import atexit
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from uuid import uuid4

from prunella.domain.run import Event, EventKind
from prunella.errors import Misuse
from prunella.protocols import Sink
from prunella.telemetry.backends import Backend, backend_from, captures_content, is_ambient, resource_attributes
from prunella.telemetry.delivery import Delivery
from prunella.telemetry.spans import RunTrace

MOST_RUNS = 1000


class Tracing(Sink):
    """Sends the spans and metrics of all runs whose events it is told; never blocks the one who tells.

    It is no part of the program's own OpenTelemetry set-up, which is neither used nor touched.
    `captures`: prompts, arguments, outputs and evidence go along, as redacted as the events are.
    """

    def __init__(self, backend: Backend, resource: Mapping[str, object], *, captures: bool = False) -> None:
        self._captures = captures
        self._runs: OrderedDict[str, RunTrace] = OrderedDict()
        self._lock = threading.Lock()
        self._delivery = Delivery(backend, resource)

    def emit(self, event: Event) -> None:
        """Runs that never end in this process are forgotten when more than `MOST_RUNS` are open."""
        with self._lock:
            spans = self._trace(event.run).tell(event)
            if event.kind is EventKind.VERDICT:
                self._runs.pop(event.run, None)
        self._delivery.take(spans, urgent=event.kind is EventKind.VERDICT)

    def flush(self, within_s: float = 2.0) -> bool:
        """Blocks until everything was sent or `within_s` is over; False when something is left. Usable afterwards.

        Done by itself when the process ends; from a coroutine, call it in a thread.
        """
        return self._delivery.flush(within_s)

    def _trace(self, run: str) -> RunTrace:
        trace = self._runs.get(run)
        if trace is None:
            trace = self._runs[run] = RunTrace(run, captures=self._captures)
        self._runs.move_to_end(run)
        if len(self._runs) > MOST_RUNS:
            self._runs.popitem(last=False)
        return trace


def tracing_from(environ: Mapping[str, str]) -> Tracing | None:
    """The sink that the environment asks for, None for none. The same one each time, as long as it asks for the same.

    Raises Misuse for a PRUNELLA_TRACE that cannot be followed. Standard variables that cannot be followed, which may
    be meant for other programs, cost a line on stderr instead.
    """
    try:
        backend = backend_from(environ)
        if backend is None or not (backend.traces or backend.metrics):
            return None
        _need_packages()
    except Misuse as error:
        if not is_ambient(environ):
            raise
        _say_once(f"Runs are not traced: {error}")
        return None
    return _opened(backend, environ)


def _need_packages() -> None:
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.proto") is None:
        raise Misuse("Tracing needs the package opentelemetry-proto. Install it: pip install 'prunella[otel]'.")


_Key = tuple[int, Backend, tuple[tuple[str, str], ...], bool]
_open: dict[_Key, Tracing] = {}
_said: set[str] = set()
_opening = threading.Lock()


def _opened(backend: Backend, environ: Mapping[str, str]) -> Tracing:
    named = resource_attributes(environ) | dict(backend.resource)
    captures = captures_content(environ)
    key = (os.getpid(), backend, tuple(sorted(named.items())), captures)
    with _opening:
        if key not in _open:
            resource = {"service.version": _version(), "service.instance.id": str(uuid4())} | named
            _open[key] = Tracing(backend, resource, captures=captures)
            atexit.register(_open[key].flush)
        return _open[key]


def _version() -> str:
    try:
        return version("prunella")
    except PackageNotFoundError:
        return "unknown"


def _say_once(line: str) -> None:
    if line not in _said:
        _said.add(line)
        print(line, file=sys.stderr)
