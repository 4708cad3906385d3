"""The guard around every probe: a look that hangs or raises becomes a reading."""

import asyncio
from dataclasses import dataclass

from prunella.domain.report import Reach, Reading
from prunella.protocols import Probe

_MARGIN_S = 0.5


@dataclass(frozen=True)
class Answer:
    """How far a look got, in one line for people; `body` is what came back, when that was wrong."""

    reach: Reach
    detail: str
    body: str = ""


def silent(timeout_s: float) -> Answer:
    return Answer(Reach.SILENT, f"no answer within {timeout_s:g} s")


class Bounded:
    """Probe: the inner one's reading under this name, after `timeout_s` and a margin at the latest.

    A probe that does not even react to being cancelled is left behind.
    """

    def __init__(self, inner: Probe, *, name: str, service: str | None, timeout_s: float) -> None:
        self._inner, self.name, self._service, self._timeout_s = inner, name, service, timeout_s

    async def look(self) -> Reading:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        task = asyncio.ensure_future(self._inner.look())
        task.add_done_callback(_retrieve)
        try:
            await asyncio.wait({task}, timeout=self._timeout_s + _MARGIN_S)
        finally:
            task.cancel()
        return self._reading(task, loop.time() - begun)

    def _reading(self, task: "asyncio.Future[Reading]", duration_s: float) -> Reading:
        own = {"probe": self.name, "service": self._service, "duration_s": duration_s}
        if task.done() and not task.cancelled() and task.exception() is None:
            return task.result().model_copy(update=own)
        answer = self._failure(task)
        return Reading(reach=answer.reach, detail=answer.detail, **own)  # pyright: ignore[reportArgumentType]  own is typed by its keys

    def _failure(self, task: "asyncio.Future[Reading]") -> Answer:
        if not task.done():
            return silent(self._timeout_s)
        if task.cancelled():
            return Answer(Reach.NOBODY, "the probe itself was cancelled")
        error = task.exception()
        return Answer(Reach.NOBODY, f"the probe itself failed: {type(error).__name__}: {error}")


def _retrieve(task: "asyncio.Future[Reading]") -> None:
    """Keep asyncio from reporting the error of a probe that was left behind."""
    if not task.cancelled():
        task.exception()
