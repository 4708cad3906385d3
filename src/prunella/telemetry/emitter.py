"""One voice for a run: events leave redacted, to every sink."""

import sys
from collections.abc import Iterable
from typing import Protocol

from prunella.domain.frozen import JsonValue
from prunella.domain.run import Event, EventKind
from prunella.protocols import Clock, Sink


class Redacts(Protocol):
    """Takes secrets out of what leaves the process."""

    def text(self, text: str, /) -> str: ...

    def value(self, value: JsonValue, /) -> JsonValue: ...


class Emitter:
    """Tells all sinks what happens in one run. A sink that raises is dropped, with one line on stderr."""

    def __init__(self, run: str, clock: Clock, sinks: Iterable[Sink], redactor: Redacts) -> None:
        self._run = run
        self._clock = clock
        self._sinks = list(sinks)
        self._redactor = redactor

    def emit(self, kind: EventKind, node: str, text: str, /, **data: JsonValue) -> None:
        """`text` is one line for people; `data` is for machines. Both go through the redactor, keys included."""
        event = Event(
            run=self._run,
            at=self._clock.now(),
            kind=kind,
            node=node,
            text=self._redactor.text(text),
            data=self._redacted(data),
        )
        for sink in tuple(self._sinks):
            self._tell(sink, event)

    def _redacted(self, data: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """Redacted as one value, so that a key's name can tell that what stands under it is secret."""
        redacted = self._redactor.value(data)
        return redacted if isinstance(redacted, dict) else {"redacted": redacted}

    def _tell(self, sink: Sink, event: Event) -> None:
        try:
            sink.emit(event)
        except Exception as error:  # noqa: BLE001 - whatever a sink does wrong must not end a repair
            self._sinks.remove(sink)
            print(f"{type(sink).__name__} gets no more events: {error!r}", file=sys.stderr)
